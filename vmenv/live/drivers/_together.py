"""Guests that run at the same time, for so long by the clock on the wall; what each had is read when all of them stand."""

from __future__ import annotations

import time
from collections.abc import Sequence

from vmenv.live.driver import Slice
from vmenv.live.drivers._cpu_shares import CpuShares
from vmenv.live.drivers._guest import DONE, Guest


def run_together(guests: Sequence[Guest], shares: CpuShares, wall_us: int) -> list[Slice]:
    """Returns what each used, and whether its work is done.

    Args:
        guests: All stand, and do so again at the end.
        shares: What divides the core among them.
        wall_us: How long.

    Raises:
        SimulationError: One of them has ended, or says what no guest says.
    """
    pids = [guest.pid for guest in guests]
    before_ns = [guest.used_ns() for guest in guests]
    shares.begin(pids, wall_us)
    try:
        until = time.monotonic() + wall_us * 1e-6
        for guest in guests:
            guest.go()
        time.sleep(max(0.0, until - time.monotonic()))
    finally:
        for guest in guests:
            guest.stopper.tell()
        shares.lift(pids)
        for guest in guests:
            guest.stopper.halt()
    used_us = [round((guest.used_ns() - before) / 1000) for guest, before in zip(guests, before_ns, strict=True)]
    for pid, used in zip(pids, used_us, strict=True):
        shares.note(pid, used)
    return [Slice(used, guest.says(DONE, 0)) for guest, used in zip(guests, used_us, strict=True)]
