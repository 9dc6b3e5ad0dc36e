"""Measuring in turns: every contender once a round, in an order that changes from round to round.

A machine that slows down for some seconds then slows down all alike, and the ratio within a round stays what it is.
"""

from __future__ import annotations

import importlib.metadata
import random
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field

from experiments.bench.contender import CONTENDERS, Contender, Sample
from experiments.bench.machine import load
from experiments.bench.worker import MeasureError, Worker

ORDER_SEED = 20_240  # of the order within the rounds, the same in every run of the benchmark


@dataclass
class Measured:
    """What came out.

    Attributes:
        samples: Of each contender, one a round.
        missing: Of each contender that was not measured, the reason.
        load: Of the machine before it began, by other programs.
    """

    samples: dict[str, list[Sample]] = field(default_factory=dict)
    missing: dict[str, str] = field(default_factory=dict)
    load: float | None = None

    def drop(self, name: str, reason: str) -> None:
        """Notes that a contender was not measured; what it did before counts no more."""
        self.samples.pop(name, None)
        self.missing[name] = reason


def interleave(
    names: Sequence[str], run: Callable[[str], Sample], rounds: int, measured: Measured, tell: Callable[[str], None] = lambda _: None
) -> None:
    """Runs every contender once a round, shuffled by a fixed seed; adds the samples to `measured`."""
    shuffler = random.Random(ORDER_SEED)
    for k in range(rounds):
        tell(f"round {k + 1} of {rounds}")
        order = [name for name in names if name not in measured.missing]
        shuffler.shuffle(order)
        for name in order:
            try:
                sample = run(name)
            except MeasureError as error:
                measured.drop(name, str(error))
            else:
                measured.samples.setdefault(name, []).append(sample)


def missing_package(contender: Contender) -> str | None:
    """Returns what to say about the first package that is not installed; None if all are."""
    for package in contender.packages:
        try:
            importlib.metadata.version(package)
        except importlib.metadata.PackageNotFoundError:
            return f"the package {package} is not installed"
    return None


def measure(names: Iterable[str], seconds: float, rounds: int, tell: Callable[[str], None] = lambda _: None) -> Measured:
    """Makes the contenders ready, each file in a process of its own, and measures them.

    Args:
        names: Of the contenders.
        seconds: For each contender in each round, times its share.
        rounds: How often.
        tell: Gets lines of progress.
    """
    measured = Measured(load=load())
    workers: dict[str, Worker] = {}
    ready: dict[str, Contender] = {}
    try:
        for name in names:
            contender = CONTENDERS[name]
            absent = missing_package(contender)
            if absent is not None:
                measured.drop(name, absent)
                continue
            tell(f"setting up {name}")
            if contender.process not in workers:
                workers[contender.process] = Worker()
            try:
                workers[contender.process].set_up(name)
                ready[name] = contender
            except MeasureError as error:
                measured.drop(name, str(error))

        def run(name: str) -> Sample:
            return workers[ready[name].process].run(name, seconds * ready[name].share)

        interleave([name for name, c in ready.items() if not c.once], run, rounds, measured, tell)
        interleave([name for name, c in ready.items() if c.once], run, 1, measured)
    finally:
        for worker in workers.values():
            worker.close()
    return measured
