"""Migration by pre-copy: the memory is copied while the VM goes on, then again what it has written to meanwhile, and so on, round by round.

When the rest can be copied within `most_down_us`, or a round leaves as much as the one before (the VM writes as fast as the network copies,
so that it would never end), the VM is stopped, the rest is copied, and it goes on elsewhere.

A round of t leaves what the VM has written to in t: W (1 - exp(-w t / W)), with w its write rate and W its write working set, by the same
law as snapshots (`vmenv.host.writes`).

Source: Clark et al., "Live migration of virtual machines", NSDI 2005. QEMU's third way out, slowing the VM down, is left out.
"""

from __future__ import annotations

from typing import NamedTuple

from vmenv.host.writes import KIB_PER_MIB, MAX_WORKING_SET_MIB, dirtied_kib
from vmenv.jit import jittable

MOST_ROUNDS = 30


class Precopy(NamedTuple):
    """How a migration goes.

    Attributes:
        rounds: Rounds while the VM goes on.
        copy_us: What they take.
        last_us: What copying the rest takes, the VM being stopped.
    """

    rounds: int
    copy_us: int
    last_us: int


@jittable
def precopy(memory_mib: int, bandwidth_kib_s: int, dirty_kib_s: int, working_set_mib: int, most_down_us: int) -> Precopy:
    """Returns how a migration goes that has the bandwidth to itself. Times are rounded up, and so is what is left.

    Args:
        memory_mib: What is copied in the first round.
        bandwidth_kib_s: At which speed.
        dirty_kib_s: What the VM writes.
        working_set_mib: Where it writes to; 0: all of its memory, of which no more than MAX_WORKING_SET_MIB counts.
        most_down_us: Time within which the rest must be copied.
    """
    written_mib = min(memory_mib, MAX_WORKING_SET_MIB if working_set_mib == 0 else working_set_mib)
    left, copy_us, rounds = memory_mib * KIB_PER_MIB, 0, 0
    before = left + 1
    while rounds < MOST_ROUNDS and left < before and (rounds == 0 or _time_us(left, bandwidth_kib_s) > most_down_us):
        round_us = _time_us(left, bandwidth_kib_s)
        copy_us, rounds, before = copy_us + round_us, rounds + 1, left
        left = dirtied_kib(written_mib, dirty_kib_s, round_us)
    return Precopy(rounds, copy_us, _time_us(left, bandwidth_kib_s))


@jittable
def _time_us(size_kib: int, speed_kib_s: int) -> int:
    return int((size_kib * 1_000_000 + speed_kib_s - 1) // speed_kib_s)
