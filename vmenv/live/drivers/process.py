"""Guests that are processes: each burns its work on one core, stopped by the freezer of control groups or by signals. No root is needed."""

from __future__ import annotations

import contextlib
import os
import statistics
import struct
import sys
import time
import weakref
from collections import deque
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import ClassVar

from vmenv.checks import check_integer
from vmenv.errors import ServiceError, SimulationError, SpecError
from vmenv.live.driver import DRIVERS, MOST_WEIGHT, OPERATIONS, Driver, Share, Slice
from vmenv.live.drivers import _groups, _stopping
from vmenv.live.drivers._cpu_shares import CpuShares, shares_obstacle
from vmenv.live.drivers._guest import DONE, Guest, limits_of, python_command
from vmenv.live.drivers._precise import on_time, realtime_obstacle
from vmenv.live.drivers._together import run_together

STOPS = ("auto", "freezer", "signal")
NEAR_ENOUGH_US = 150  # of what was asked for: to let it go once more would miss by as much
MOST_LEAD_US, STARVED_S = 500, 0.001
CALIBRATIONS, TRIAL_PIECES = 5, 30_000  # some 30 ms: the first ms is slower, as caches are cold


@DRIVERS.register("process")
@dataclass(frozen=True, kw_only=True)
class ProcessDriver(Driver):
    """A guest is a child process.

    Args:
        core: Where all guests run; -1: the last core that this process may use.
        stop: "freezer", "signal", or "auto", which is the freezer where control groups of version 2 can be written to.
        most_guests: At a time.
        memory_mib: Address space of a guest.
        hang_s: Time on the clock in which a guest that is let run must use CPU time.

    Raises:
        SpecError: A value is out of range.
    """

    needs: ClassVar[str] = "Linux"
    program: ClassVar[Path] = Path(__file__).with_name("_burn.py")
    guest_class: ClassVar[type[Guest]] = Guest

    core: int = -1
    stop: str = "auto"
    most_guests: int = 256
    memory_mib: int = 512
    hang_s: float = 10.0
    _own: _Own = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        cores = sorted(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else [0]
        if self.core != -1 and self.core not in cores:
            raise SpecError(f"core is {self.core!r}: give one of {', '.join(map(str, cores))}, or -1 for the last of them")
        if self.stop not in STOPS:
            raise SpecError(f"stop is {self.stop!r}: give one of {', '.join(STOPS)}")
        check_integer("most_guests", self.most_guests, least=1, most=400)
        check_integer("memory_mib", self.memory_mib, least=64, most=2**20)
        if not isinstance(self.hang_s, (int, float)) or not 0.05 <= self.hang_s <= 3600:
            raise SpecError(f"hang_s is {self.hang_s!r}: give .05 to 3600 seconds")
        object.__setattr__(self, "_own", _Own(cores[-1] if self.core == -1 else self.core))

    def obstacles(self) -> dict[str, str]:
        """See `Driver`."""
        start = "" if sys.platform == "linux" else f"it needs Linux, this is {sys.platform}"
        if not start and self.stop == "freezer":
            start = _stopping.freezer_obstacle()
        inside = "a process's memory and registers are not kept: use kvm or qemu"
        return dict.fromkeys(OPERATIONS, "") | {
            "create": start,
            "run": start,
            "destroy": start,
            "snapshot": inside,
            "restore": inside,
            "dirty_pages": inside,
            "migrate": inside,
            "set_shares": start or shares_obstacle(),
            "page_out": "a process's memory is not kept in a file: use kvm",
        }

    def describe(self) -> dict[str, str]:
        """See `Driver`."""
        because = _stopping.freezer_obstacle() if self.stop == "auto" else ""
        return {
            "core": str(self._own.core),
            "stop": self._stops_by() + (f" ({because})" if because else ""),
            "on time": realtime_obstacle() or "SCHED_FIFO",
            "shares": self.obstacles()["set_shares"] or f"control groups of version {_groups.find_cpu_root()[0]}",
            "piece of work": f"{self._piece_us():.3f} us of CPU time",
        }

    @property
    def runs_on(self) -> int:
        """The core that guests run on."""
        return self._own.core

    def create(self, work_us: int) -> int:
        """See `Driver`."""
        check_integer("work_us", work_us, least=1, most=2**40)
        own = self._own
        if len(own.guests) >= self.most_guests:
            raise SpecError(f"there are {len(own.guests)} guests: driver {DRIVERS.name_of(self)!r} takes no more; give most_guests=...")
        return self._enter(self._start(max(1, round(work_us / self._piece_us())), work_us))

    def _enter(self, guest: Guest) -> int:
        """Returns the number under which a guest is known from now on."""
        number = self._own.next_number
        self._own.next_number += 1
        self._own.guests[number] = guest
        return number

    def _go_on_in(self, number: int, guest: Guest, other: Guest) -> None:
        """Has another process be the guest of this number from now on, and ends the one that it was in."""
        for divided in self._own.shares:
            divided.hand_over(guest.pid, other.pid)
        self._end(guest)
        self._own.guests[number] = other

    def run(self, guest: int, service_us: int, *, wall_us: int | None = None) -> Slice:
        """See `Driver`."""
        return self._run(self._find(guest), service_us, wall_us)

    def _find(self, guest: int) -> Guest:
        if guest not in self._own.guests:
            raise SimulationError(f"there is no guest {guest}: it has been destroyed")
        return self._own.guests[guest]

    def destroy(self, guest: int) -> None:
        """See `Driver`."""
        found = self._own.guests.pop(guest, None)
        if found is not None:
            self._end(found)

    def set_shares(self, shares: Mapping[int, Share]) -> None:
        """See `Driver`."""
        self.check_can("set_shares")
        for share in shares.values():
            check_integer("weight", share.weight, least=1, most=MOST_WEIGHT)
            if not 0 < share.cap <= 1:
                raise SpecError(f"cap is {share.cap!r}: give a part of the core, above 0 and up to 1")
        for guest, share in shares.items():
            self._own.divide().set(self._find(guest).pid, share)

    def give_work(self, guest: int, work_us: int) -> None:
        """See `Driver`."""
        check_integer("work_us", work_us, least=1, most=2**40)
        self._give(self._find(guest), max(1, round(work_us / self._piece_us())))

    def run_together(self, guests: Sequence[int], wall_us: int) -> dict[int, Slice]:
        """See `Driver`."""
        self.check_can("set_shares")
        check_integer("wall_us", wall_us, least=1, most=2**40)
        found = {number: self._find(number) for number in guests}
        return dict(zip(found, run_together(list(found.values()), self._own.divide(), wall_us), strict=True))

    def on_time(self) -> AbstractContextManager[object]:
        """See `Driver`."""
        return on_time(self._own.core)

    def close(self) -> None:
        """See `Driver`."""
        self._own.finish()

    # --- one guest ----------------------------------------------------------------------------------------------------------------------

    def _run(self, guest: Guest, service_us: int, wall_us: int | None) -> Slice:
        lead = self._own.lead_us()
        begun_ns, began = guest.used_ns(), time.monotonic()
        used_us, moved, slow = 0, began, False
        while True:
            left_s = (service_us - used_us - lead) * 1e-6
            if wall_us is not None:
                left_s = min(left_s, began - time.monotonic() + (wall_us - lead) * 1e-6)
            if slow:  # who has no turn gets none by being stopped and let go ten thousand times a second
                left_s = max(left_s, STARVED_S)
            before_us, went = used_us, time.monotonic()
            guest.go()
            try:
                done = guest.says(DONE, min(left_s, self.hang_s))
                sleeps = slow and guest.sleeps()
            finally:
                guest.stopper.halt()
            now = time.monotonic()
            used_us = round((guest.used_ns() - begun_ns) / 1000)
            done = done or guest.says(DONE, 0)  # it may have come to an end just before it stood
            if done:
                return Slice(used_us, True)
            slow = (used_us - before_us) * 20 < (now - went) * 1e6
            if not slow or not sleeps:  # who is ready to run, and has no turn, does not hang
                moved = now
            if now - moved > self.hang_s:
                raise SimulationError(f"it hangs: it has been let run for {now - moved:.1f} s, and waits for something instead")
            if wall_us is None and 0 < left_s <= self.hang_s:
                self._own.note_stop(used_us - before_us - left_s * 1e6, (now - went) * 1e6 - (used_us - before_us))
            if service_us - used_us <= NEAR_ENOUGH_US or (wall_us is not None and now - began >= (wall_us - NEAR_ENOUGH_US) * 1e-6):
                return Slice(used_us, False)

    def _start(self, pieces: int, work_us: int, channel: int | None = None) -> Guest:
        """Starts a guest from the thread that all are started from: the kernel ends them with the thread that started them.

        Args:
            pieces: Its work.
            work_us: How much service that is, at the most.
            channel: A socket that it inherits, if it is to be told its memory by another.
        """
        own = self._own
        if not own.folders and self._stops_by() == "freezer":
            own.folders.append(_groups.make_folder(_groups.guests_root()))
        stopper = partial(_stopping.FreezerStopper, folder=own.folders[0]) if own.folders else _stopping.SignalStopper
        limits = limits_of(work_us, self.memory_mib)
        make = partial(self.guest_class, core=own.core, limits=limits, make_stopper=stopper)
        return own.starter.submit(self._make, make, pieces, channel).result()

    def _make(self, make: Callable[..., Guest], pieces: int, channel: int | None) -> Guest:
        """Makes a guest whose work is so many pieces."""
        return make(python_command(self.program, [pieces]))

    def _give(self, guest: Guest, pieces: int) -> None:
        """Gives a guest that stands other work: so many pieces."""
        guest.begin(b"p" + struct.pack("<Q", pieces))
        if guest.answer(1) == DONE:  # with the old work, which it says now as it stood when it was about to: the answer follows
            guest.stopper.go()
            guest.answer(1)

    def _end(self, guest: Guest) -> None:
        """Ends a guest, and frees what was made for it."""
        guest.end()
        for divided in self._own.shares:
            divided.drop(guest.pid)

    def _stops_by(self) -> str:
        if self.stop == "auto":
            return "signal" if _stopping.freezer_obstacle() else "freezer"
        return self.stop

    def _piece_us(self) -> float:
        """Returns the CPU time of a piece of work: the median of a few guests, for one may have had a cold core."""
        if self._own.piece_us == 0.0:
            took = []
            for _ in range(CALIBRATIONS):
                guest = self._start(TRIAL_PIECES, 0)
                try:
                    done = self._run(guest, 10**8, None)
                finally:
                    self._end(guest)
                if not done.done:
                    raise ServiceError("a guest does not come to an end, so that its speed is unknown: see whether the core is busy")
                took.append(done.used_us / TRIAL_PIECES)
            self._own.piece_us = statistics.median(took)
        return self._own.piece_us


class _Own:
    """What a driver has at a time. It is ended with the driver, or the process."""

    def __init__(self, core: int) -> None:
        self.core = core
        self.other_cores = os.sched_getaffinity(0) - {core} or {core}
        self.guests: dict[int, Guest] = {}
        self.next_number = 0
        self.piece_us = 0.0
        self.folders: list[Path] = []  # of control groups: one, once it is needed
        self.shares: list[CpuShares] = []  # likewise
        self.starter = ThreadPoolExecutor(1, thread_name_prefix="vmenv-guests")
        self._late_us: deque[float] = deque(maxlen=33)  # by how much stops came too late, when nobody else had the core
        self.finish = weakref.finalize(self, _finish, self.guests, self.starter, self.folders, self.shares)

    def divide(self) -> CpuShares:
        """Returns what divides the core, which is made when it is first needed."""
        if not self.shares:
            self.shares.append(CpuShares(self.folders[0] if self.folders else None))
        return self.shares[0]

    def lead_us(self) -> float:
        """Returns how much earlier than it is due a guest is stopped: what stopping has taken lately, in the median."""
        return min(max(statistics.median(self._late_us), 0.0), MOST_LEAD_US) if self._late_us else 0.0

    def note_stop(self, late_us: float, away_us: float) -> None:
        """Counts a stop, unless somebody else had the core meanwhile."""
        if away_us < NEAR_ENOUGH_US:
            self._late_us.append(late_us)


def _finish(guests: dict[int, Guest], starter: ThreadPoolExecutor, folders: list[Path], shares: list[CpuShares]) -> None:
    for guest in guests.values():
        with contextlib.suppress(OSError):
            guest.end()
    guests.clear()
    starter.shutdown()
    for divided in shares:
        divided.close()
    for made in folders:
        _groups.remove_folder(made)
