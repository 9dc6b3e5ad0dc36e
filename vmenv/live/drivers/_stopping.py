"""How a process is stopped and let go on, so that it is known to stand: the freezer of control groups (version 2), or signals."""

from __future__ import annotations

import ctypes
import os
import signal
import time
from abc import ABC, abstractmethod
from pathlib import Path

from vmenv.errors import ServiceError
from vmenv.live.drivers._groups import own_group, remove_folder, write_obstacle

FEW_LOOKS, NAP_S = 30, 50e-6
MOST_S = 5.0  # until a process stands; it takes some 50 us
# Takes no thread of another process for one of this, as `os.kill` would where a number is used again. C libraries of before 2020 have none.
_tgkill = getattr(ctypes.CDLL(None), "tgkill", lambda *_: -1)


class Stopper(ABC):
    """Stops one process, a child of this one that nobody else waits for. It runs at first."""

    @abstractmethod
    def go(self) -> None:
        """Lets it go on."""

    @abstractmethod
    def tell(self) -> None:
        """Tells it to stop, and does not wait until it stands; `halt` is to follow."""

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
        self._pid, self._stands, self._told = pid, False, False
        self._thread: int | None = None

    def aim(self, thread: int) -> None:
        """See `Stopper`."""
        self._thread = thread

    def go(self) -> None:
        """See `Stopper`."""
        self._stands = self._told = False
        os.kill(self._pid, signal.SIGCONT)

    def tell(self) -> None:
        """See `Stopper`."""
        if self._stands or self._told:
            return
        if self._thread is None or _tgkill(self._pid, self._thread, signal.SIGSTOP) != 0:
            os.kill(self._pid, signal.SIGSTOP)
        self._told = True

    def halt(self) -> None:
        """See `Stopper`."""
        if self._stands:
            return
        self.tell()
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

    def tell(self) -> None:
        """See `Stopper`."""
        os.pwrite(self._files[0], b"1", 0)

    def halt(self) -> None:
        """See `Stopper`."""
        self.tell()
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
        return write_obstacle(own_group())
    except (OSError, LookupError) as error:
        return f"there are no control groups of version 2 ({error})"
