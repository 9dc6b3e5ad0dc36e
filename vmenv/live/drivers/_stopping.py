"""How a process is stopped and let go on, so that it is known to stand: the freezer of control groups (version 2), or signals."""

from __future__ import annotations

import contextlib
import ctypes
import itertools
import os
import re
import signal
import time
from abc import ABC, abstractmethod
from pathlib import Path

from vmenv.errors import ServiceError

FEW_LOOKS, NAP_S = 30, 50e-6
MOST_S = 5.0  # until a process stands; it takes some 50 us
_FOLDER = re.compile(r"vmenv-(\d+)-(\d+)-\d+")
_numbers = itertools.count()
# Takes no thread of another process for one of this, as `os.kill` would where a number is used again. C libraries of before 2020 have none.
_tgkill = getattr(ctypes.CDLL(None), "tgkill", lambda *_: -1)


class Stopper(ABC):
    """Stops one process, a child of this one that nobody else waits for. It runs at first."""

    @abstractmethod
    def go(self) -> None:
        """Lets it go on."""

    @abstractmethod
    def halt(self) -> None:
        """Stops it; when this returns it stands, or has ended. One that stands already stays so.

        Raises:
            ServiceError: It does not stand after seconds.
        """

    def aim(self, thread: int) -> None:  # noqa: B027  # whom the freezer stops, it stops all at once
        """Has that thread of the process be the first to stop: the one that has the core, or the others would wait for their turn."""

    def close(self) -> None:  # noqa: B027  # signals hold nothing
        """Frees what it holds, once the process has ended."""


class SignalStopper(Stopper):
    """Stops by SIGSTOP. That is reported once: a second SIGSTOP to who stands would be waited for forever."""

    def __init__(self, pid: int) -> None:
        self._pid, self._stands = pid, False
        self._thread: int | None = None

    def aim(self, thread: int) -> None:
        """See `Stopper`."""
        self._thread = thread

    def go(self) -> None:
        """See `Stopper`."""
        self._stands = False
        os.kill(self._pid, signal.SIGCONT)

    def halt(self) -> None:
        """See `Stopper`."""
        if self._stands:
            return
        if self._thread is None or _tgkill(self._pid, self._thread, signal.SIGSTOP) != 0:
            os.kill(self._pid, signal.SIGSTOP)
        found = os.waitid(os.P_PID, self._pid, os.WSTOPPED | os.WEXITED | os.WNOWAIT)
        if found is not None and found.si_code == os.CLD_STOPPED:
            os.waitid(os.P_PID, self._pid, os.WSTOPPED | os.WNOHANG)
            self._stands = True


class FreezerStopper(Stopper):
    """Stops by a control group of its own, in a folder of such groups.

    The freezer of version 1 is not used: who is frozen there cannot be killed, and would outlive a manager that is.
    """

    def __init__(self, pid: int, folder: Path) -> None:
        self._folder, self._files = folder / str(pid), [-1, -1]
        try:
            self._folder.mkdir()
            (self._folder / "cgroup.procs").write_text(str(pid))
            self._files = [
                os.open(self._folder / name, flags) for name, flags in (("cgroup.freeze", os.O_RDWR), ("cgroup.events", os.O_RDONLY))
            ]
        except OSError as error:
            raise ServiceError(f"{folder} cannot be used to freeze guests ({error}): give stop=signal") from error

    def go(self) -> None:
        """See `Stopper`."""
        os.pwrite(self._files[0], b"0", 0)

    def halt(self) -> None:
        """See `Stopper`."""
        os.pwrite(self._files[0], b"1", 0)
        begun, looks = time.monotonic(), 0
        while b"frozen 1" not in (told := os.pread(self._files[1], 256, 0)) and b"populated 1" in told:
            looks += 1
            if looks > FEW_LOOKS:  # it may have to wait for this very core to come to a stand, which a thread of real time would not leave
                time.sleep(NAP_S)
            if time.monotonic() - begun > MOST_S:
                raise ServiceError(f"{self._folder} does not freeze within {MOST_S:g} s: give stop=signal")

    def close(self) -> None:
        """See `Stopper`."""
        for file in self._files:
            if file >= 0:
                os.close(file)
        remove_folder(self._folder)


def freezer_obstacle() -> str:
    """Returns why the freezer cannot be used, "" if it can."""
    try:
        root = _own_group()
    except (OSError, LookupError) as error:
        return f"there are no control groups of version 2 ({error})"
    if not (root / "cgroup.procs").exists() or not os.access(root, os.W_OK) or not os.access(root / "cgroup.procs", os.W_OK):
        return f"{root} cannot be written to"
    return ""


def make_folder_of_freezers() -> Path:
    """Makes a folder for control groups of this process, and removes those that managers which were killed have left behind.

    A container may share the group with others and see none of their processes: only those of its own name space of processes are judged.
    """
    root, space = _own_group(), os.stat("/proc/self/ns/pid").st_ino
    for left in root.iterdir():
        owner = _FOLDER.fullmatch(left.name)
        if owner and int(owner[1]) == space and not Path(f"/proc/{owner[2]}").exists():
            for inner in [inner for inner in left.iterdir() if inner.is_dir()]:
                remove_folder(inner)
            remove_folder(left)
    folder = root / f"vmenv-{space}-{os.getpid()}-{next(_numbers)}"
    folder.mkdir()
    return folder


def remove_folder(folder: Path) -> None:
    """Removes a control group, which is there until the last of its processes is quite gone."""
    until = time.monotonic() + 1.0
    while folder.exists():
        with contextlib.suppress(OSError):
            folder.rmdir()
            return
        if time.monotonic() > until:
            return
        time.sleep(0.002)


def _own_group() -> Path:
    """Returns the folder of the control group (version 2) that this process is in."""
    with open("/proc/self/mountinfo") as file:
        fields = [line.split(" - ") for line in file]
    mount = next((Path(before.split()[4]) for before, after in fields if after.split()[0] == "cgroup2"), None)
    with open("/proc/self/cgroup") as file:
        group = next((line.strip().removeprefix("0::") for line in file if line.startswith("0::")), None)
    if mount is None or group is None:
        raise LookupError("none is mounted")
    return mount / group.lstrip("/")
