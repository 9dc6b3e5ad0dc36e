"""Handing machine code to another thread without the interpreter: a worker looks for work for a while before it sleeps.

Waking a sleeping thread takes as long as some hundred decisions. These functions are compiled and run without the GIL.
"""

from __future__ import annotations

from typing import Any, cast

from vmenv import native as _native

native = cast(Any, _native)

# A mailbox is an int64 array. Tickets count the tasks.
FUNCTION, ADDRESS, FIRST, PAST, POSTED, DONE, ASLEEP, SIZE = range(8)
LOOKS = 100_000  # of a worker before it sleeps: some 0.1 ms


def post(mail: Any, function: int, address: int, first: int, past: int) -> int:
    """Hands a task to the worker; returns 1 if it sleeps and must be woken."""
    mail[FUNCTION], mail[ADDRESS], mail[FIRST], mail[PAST] = function, address, first, past
    native.store_atomic(mail, POSTED, mail[POSTED] + 1)
    return native.load_atomic(mail, ASLEEP)


def is_done(mail: Any) -> int:
    """Looks for a while whether the worker is done; returns 1 if it is."""
    for _ in range(LOOKS):
        if native.load_atomic(mail, DONE) == mail[POSTED]:
            return 1
    return 0


def serve(mail: Any) -> int:
    """Carries out tasks until none has come for a while."""
    native.store_atomic(mail, ASLEEP, 0)
    looks = 0
    while True:
        ticket = native.load_atomic(mail, POSTED)
        if ticket != mail[DONE]:
            native.call_at(mail[FUNCTION], mail[ADDRESS], mail[FIRST], mail[PAST])
            native.store_atomic(mail, DONE, ticket)
            looks = 0
        looks += 1
        if looks > LOOKS:
            native.store_atomic(mail, ASLEEP, 1)
            if native.load_atomic(mail, POSTED) == mail[DONE]:  # nothing came while it said so
                return 0
            native.store_atomic(mail, ASLEEP, 0)
            looks = 0
