"""What the clock of a host with real guests counts. It stands between calls, as that of every live host does."""

from __future__ import annotations

import time
from abc import ABC, abstractmethod
from typing import ClassVar, NamedTuple


class Reading(NamedTuple):
    """When the service of a grant began, its start cost being paid, and the time now. Microseconds of the host's clock."""

    service_us: int
    now_us: int


class Clock(ABC):
    """A clock of a host.

    Attributes:
        by_wall: Whether a quantum is time on the wall; otherwise it is CPU time of the guest, and neighbours take nothing from it.
        exact_quanta: Whether the books say that a quantum was as long as it was to be. A stop misses it by some 50 us; the next grant of
            the same guest makes up for that, so that it never adds up.
    """

    by_wall: ClassVar[bool] = False
    exact_quanta: ClassVar[bool] = False

    @abstractmethod
    def start(self, at_us: int) -> None:
        """Lets it go from here."""

    @abstractmethod
    def now_us(self, service_us: int, had_us: int) -> int:
        """Returns the time of a grant that was planned to begin its service at `service_us`, and has had so much of it."""

    @abstractmethod
    def ran(self, used_us: int) -> None:
        """Counts CPU time that a guest has used."""

    @abstractmethod
    def idle_until(self, at_us: int) -> None:
        """Lets time pass in which no guest runs."""

    def read(self, grant_us: int, service_us: int, had_us: int) -> Reading:
        """Returns how a grant stands in the books: as measured, what is not service is start cost."""
        now_us = max(self.now_us(service_us, had_us), grant_us)
        return Reading(max(grant_us, now_us - had_us), now_us)


class ServiceClock(Clock):
    """Counts the service that guests had, and what the host charges for a switch; nobody waits for an arrival.

    What other programs do on the machine does not touch it, nor how long deciding and stopping take.
    """

    exact_quanta = True

    def start(self, at_us: int) -> None:
        """See `Clock`."""

    def now_us(self, service_us: int, had_us: int) -> int:
        """See `Clock`."""
        return service_us + had_us

    def ran(self, used_us: int) -> None:
        """See `Clock`."""

    def idle_until(self, at_us: int) -> None:
        """See `Clock`."""

    def read(self, grant_us: int, service_us: int, had_us: int) -> Reading:
        """See `Clock`."""
        return Reading(service_us, service_us + had_us)


class WallClock(Clock):
    """Counts the time of this machine's clock."""

    by_wall = True
    _zero_ns = 0

    def start(self, at_us: int) -> None:
        """See `Clock`."""
        self._zero_ns = time.monotonic_ns() - at_us * 1000

    def now_us(self, service_us: int, had_us: int) -> int:
        """See `Clock`."""
        return (time.monotonic_ns() - self._zero_ns) // 1000

    def ran(self, used_us: int) -> None:
        """See `Clock`."""

    def idle_until(self, at_us: int) -> None:
        """See `Clock`."""
        while (left_us := at_us - self.now_us(0, 0)) > 0:
            time.sleep(left_us * 1e-6)


class CpuClock(Clock):
    """Counts the CPU time of guests and of the manager's thread, and idle time: what other programs take of the core is left out."""

    _zero_ns = 0

    def start(self, at_us: int) -> None:
        """See `Clock`."""
        self._zero_ns = time.thread_time_ns() - at_us * 1000

    def now_us(self, service_us: int, had_us: int) -> int:
        """See `Clock`."""
        return (time.thread_time_ns() - self._zero_ns) // 1000

    def ran(self, used_us: int) -> None:
        """See `Clock`."""
        self._zero_ns -= used_us * 1000

    def idle_until(self, at_us: int) -> None:
        """See `Clock`."""
        left_us = at_us - self.now_us(0, 0)
        if left_us > 0:
            time.sleep(left_us * 1e-6)
            self.start(at_us)


CLOCKS: dict[str, type[Clock]] = {"service": ServiceClock, "cpu": CpuClock, "wall": WallClock}
