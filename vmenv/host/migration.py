"""Migration by pre-copy: the memory is copied while the VM goes on, then again what it has written to meanwhile, and so on, round by round.

When the rest can be copied within `most_down_us`, or a round leaves as much as the one before (the VM writes as fast as the network copies,
so that it would never end), the VM is stopped, the rest is copied, and it goes on elsewhere.

Source: Clark et al., "Live migration of virtual machines", NSDI 2005. Writes are spread evenly, so that a round of t leaves w t, up to the
write working set; QEMU's third way out, slowing the VM down, is left out.
"""

from __future__ import annotations

from typing import NamedTuple

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
def precopy(memory_kib: int, bandwidth_kib_s: int, dirty_kib_s: int, working_set_kib: int, most_down_us: int) -> Precopy:
    """Returns how a migration goes that has the bandwidth to itself. Times are rounded up, and so is what is left.

    Args:
        memory_kib: What is copied in the first round.
        bandwidth_kib_s: At which speed.
        dirty_kib_s: What the VM writes.
        working_set_kib: Where it writes to; 0: all of its memory.
        most_down_us: Time within which the rest must be copied.
    """
    most = memory_kib if working_set_kib == 0 else min(memory_kib, working_set_kib)
    left, before, copy_us, rounds = memory_kib, memory_kib + 1, 0, 0
    while rounds < MOST_ROUNDS and left < before and (rounds == 0 or _time_us(left, bandwidth_kib_s) > most_down_us):
        round_us = _time_us(left, bandwidth_kib_s)
        copy_us, rounds, before = copy_us + round_us, rounds + 1, left
        left = most
        if dirty_kib_s == 0 or round_us <= most * 1_000_000 // dirty_kib_s:
            left = (dirty_kib_s * round_us + 999_999) // 1_000_000
    return Precopy(rounds, copy_us, _time_us(left, bandwidth_kib_s))


@jittable
def _time_us(size_kib: int, speed_kib_s: int) -> int:
    return int((size_kib * 1_000_000 + speed_kib_s - 1) // speed_kib_s)
