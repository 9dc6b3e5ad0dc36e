"""A core that is divided among guests which run at the same time: a control group each, with a weight and a quota of the CPU.

Version 1 of control groups has a hierarchy for the CPU alone. In version 2 a guest has one group for all, that in which it is frozen too.

Source: the Linux kernel's Documentation/scheduler/sched-bwc.rst and Documentation/admin-guide/cgroup-v2.rst.
"""

from __future__ import annotations

import contextlib
import os
import statistics
import time
from abc import ABC, abstractmethod
from collections import deque
from pathlib import Path

from vmenv.errors import ServiceError
from vmenv.live.driver import MOST_WEIGHT, Share
from vmenv.live.drivers._groups import CONTROLLER, find_cpu_root, make_folder, remove_folder

LONGEST_PERIOD_US, LEAST_US = 1_000_000, 1_000  # of periods and quotas that the kernel takes
MARGIN_US = 10_000  # by which periods are longer than the time that is divided: none is to end in it
NO_LONGER_COUNTED_S = 0.004  # after two shortest periods in which nobody ran, the kernel counts them no more
SHARES_PER_WEIGHT = 26  # version 1 counts from 2 to 262,144
BEFORE_OTHERS = 262_144  # of all guests together, version 1: other programs on the core have 1,024 each


class CpuGroup(ABC):
    """What one guest has of the CPU.

    Args:
        folder: Its control group, which is made if it is not there; the guest enters it.
        pid: The guest's process.
        files: What is written to.

    Raises:
        ServiceError: It cannot be made.
    """

    def __init__(self, folder: Path, pid: int, files: tuple[str, ...]) -> None:
        self._folder, self._files = folder, list[int]()
        try:
            folder.mkdir(exist_ok=True)
            (folder / "cgroup.procs").write_text(str(pid))
            for name in files:
                self._files.append(os.open(folder / name, os.O_WRONLY | os.O_CLOEXEC))
        except OSError as error:
            self.close()
            raise ServiceError(f"{folder} cannot be used to give a guest its share ({error}): see `vmenv live check`") from error

    @abstractmethod
    def set_weight(self, weight: int) -> None:
        """Sets what it has in relation to others."""

    @abstractmethod
    def set_quota(self, quota_us: int, period_us: int) -> None:
        """Sets what it has at the most of each period."""

    @abstractmethod
    def lift_quota(self) -> None:
        """Lets it have all, and makes the periods to come the shortest."""

    def write(self, file: int, value: str) -> None:
        """Writes to one of the files.

        Raises:
            ServiceError: The kernel does not take it, as where a group above has less than that.
        """
        try:
            os.pwrite(self._files[file], value.encode(), 0)
        except OSError as error:
            raise ServiceError(f"{self._folder} does not take {value!r} ({error}): see whether a group above it has a quota") from error

    def close(self) -> None:
        """Frees what it holds, once the guest has ended."""
        while self._files:
            os.close(self._files.pop())
        remove_folder(self._folder)


class CpuGroup1(CpuGroup):
    """In version 1."""

    def __init__(self, folder: Path, pid: int) -> None:
        super().__init__(folder, pid, ("cpu.shares", "cpu.cfs_period_us", "cpu.cfs_quota_us"))

    def set_weight(self, weight: int) -> None:
        """See `CpuGroup`."""
        self.write(0, str(max(2, SHARES_PER_WEIGHT * weight)))

    def set_quota(self, quota_us: int, period_us: int) -> None:
        """See `CpuGroup`."""
        self.write(1, str(period_us))  # first: a quota that is set begins a period
        self.write(2, str(quota_us))

    def lift_quota(self) -> None:
        """See `CpuGroup`."""
        self.write(2, "-1")
        self.write(1, str(LEAST_US))


class CpuGroup2(CpuGroup):
    """In version 2."""

    def __init__(self, folder: Path, pid: int) -> None:
        super().__init__(folder, pid, ("cpu.weight", "cpu.max"))

    def set_weight(self, weight: int) -> None:
        """See `CpuGroup`."""
        self.write(0, str(weight))

    def set_quota(self, quota_us: int, period_us: int) -> None:
        """See `CpuGroup`."""
        self.write(1, f"{quota_us} {period_us}")

    def lift_quota(self) -> None:
        """See `CpuGroup`."""
        self.write(1, f"max {LEAST_US}")


