"""A guest that is a child process: started, watched and ended. What it says is one letter at a time, and anything else ends it."""

from __future__ import annotations

import contextlib
import math
import os
import resource
import select
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from vmenv.errors import ServiceError, SimulationError
from vmenv.live.drivers._stopping import Stopper

READY_S = 20.0  # until a guest says that it is ready; it takes some 30 ms
READY, DONE = b"R", b"D"
PAST_FILE = 1024  # `select` takes descriptors below, and is the only call that waits for less than a millisecond
CPU_OF_PROCESS = 2  # the clock of all threads of a process, as the kernel numbers clocks


@dataclass(frozen=True, kw_only=True)
class Limits:
    """What a guest may have: the kernel ends it where it takes more.

    Attributes:
        memory_mib: Of its address space.
        cpu_s: CPU time.
    """

    memory_mib: int
    cpu_s: int


class Guest:
    """One child process on one core.

    Args:
        command: What is run, with its arguments. It asks the kernel to be ended with the process that starts it.
        core: Where it runs.
        limits: What it may have.
        files: Descriptors that it inherits, beside the pipes to this process.
        make_stopper: How it is stopped.
        stderr: A file for what it complains of; none is needed.

    Raises:
        ServiceError: It does not get ready.
    """

    def __init__(
        self,
        command: Sequence[str],
        *,
        core: int,
        limits: Limits,
        make_stopper: Callable[[int], Stopper],
        files: Sequence[int] = (),
        stderr: int = subprocess.DEVNULL,
    ) -> None:
        # Pipes of other guests are not inherited: they close when a program begins.
        self._process = subprocess.Popen(
            command,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=stderr,
            bufsize=0,
            cwd="/",
            env={},
            pass_fds=files,
        )
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._orders, self._answers = self._process.stdin, self._process.stdout
        self._stopper: Stopper | None = None
        self._told_to_go = False
        self.pid = pid = self._process.pid
        self.clock = (~pid << 3) | CPU_OF_PROCESS  # exact while it stands; of one that runs elsewhere it is stale by up to 4 ms
        try:
            if self._answers.fileno() >= PAST_FILE:
                raise ServiceError(f"a guest cannot be started: {PAST_FILE} files are open, end some guests or close others")
            self.place({core})
            resource.prlimit(pid, resource.RLIMIT_AS, (limits.memory_mib << 20,) * 2)
            resource.prlimit(pid, resource.RLIMIT_CPU, (limits.cpu_s,) * 2)
            resource.prlimit(pid, resource.RLIMIT_CORE, (0, 0))
            self._stopper = make_stopper(pid)
            if not self._gets_ready():
                raise ServiceError(f"a guest is not ready after {READY_S:g} s: see whether core {core} is busy")
            self._stopper.halt()
        except BaseException as error:
            self.end()
            if isinstance(error, (OSError, SimulationError)):
                raise ServiceError(f"a guest cannot be started ({error}): see `vmenv live check`") from error
            raise

    def _gets_ready(self) -> bool:
        """Returns whether it is ready to be halted for the first time, waiting for it."""
        return self.says(READY, READY_S)

    @property
    def stopper(self) -> Stopper:
        """What stops it and lets it go on."""
        assert self._stopper is not None
        return self._stopper

    def used_ns(self) -> int:
        """Returns the CPU time that it has used, exact if it stands."""
        return time.clock_gettime_ns(self.clock)

    def place(self, cores: set[int]) -> None:
        """Has it run on other cores from now on, all threads of it."""
        for thread in self._threads():
            with contextlib.suppress(ProcessLookupError):  # it has ended meanwhile
                os.sched_setaffinity(thread, cores)

    def go(self) -> None:
        """Lets it go on, until `stopper` halts it."""
        if not self._told_to_go:
            self._order(b"G")
            self._told_to_go = True
        self.stopper.go()

    def says(self, word: bytes, wait_s: float) -> bool:
        """Returns whether it says `word` before the time is over.

        Raises:
            SimulationError: It says something else, or has ended.
        """
        if not select.select([self._answers], [], [], max(0.0, wait_s))[0]:
            return False
        said = os.read(self._answers.fileno(), 64)
        if said == word:
            return True
        raise SimulationError("it says what no guest says" if said else f"it has ended by itself ({self._ending()})")

    def ask(self, order: bytes, length: int) -> bytes:
        """Sends an order to a guest that stands, and returns its answer of so many bytes; it stands again then.

        Raises:
            SimulationError: It does not answer, or not as it should.
        """
        self.begin(order)
        return self.answer(length)

    def begin(self, order: bytes) -> None:
        """Lets a guest that stands begin with what it is ordered; `answer` is to follow."""
        self._order(order)
        os.kill(self._process.pid, signal.SIGUSR1)  # before it goes on, or it may go on with its work for a while
        self.stopper.go()

    def answer(self, length: int) -> bytes:
        """Returns the answer to the order that it began with, of so many bytes; it stands again then.

        A signal wakes it from what it does. One that comes before it has begun that is lost, so that it is repeated.

        Raises:
            SimulationError: It does not answer, or not as it should.
        """
        answer, until = b"", time.monotonic() + READY_S
        try:
            while len(answer) < length:
                os.kill(self._process.pid, signal.SIGUSR1)
                if select.select([self._answers], [], [], 0.002)[0]:
                    part = os.read(self._answers.fileno(), length - len(answer))
                    if not part:
                        raise SimulationError(f"it has ended by itself ({self._ending()})")
                    answer += part
                elif time.monotonic() > until:
                    raise SimulationError(f"it does not answer within {READY_S:g} s")
        finally:
            self.stopper.halt()
        self._told_to_go = False
        return answer

    def _order(self, order: bytes) -> None:
        with contextlib.suppress(BrokenPipeError):  # it has ended, as is noticed when it does not answer
            self._orders.write(order)

    def sleeps(self) -> bool:
        """Returns whether all threads of it wait for something, none of them running nor ready to run."""
        for thread in self._threads():
            with contextlib.suppress(FileNotFoundError, ProcessLookupError):  # it has ended meanwhile
                told = Path(f"/proc/{self._process.pid}/task/{thread}/stat").read_text()
                if told.rpartition(")")[2].split()[0] not in "SD":
                    return False
        return True

    def _threads(self) -> list[int]:
        return [int(thread) for thread in os.listdir(f"/proc/{self._process.pid}/task")]

    def end(self) -> None:
        """Kills and buries it."""
        self._process.kill()
        if self._stopper is not None:
            self._stopper.go() if self._process.returncode is None else None
        self._process.wait()
        self._orders.close()
        self._answers.close()
        if self._stopper is not None:
            self._stopper.close()
            self._stopper = None

    def _ending(self) -> str:
        """Returns how it ended: it is told by the pipe before the process is gone."""
        found = os.waitid(os.P_PID, self._process.pid, os.WEXITED | os.WNOWAIT)
        if found is None or found.si_code == os.CLD_EXITED:
            return f"exit status {found.si_status if found else 'unknown'}"
        return f"signal {signal.Signals(found.si_status).name}"


def limits_of(work_us: int, memory_mib: int) -> Limits:
    """Returns the limits of a guest that needs so much service: the time is for one that never comes to an end."""
    return Limits(memory_mib=memory_mib, cpu_s=30 + math.ceil(20 * work_us / 1e6))


def python_command(program: Path, arguments: Sequence[object]) -> list[str]:
    """Returns what runs a file of Python, which imports nothing of vmenv; it is told the number of this process, and what else is given."""
    return [sys.executable, "-I", "-S", "-E", str(program), str(os.getpid()), *map(str, arguments)]
