"""Machine code carried out by several threads without the interpreter: a task is laid out in pieces, and who is free takes the next one.

A thread that comes late, because it slept or because its core does something else too, then holds nobody up: the others take more of the
pieces. A worker that is done looks for another task for a while before it sleeps: to wake it takes as long as some hundred decisions. These
functions are compiled and run without the GIL.
"""

from __future__ import annotations

from typing import Any, cast

from vmenv import native as _native
from vmenv.jit import jittable

native = cast(Any, _native)

# A board is an int64 array. What is written while pieces are taken has a cache line of its own.
FUNCTION, ADDRESS, LENGTH, PIECE, SEATS, PATIENCE = range(6)  # the task; workers who may take part, and how often an idle one looks
LEFT, BUSY, ASLEEP = 8, 16, 24  # pieces that nobody has taken yet; threads that take pieces; from there on, 1 for each worker who sleeps
LOOKS = 100_000  # for the others to be done, before the interpreter may see to something else: some 0.1 ms


def post(board: Any, function: int, address: int, length: int, piece: int, seats: int, patience: int) -> int:
    """Lays out function(address, first, past) on range(length) in pieces, and returns how many of the workers in `seats` sleep."""
    board[FUNCTION], board[ADDRESS], board[LENGTH], board[PIECE] = function, address, length, piece
    board[SEATS], board[PATIENCE] = seats, patience
    native.store_atomic(board, LEFT, (length + piece - 1) // piece)
    sleepers = 0
    for worker in range(seats):
        sleepers += native.load_atomic(board, ASLEEP + worker)
    return sleepers


def rouse(board: Any, worker: int) -> int:
    """Returns 1 if the worker sleeps, who counts as awake from now on."""
    sleeps = native.load_atomic(board, ASLEEP + worker)
    if sleeps:
        native.store_atomic(board, ASLEEP + worker, 0)
    return sleeps


@jittable
def take(board: Any) -> None:
    """Carries out pieces until none is left."""
    native.add_atomic(board, BUSY, 1)  # before a piece is taken: whoever finds none left and nobody busy knows that all are done
    while True:
        piece = native.add_atomic(board, LEFT, -1) - 1
        if piece < 0:
            break
        first = piece * board[PIECE]
        native.call_at(board[FUNCTION], board[ADDRESS], first, min(first + board[PIECE], board[LENGTH]))
    native.add_atomic(board, BUSY, -1)


def finish(board: Any) -> int:
    """Carries out pieces too, then looks for a while whether the others are done with theirs; returns 1 if they are."""
    take(board)
    for _ in range(LOOKS):
        if native.load_atomic(board, BUSY) == 0:
            return 1
    return 0


def serve(board: Any, worker: int) -> int:
    """Takes part in all tasks until none has come for a while; the worker counts as asleep then."""
    looks = 0
    while looks <= board[PATIENCE]:
        looks += 1
        if native.load_atomic(board, LEFT) > 0 and worker < board[SEATS]:
            take(board)
            looks = 0
    native.store_atomic(board, ASLEEP + worker, 1)
    return 0
