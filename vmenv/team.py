"""Sharing a batch among the processor's cores: plain threads, which run side by side because compiled code releases the GIL.

numba's own parallel loops would need a threading layer that does not survive a fork, and twice the time to compile.
"""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Callable
from queue import SimpleQueue

import numpy as np

from vmenv.jit import Bound, compiled

Part = Callable[[int, int], object]


class _Worker:
    """A thread that carries out what it is handed, one thing at a time."""

    def __init__(self) -> None:
        self._tasks: SimpleQueue[tuple[Part, int, int]] = SimpleQueue()
        self._outcomes: SimpleQueue[BaseException | None] = SimpleQueue()
        threading.Thread(target=self._work, name="vmenv", daemon=True).start()

    def hand(self, function: Part, first: int, past: int) -> None:
        self._tasks.put((function, first, past))

    def wait(self) -> BaseException | None:
        return self._outcomes.get()

    def _work(self) -> None:
        while True:
            function, first, past = self._tasks.get()
            try:
                function(first, past)
            except BaseException as error:  # handed on to the thread that waits
                self._outcomes.put(error)
            else:
                self._outcomes.put(None)


class _NativeWorker:
    """A thread that carries out machine code, without the interpreter in between while it is awake."""

    def __init__(self) -> None:
        from vmenv import mailbox

        self._post, self._is_done, self._serve = (compiled(f) for f in (mailbox.post, mailbox.is_done, mailbox.serve))
        self._mail = np.zeros(mailbox.SIZE, np.int64)
        self._mail[mailbox.ASLEEP] = 1
        self._wake: SimpleQueue[None] = SimpleQueue()
        threading.Thread(target=self._work, name="vmenv", daemon=True).start()

    def hand(self, function: Bound, first: int, past: int) -> None:
        if self._post(self._mail, function.entry, function.address, first, past):
            self._wake.put(None)

    def wait(self) -> None:
        """Returns when the task is done, and not before: whoever interrupts must not find it half done."""
        interrupted = None
        while True:
            try:
                while not self._is_done(self._mail):
                    time.sleep(0)  # lets the interpreter's other threads in
                break
            except KeyboardInterrupt as interrupt:
                interrupted = interrupt
        if interrupted is not None:
            raise interrupted

    def _work(self) -> None:
        while True:
            self._wake.get()
            self._serve(self._mail)


class _Team:
    """The workers of this process, which serve one thread at a time."""

    def __init__(self) -> None:
        self.workers: list[_Worker] = []
        self.native_workers: list[_NativeWorker] = []
        self.busy = threading.Lock()


_team = _Team()
if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_team.__init__)  # type: ignore[misc]  # threads do not survive a fork


def num_threads() -> int:
    """Returns how many threads share a batch: VMENV_NUM_THREADS, or the cores that this process may use."""
    given = os.environ.get("VMENV_NUM_THREADS", "")
    if given.isdigit() and int(given) > 0:
        return int(given)
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def share(function: Part | Bound, length: int, least: int = 1) -> None:
    """Calls function(first, past) on parts of range(length) that together make up all of it, side by side.

    Args:
        function: What it computes must not depend on how the range is cut.
        length: Of the range.
        least: Length of a part at the least.
    """
    parts = min(num_threads(), length // least)
    if parts <= 1 or not _team.busy.acquire(blocking=False):  # another thread's batch has the workers: do it all here
        function(0, length)
        return
    try:
        cuts = [length * k // parts for k in range(parts + 1)]
        if isinstance(function, Bound):
            _share_natively(function, cuts)
        else:
            _share(function, cuts)
    finally:
        _team.busy.release()


def _share_natively(function: Bound, cuts: list[int]) -> None:
    while len(_team.native_workers) < len(cuts) - 2:
        _team.native_workers.append(_NativeWorker())
    helpers = _team.native_workers[: len(cuts) - 2]
    for k, worker in enumerate(helpers):
        worker.hand(function, cuts[k + 1], cuts[k + 2])
    try:
        function(0, cuts[1])
    finally:
        for worker in helpers:
            worker.wait()


def _share(function: Part, cuts: list[int]) -> None:
    while len(_team.workers) < len(cuts) - 2:
        _team.workers.append(_Worker())
    helpers = _team.workers[: len(cuts) - 2]
    for k, worker in enumerate(helpers):
        worker.hand(function, cuts[k + 1], cuts[k + 2])
    errors: list[BaseException | None] = []
    try:
        function(0, cuts[1])
    except BaseException as error:
        errors.append(error)
    errors += [worker.wait() for worker in helpers]
    for happened in errors:
        if happened is not None:
            raise happened
