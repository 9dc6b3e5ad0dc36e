"""Reservations: when a pick that is held can start by what the running VMs asked for, and who may be granted before it without delay.

The reservation is made with the pick and kept, whatever ends before it was expected to. A VM may go past if by its own requested time
(`estimate_us`) it is done before that. This is how RLScheduler backfills; EASY besides lets past who needs no more than will be left over.

Source: Lifka (1995), "The ANL/IBM SP scheduling system", JSSPP; Zhang et al. (2020), "RLScheduler", SC.
"""

from __future__ import annotations

from vmenv.host import columns as c
from vmenv.host.fitting import fits_in, num_blocks, room, slots_of, something_fits_in
from vmenv.host.state import State
from vmenv.jit import jittable, signed


@jittable
def reservation_us(s: State, i: int) -> int:
    """Returns when there will be enough CPU for slot `i`, by the requested times of what runs; NEVER if these do not say."""
    free, reached = s.devices[c.CPU, c.FREE], -c.NEVER
    while free < s.front[i, c.CPU]:
        soonest = c.NEVER  # the next expected end, with all that end at that same time
        for k in range(s.run[c.NUM_RUNNING]):
            end = expected_end_us(s, s.lists[c.RUNNING_HEAP, k])
            if reached < end < soonest:
                soonest = end
        if soonest == c.NEVER:
            return c.NEVER
        for k in range(s.run[c.NUM_RUNNING]):
            j = s.lists[c.RUNNING_HEAP, k]
            if expected_end_us(s, j) == soonest:
                free += s.front[j, c.CPU]
        reached = soonest
    return int(reached)


@jittable
def expected_end_us(s: State, i: int) -> int:
    """Returns when a running VM will be done by its requested time, which may be past; never if it has none."""
    if s.slots[i, c.ESTIMATE_US] == 0:
        return c.NEVER
    return int(s.slots[i, c.GRANT_US] + s.slots[i, c.ESTIMATE_US] - s.slots[i, c.ATTAINED_US])


@jittable
def overtaking(s: State) -> int:
    """Returns the first in order of arrival that fits and will be done before the reservation of the pick that is held; NOBODY if none."""
    best, free = c.NOBODY, room(s)
    for block in range(num_blocks(s)):
        if something_fits_in(s, block, free):
            for i in slots_of(s, block):
                if signed(i) != s.run[c.COMMITTED] and (best == c.NOBODY or s.slots[i, c.VM] < s.slots[best, c.VM]):
                    estimate = s.slots[i, c.ESTIMATE_US]
                    if fits_in(s, i, free) and estimate > 0 and s.run[c.CLOCK_US] + estimate < s.run[c.RESERVED_US]:
                        best = signed(i)
    return int(best)
