"""What a contender is: something with a name that is made ready once and then does its work for some seconds."""

from __future__ import annotations

import time
from abc import ABC, abstractmethod
from collections.abc import Callable
from dataclasses import dataclass
from typing import ClassVar

from vmenv.registry import Registry

AXES = {"slots": 16, "runs": 1024}  # along which costs grow, and the number that others are compared with


@dataclass(frozen=True)
class Sample:
    """How much was done in how long.

    Attributes:
        count: In the contender's unit: decisions, or VMs.
        seconds: Time that the work took, without what the contender leaves out on purpose.
    """

    count: float
    seconds: float

    @property
    def rate(self) -> float:
        """Count a second."""
        return self.count / self.seconds


class Contender(ABC):
    """Base of all contenders.

    To write one, add a file to `experiments/bench/contenders`. Constructors and the file's top level must be cheap and import nothing
    but vmenv and numpy: the parent and every worker import all of them. Compiling, drawing and warming belong into `set_up`.

    Attributes:
        title: A label for the picture.
        about: What is counted, what is in the time and what is left out.
        unit: What `Sample.count` counts.
        packages: Distributions that must be installed.
        ours: Whether it is vmenv.
        yardsticks: Names of the contenders that it is set beside.
        share: Part of a round's seconds that it gets.
        pictured: Whether it has a place in the picture, which is about decisions.
        once: Measured once, after the rounds; for what takes a set amount of work.
        growth: (series, number) of a point on a growth curve.
        axis: What that is a number of: a key of `AXES`.
    """

    title: str
    about: str
    unit: ClassVar[str] = "decisions"
    packages: ClassVar[tuple[str, ...]] = ()
    ours: ClassVar[bool] = False
    yardsticks: ClassVar[tuple[str, ...]] = ()
    share: ClassVar[float] = 1.0
    pictured: ClassVar[bool] = True
    once: ClassVar[bool] = False
    growth: tuple[str, int] | None = None
    axis: ClassVar[str] = "slots"

    @abstractmethod
    def set_up(self) -> None:
        """Makes everything ready: compiles, draws, warms the caches."""

    @abstractmethod
    def run(self, seconds: float) -> Sample:
        """Works for about so many seconds, at least one piece of work."""

    @property
    def process(self) -> str:
        """Contenders of one file share a worker process; those of different files do not."""
        return type(self).__module__


CONTENDERS: Registry[Contender] = Registry("contender", "experiments.bench.contenders")


def repeat(work: Callable[[], float], seconds: float, clock: Callable[[], float] = time.perf_counter) -> Sample:
    """Does a piece of work, which returns its count, again and again until the time is over."""
    count, start = 0.0, clock()
    while True:
        count += work()
        elapsed = clock() - start
        if elapsed >= seconds:
            return Sample(count, elapsed)


class Stopwatch:
    """Adds up stretches of time; what lies between them is not counted."""

    def __init__(self, clock: Callable[[], float] = time.perf_counter) -> None:
        self.seconds = 0.0
        self._clock = clock
        self._since = 0.0

    def __enter__(self) -> Stopwatch:
        self._since = self._clock()
        return self

    def __exit__(self, *_: object) -> None:
        self.seconds += self._clock() - self._since


def repeat_timed(work: Callable[[Stopwatch], float], seconds: float) -> Sample:
    """Does a piece of work again and again until the time that it takes by its own stopwatch is over."""
    watch, count = Stopwatch(), 0.0
    while watch.seconds < seconds:
        count += work(watch)
    return Sample(count, watch.seconds)