class CpuShares:
    """The groups of a driver's guests, in a folder of its own.

    Args:
        freezers: The folder of groups of version 2 in which guests are frozen; None: there is none.

    Raises:
        ServiceError: There are no such groups here.
    """

    def __init__(self, freezers: Path | None) -> None:
        try:
            self.version, root = find_cpu_root()
            if self.version == 1:
                self._folder = make_folder(root)
                self._weigh("cpu.shares", BEFORE_OTHERS)
            else:
                self._folder = freezers or make_folder(root)
                hand_down(root)
                hand_down(self._folder)
                self._weigh("cpu.weight", MOST_WEIGHT)
        except (OSError, LookupError) as error:
            raise ServiceError(f"the CPU cannot be divided ({error}): see `vmenv live check`") from error
        self._groups: dict[int, CpuGroup] = {}
        self._shares: dict[int, Share] = {}
        self._set_us: dict[int, int] = {}  # quotas of the last time
        self._late_us: deque[int] = deque(maxlen=99)  # by how much guests were stopped too late at their quotas
        self._old_until = 0.0  # on the monotonic clock: periods that began in the past have ended then

    def set(self, pid: int, share: Share) -> None:
        """Sets what a guest has from the next `begin` on."""
        if pid not in self._groups:
            kind = CpuGroup1 if self.version == 1 else CpuGroup2
            self._groups[pid] = kind(self._folder / str(pid), pid)
        self._groups[pid].set_weight(share.weight)
        self._shares[pid] = share

    def begin(self, pids: list[int], wall_us: int) -> None:
        """Begins a time in which guests, which stand, are held to their quotas.

        The kernel fills a quota up when it is set and whenever a period ends, and periods go on from where they once began, wherever that
        was. So old periods are waited for, those that follow are the shortest, and the next one begins with the last of these: now. Quotas
        are less than they are meant to be by what guests have had beyond them lately, in the median.
        """
        for pid in pids:
            if pid not in self._shares:
                self.set(pid, Share())
        held = [pid for pid in pids if self._shares[pid].cap < 1]
        self._set_us.clear()
        if not held:
            return
        time.sleep(max(0.0, self._old_until - time.monotonic()))
        for pid in held:
            self._groups[pid].set_quota(LEAST_US, LEAST_US)
        time.sleep(NO_LONGER_COUNTED_S)
        num_periods = -(-(wall_us + MARGIN_US) // LONGEST_PERIOD_US)
        period_us = (wall_us + MARGIN_US) // num_periods
        lead_us = statistics.median(self._late_us) if self._late_us else 0.0
        for pid in held:
            quota_us = max(LEAST_US, round((self._shares[pid].cap * wall_us - lead_us) / num_periods))
            self._groups[pid].set_quota(quota_us, period_us)
            self._set_us[pid] = num_periods * quota_us
        self._old_until = time.monotonic() + period_us * 1e-6 + NO_LONGER_COUNTED_S

    def lift(self, pids: list[int]) -> None:
        """Lets guests go beyond their quotas: one that is held there could not come to a stand."""
        for pid in pids:
            if self._shares[pid].cap < 1:
                self._groups[pid].lift_quota()

    def note(self, pid: int, used_us: int) -> None:
        """Counts what a guest has used in the last time: whom the kernel stops at a quota, it stops at a tick, and too late."""
        late_us = used_us - self._set_us.get(pid, used_us)
        if late_us > 0:
            self._late_us.append(late_us)

    def hand_over(self, pid: int, other: int) -> None:
        """Has another process, in which a guest goes on, take the place of the one that it was in."""
        if pid in self._shares:
            self.set(other, self._shares[pid])

    def drop(self, pid: int) -> None:
        """Frees what was made for a guest, which has ended."""
        self._shares.pop(pid, None)
        group = self._groups.pop(pid, None)
        if group is not None:
            group.close()

    def close(self) -> None:
        """Frees all of it. No guest is there any more."""
        for pid in list(self._groups):
            self.drop(pid)
        remove_folder(self._folder)

    def _weigh(self, file: str, weight: int) -> None:
        with contextlib.suppress(OSError):  # what all have together matters only beside other programs
            (self._folder / file).write_text(str(weight))


def hand_down(folder: Path) -> None:
    """Has the groups in a folder divide the CPU, in version 2."""
    control = folder / "cgroup.subtree_control"
    if CONTROLLER not in control.read_text().split():
        control.write_text("+cpu")


def shares_obstacle() -> str:
    """Returns why the CPU cannot be divided, "" if it can."""
    try:
        find_cpu_root()
    except LookupError as error:
        return str(error)
    return ""
