"""What the model of one core leaves out, measured: timers that are late, a neighbour on another core, caches that a switch leaves cold."""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager, nullcontext
from dataclasses import dataclass, replace
from typing import NamedTuple

import numpy as np

from vmenv.live.driver import Driver
from vmenv.live.drivers.kvm import KvmDriver
from vmenv.live.drivers.process import ProcessDriver
from vmenv.live.pages import spread
from vmenv.render.markdown import table

WORK_US = 3600 * 10**6  # of a guest before it is given other work
NAP_S, NUM_NAPS = 0.001, 300
SLICE_US, NUM_SLICES = 20_000, 40  # as long as the shortest quanta that the other pages have
PIECE_US = 100_000  # of work that is done beside a neighbour, and without
TURN_US, NUM_TURNS = 5_000, 20
HEAD = ("what", "measured", "in words")


class Late(NamedTuple):
    """By how much something came too late, or more: median, 99th percentile and most, in microseconds."""

    p50: float
    p99: float
    most: float

    @classmethod
    def of(cls, values: Sequence[float]) -> Late:
        """Returns those of a sample."""
        return cls(*np.percentile(values, [50, 99, 100]).tolist())

    def __str__(self) -> str:
        return f"{self.p50:.0f}, {self.p99:.0f}, {self.most:.0f}"


@dataclass(frozen=True, kw_only=True)
class Unmodelled:
    """What was measured.

    Attributes:
        timers: Timers of 1 ms of a thread as it is.
        timers_on_time: The same of the thread that stops guests.
        stops: By how much a guest has more or less than the 20 ms that it was to have.
        neighbour: The CPU time that a guest needs while another core of the machine is busy with a guest, over that which it needs while
            it idles; one for each repetition. Empty: there is one core.
        switches: By MiB that guests write to: the CPU time in microseconds that it costs a guest that another one had the core before it,
            over one that has the core again; one for each repetition. Empty: there are no guests with a memory here.
    """

    timers: Late
    timers_on_time: Late
    stops: Late
    neighbour: Sequence[float]
    switches: dict[int, list[float]]


def measure(driver: ProcessDriver, working_sets_mib: Sequence[int], repetitions: int) -> Unmodelled:
    """Measures all of it.

    Args:
        driver: Of processes; it is not closed.
        working_sets_mib: What guests write to that have a memory.
        repetitions: Of what is compared.
    """
    return Unmodelled(
        timers=_timers(nullcontext()),
        timers_on_time=_timers(driver.on_time()),
        stops=_stops(driver),
        neighbour=_neighbour(driver, repetitions),
        switches={mib: found for mib in working_sets_mib if (found := _switches(mib, repetitions))},
    )


def _timers(context: AbstractContextManager[object]) -> Late:
    late = []
    with context:
        for _ in range(NUM_NAPS):
            began = time.perf_counter()
            time.sleep(NAP_S)
            late.append((time.perf_counter() - began - NAP_S) * 1e6)
    return Late.of(late)


def _stops(driver: Driver) -> Late:
    guest = driver.create(WORK_US)
    with driver.on_time():
        missed = [abs(driver.run(guest, SLICE_US).used_us - SLICE_US) for _ in range(NUM_SLICES)]
    driver.destroy(guest)
    return Late.of(missed)


def _neighbour(driver: ProcessDriver, repetitions: int) -> list[float]:
    others = sorted(os.sched_getaffinity(0) - {driver.runs_on})
    if not others:
        return []
    guest, found = driver.create(WORK_US), []
    with replace(driver, core=others[0]) as other:
        for _ in range(repetitions):
            alone_us = _work(driver, guest)
            with _busy(other):
                found.append(_work(driver, guest) / alone_us)
    driver.destroy(guest)
    return found


@contextmanager
def _busy(driver: Driver) -> Iterator[None]:
    """Has a guest run on the core of a driver meanwhile."""
    guest, over = driver.create(WORK_US), threading.Event()

    def run() -> None:
        while not over.is_set():
            driver.run(guest, TURN_US)

    thread = threading.Thread(target=run)
    thread.start()
    try:
        yield
    finally:
        over.set()
        thread.join()
        driver.destroy(guest)


def _work(driver: Driver, guest: int, between: Callable[[], object] = lambda: None) -> int:
    """Lets a guest do a piece of work in turns, and returns the CPU time that it took; `between` two of them something else is done."""
    driver.give_work(guest, PIECE_US)
    used_us, done = 0, False
    with driver.on_time():
        while not done:
            between()
            slice_ = driver.run(guest, TURN_US)
            used_us, done = used_us + slice_.used_us, slice_.done
    return used_us


def _switches(working_set_mib: int, repetitions: int) -> list[float]:
    """Returns what it costs a guest that another one ran before it, as a mean over its turns, once for each repetition."""
    with KvmDriver(ram_mib=max(4, working_set_mib + 2), working_set_mib=working_set_mib) as driver:
        if driver.obstacles()["run"]:
            return []
        guest, other = driver.create(WORK_US), driver.create(WORK_US)
        for one in (guest, other):
            driver.run(one, PIECE_US)  # until it has been everywhere
        found = []
        for _ in range(repetitions):
            alone_us = _work(driver, guest)
            turns = [0]

            def other_turn(turns: list[int] = turns) -> None:
                turns[0] += 1
                driver.run(other, TURN_US)

            found.append((_work(driver, guest, other_turn) - alone_us) / turns[0])
    return found


def lines_of(found: Unmodelled) -> list[str]:
    """Returns a table in Markdown."""
    rows = [
        ["a timer of 1 ms, us late", str(found.timers), "p50, p99, most, of a thread as the kernel has it"],
        ["the same, on time", str(found.timers_on_time), "of the thread that stops guests"],
        [f"a slice of {SLICE_US // 1000} ms, us missed", str(found.stops), "p50, p99, most, by more or less service"],
    ]
    if found.neighbour:
        percent = spread([100 * (ratio - 1) for ratio in found.neighbour], "{:+.1f}%")
        rows.append(["the other core is busy", percent, "CPU time that the same work takes more"])
    for mib, costs in found.switches.items():
        told = spread(costs, "{:+.0f} us")
        rows.append(
            [f"a switch, {mib} MiB", told, f"CPU time more for {TURN_US // 1000} ms of work after another guest, each writes to so much"]
        )
    return table(HEAD, rows)
