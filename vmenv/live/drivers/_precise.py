"""How the thread that stops guests is on time: on another core than they, with a sharp timer, and before other programs where allowed."""

from __future__ import annotations

import contextlib
import ctypes
import os
from collections.abc import Iterator

PR_SET_TIMERSLACK, PR_GET_TIMERSLACK = 29, 30
PRIORITY = 10  # among those of real time


def realtime_obstacle() -> str:
    """Returns why a thread of this process cannot go before other programs, "" if it can."""
    policy, param = os.sched_getscheduler(0), os.sched_getparam(0)
    try:
        os.sched_setscheduler(0, os.SCHED_FIFO | os.SCHED_RESET_ON_FORK, os.sched_param(PRIORITY))
        os.sched_setscheduler(0, policy, param)
    except OSError as error:
        return f"SCHED_FIFO is not allowed ({error})"
    return ""


@contextlib.contextmanager
def on_time(core: int) -> Iterator[None]:
    """Lets this thread be on time while the context lasts; it uses some thousandths of another core than `core`, if there is one.

    What is not allowed is left out: then a stop comes later on a busy machine.
    """
    cores, policy, param = os.sched_getaffinity(0), os.sched_getscheduler(0), os.sched_getparam(0)
    prctl = ctypes.CDLL(None).prctl
    slack_ns = prctl(PR_GET_TIMERSLACK, 0, 0, 0, 0)
    try:
        prctl(PR_SET_TIMERSLACK, 1, 0, 0, 0)
        if cores - {core}:
            os.sched_setaffinity(0, cores - {core})
        with contextlib.suppress(OSError):
            os.sched_setscheduler(0, os.SCHED_FIFO | os.SCHED_RESET_ON_FORK, os.sched_param(PRIORITY))
        yield
    finally:
        with contextlib.suppress(OSError):
            os.sched_setscheduler(0, policy, param)
        os.sched_setaffinity(0, cores)
        prctl(PR_SET_TIMERSLACK, max(1, slack_ns), 0, 0, 0)
