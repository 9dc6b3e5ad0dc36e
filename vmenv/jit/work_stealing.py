"""Machine code carried out by several threads without the interpreter: a task is laid out in pieces, and who is free takes the next one.

A thread that comes late, because it slept or because its core does something else too, then holds nobody up: the others take more of the
pieces. A worker that is done looks for another task for a while before it sleeps: to wake it takes as long as some hundred decisions. These
functions are compiled and run without the GIL.
"""

from __future__ import annotations

from typing import Any, cast

from vmenv.jit import intrinsics as _intrinsics
from vmenv.jit.marking import jittable

native = cast(Any, _intrinsics)

# A board is an int64 array. Seat 0 is that of the thread that asks, the others those of the workers. What is written while pieces are taken
# has a cache line of its own. All zeros at first: nobody is awake.
FUNCTION, ADDRESS, LENGTH, PIECE, SHARE, SEATS, PATIENCE = range(7)  # the task; pieces of a seat; seats; how often an idle worker looks
BUSY, FIRST_SEAT, STRIDE = 8, 16, 16  # threads that take pieces; where the first seat begins, and how far it is to the next
LEFT, AWAKE = 0, 8  # of a seat: its pieces that nobody has taken yet; 0 if the worker sleeps
LOOKS = 1_000_000  # for the others to be done, before the interpreter may see to an interrupt: some 0.5 ms


def post(board: Any, function: int, address: int, length: int, piece: int, seats: int, patience: int) -> int:
    """Lays out function(address, first, past) on range(length) in pieces, and returns how many of the workers of these seats sleep."""
    pieces = (length + piece - 1) // piece
    share = (pieces + seats - 1) // seats
    board[FUNCTION], board[ADDRESS], board[LENGTH], board[PIECE] = function, address, length, piece
    board[SHARE], board[SEATS], board[PATIENCE] = share, seats, patience
    awake = 1
    for seat in range(seats):
        own = FIRST_SEAT + STRIDE * seat
        native.store_atomic(board, own + LEFT, min(share, pieces - share * seat))
        if seat > 0:
            awake += native.load_atomic(board, own + AWAKE)
    return seats - awake


def rouse(board: Any, seat: int) -> int:
    """Returns 1 if the worker sleeps, who counts as awake from now on."""
    own = FIRST_SEAT + STRIDE * seat
    if native.load_atomic(board, own + AWAKE):
        return 0
    native.store_atomic(board, own + AWAKE, 1)
    return 1


@jittable
def take(board: Any, seat: int) -> None:
    """Carries out pieces until none is left: those of the own seat, which its core may have in its cache, then those of others."""
    native.add_atomic(board, BUSY, 1)  # before a piece is taken: whoever finds none left and nobody busy knows that all are done
    for k in range(board[SEATS]):
        owner = (seat + k) % board[SEATS]
        while True:
            piece = native.add_atomic(board, FIRST_SEAT + STRIDE * owner + LEFT, -1) - 1
            if piece < 0:
                break
            first = (board[SHARE] * owner + piece) * board[PIECE]
            native.call_at(board[FUNCTION], board[ADDRESS], first, min(first + board[PIECE], board[LENGTH]))
    native.add_atomic(board, BUSY, -1)


def finish(board: Any) -> int:
    """Carries out pieces too, then looks for a while whether the others are done with theirs; returns 1 if they are."""
    take(board, 0)
    for _ in range(LOOKS):
        if native.load_atomic(board, BUSY) == 0:
            return 1
    return 0


def serve(board: Any, seat: int) -> int:
    """Takes part in all tasks until none has come for a while; the worker counts as asleep then."""
    own = FIRST_SEAT + STRIDE * seat
    looks = 0
    while looks <= board[PATIENCE]:
        looks += 1
        if native.load_atomic(board, own + LEFT) > 0:
            take(board, seat)
            looks = 0
    native.store_atomic(board, own + AWAKE, 0)
    return 0
