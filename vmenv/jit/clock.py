"""A clock that machine code can read, so that a long call stops now and then and lets the interpreter see to signals."""

from __future__ import annotations

import time

HAS_CLOCK = hasattr(time, "clock_gettime_ns")
CLOCK = time.CLOCK_MONOTONIC if HAS_CLOCK else 0  # as the C library's clock_gettime takes it
NEVER_NS = 2**63 - 1
PATIENCE_NS = 100_000_000  # how long machine code runs before it lets the interpreter see to signals


def monotonic_ns() -> int:
    """Returns nanoseconds since some instant, in either mode; 0 where the system has no clock that machine code could call."""
    return time.clock_gettime_ns(CLOCK) if HAS_CLOCK else 0


def soon_ns() -> int:
    """Returns when machine code that is called now should stop to see to signals."""
    return monotonic_ns() + PATIENCE_NS
