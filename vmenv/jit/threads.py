"""Sharing a batch among the processor's cores: plain threads, which run side by side because compiled code releases the GIL.

The batch is cut into more pieces than there are threads, and who is free takes the next one: cores are seldom equally fast, and runs
seldom equally long. numba's own parallel loops would need a threading layer that does not survive a fork, and twice the time to compile.
"""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from queue import SimpleQueue

import numpy as np

from vmenv.jit.bound import Bound
from vmenv.jit.compile import compiled, numba_module
from vmenv.jit.cores import free_cores, usable_cores

Part = Callable[[int, int], object]

MOST_THREADS = 1024
PIECES = 8  # for each thread
SHORT_NS = 300_000  # between two tasks: if the last came that soon, workers look for the next one about as long before they sleep
PATIENCE = 300_000  # looks in that time; more would cost a machine with more threads than cores what it gains others


class _NativeTeam:
    """Threads that carry out machine code, without the interpreter in between while they are awake. See `vmenv.jit.work_stealing`."""

    def __init__(self) -> None:
        from vmenv.jit import work_stealing as pieces

        integer, board = numba_module().types.int64, numba_module().types.int64[::1]
        self._post = compiled(pieces.post, integer(board, *[integer] * 6))
        self._rouse = compiled(pieces.rouse, integer(board, integer))
        self._finish = compiled(pieces.finish, integer(board))
        self._serve = compiled(pieces.serve, integer(board, integer))
        self._board = np.zeros(pieces.FIRST_SEAT + pieces.STRIDE * MOST_THREADS, np.int64)
        self._wakes: list[SimpleQueue[None]] = []  # one for each worker; the first has seat 1
        self._done_ns = 0

    def share(self, function: Bound, length: int, piece: int, threads: int) -> None:
        """Returns when all pieces are done, and not before: whoever interrupts must not find them half done."""
        while len(self._wakes) < threads - 1:
            self._wakes.append(SimpleQueue())
            threading.Thread(target=self._work, args=(len(self._wakes),), name="vmenv", daemon=True).start()
        patience = PATIENCE if time.perf_counter_ns() - self._done_ns < SHORT_NS else 0
        try:
            if self._post(self._board, function.entry, function.address, length, piece, threads, patience):
                for seat in range(1, threads):
                    if self._rouse(self._board, seat):
                        self._wakes[seat - 1].put(None)
        finally:
            self._finish_all()
            self._done_ns = time.perf_counter_ns()

    def _finish_all(self) -> None:
        interrupted = None
        while True:
            try:
                while not self._finish(self._board):
                    time.sleep(0)  # lets the interpreter's other threads in
                break
            except KeyboardInterrupt as interrupt:
                interrupted = interrupt
        if interrupted is not None:
            raise interrupted

    def _work(self, seat: int) -> None:
        while True:
            self._wakes[seat - 1].get()
            self._serve(self._board, seat)


class _Team:
    """The threads of this process, which serve one batch at a time."""

    def __init__(self) -> None:
        self.busy = threading.Lock()
        self._native: _NativeTeam | None = None
        self._pool: ThreadPoolExecutor | None = None

    def share_natively(self, function: Bound, length: int, piece: int, threads: int) -> None:
        if self._native is None:
            self._native = _NativeTeam()
        self._native.share(function, length, piece, threads)

    def share(self, function: Part, length: int, piece: int, threads: int) -> None:
        if self._pool is None:
            self._pool = ThreadPoolExecutor(MOST_THREADS, "vmenv")
        pieces = iter([(first, min(first + piece, length)) for first in range(0, length, piece)])  # whose next() is one at a time
        others = [self._pool.submit(_take, function, pieces) for _ in range(threads - 1)]
        try:
            _take(function, pieces)
        finally:
            errors = [other.exception() for other in others]
        for error in errors:
            if error is not None:
                raise error


def _take(function: Part, pieces: Iterator[tuple[int, int]]) -> None:
    """Carries out pieces until none is left; after an error nobody takes another."""
    try:
        for first, past in pieces:
            function(first, past)
    except BaseException:
        for _ in pieces:
            pass
        raise


_team = _Team()
if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_team.__init__)  # type: ignore[misc]  # threads do not survive a fork


def num_threads() -> int:
    """Returns how many threads share a batch at the most: VMENV_NUM_THREADS, or the cores that this process may use."""
    given = os.environ.get("VMENV_NUM_THREADS", "")
    if given.isdigit() and int(given) > 0:
        return min(int(given), MOST_THREADS)
    return usable_cores()


def threads_worthwhile() -> int:
    """Returns how many share one now: VMENV_NUM_THREADS if that is given, else the cores that other programs leave free."""
    return num_threads() if os.environ.get("VMENV_NUM_THREADS") else free_cores()


def divide(function: Part | Bound, length: int, least: int = 1) -> None:
    """Calls function(first, past) on pieces of range(length) that together make up all of it, side by side.

    Args:
        function: What it computes must not depend on how the range is cut.
        length: Of the range.
        least: Length of a piece at the least, but for the last one.
    """
    threads = min(num_threads(), length // least)
    if threads > 1:
        threads = min(threads, threads_worthwhile())
    if threads <= 1 or not _team.busy.acquire(blocking=False):  # another thread's batch has the threads: do it all here
        function(0, length)
        return
    try:
        piece = max(least, -(-length // (PIECES * threads)))
        if isinstance(function, Bound):
            _team.share_natively(function, length, piece, threads)
        else:
            _team.share(function, length, piece, threads)
    finally:
        _team.busy.release()
