"""Thin provisioning: a VM takes space from the pool as it writes and not at its admission, so that more get in than their images would let.

What a VM has written to, W (1 - exp(-w t / W)) and its image at the most, is settled when a grant of it ends. If the pool has no room for
that the VM stands, as QEMU stops a guest whose image the host has no space for (its `werror=enospc`), until an end, a compression or a
deleted snapshot makes room. Those that stand are looked after in the order of their numbers, before the admission queue; whoever finds room
goes on, also past others that need more.

When all that are left stand, and nothing else will happen, somebody adds as much space as the first of them needs, `rescue_us` later.
"""

from __future__ import annotations

from vmenv.host import columns as c
from vmenv.host import given
from vmenv.host.fitting import go_on
from vmenv.host.state import State
from vmenv.host.writes import KIB_PER_MIB, dirtied_kib
from vmenv.jit import jittable


@jittable
def grow(s: State, i: int) -> None:
    """Takes from the pool what slot `i`, whose grant has ended, has written to since it last did; or notes that there is no room."""
    if s.host[c.THIN] == 1 and s.slots[i, c.KIND] == c.RUN:
        written = dirtied_kib(s.slots[i, c.WORKING_SET_MIB], s.slots[i, c.DIRTY_KIB_S], s.slots[i, c.ATTAINED_US])
        image = s.vms[s.slots[i, c.VM], given.IMAGE_MIB]
        short = min(image, (written + KIB_PER_MIB - 1) // KIB_PER_MIB) - s.slots[i, c.TAKEN_MIB]
        if short > 0:
            s.slots[i, c.SHORT_MIB] = short
            s.run[c.NUM_SHORT] += 1
            if short <= s.run[c.POOL_FREE_MIB]:
                _take(s, i)


@jittable
def feed(s: State) -> None:
    """Lets those that stand go on, as far as there is room for what they need."""
    after = c.NOBODY
    while s.run[c.NUM_SHORT] > 0:
        i = _next_short(s, after)
        if i == c.NOBODY:
            return
        after = s.slots[i, c.VM]
        if abs(s.slots[i, c.SHORT_MIB]) <= s.run[c.POOL_FREE_MIB]:
            goes_on = s.slots[i, c.SHORT_MIB] > 0
            _take(s, i)
            if goes_on and s.slots[i, c.LEAVING] != 0:
                s.slots[i, c.LEAVING] = 1  # if its migration is called off
            elif goes_on and s.front[i, c.STATUS] == c.SUSPENDED:  # otherwise its grant ended at this instant, and it has not stopped yet
                go_on(s, i)


@jittable
def needs_rescue(s: State) -> bool:
    """Returns whether space will be added. Asked when no event is pending and nobody fits, so that nothing else will happen any more."""
    return bool(s.run[c.NUM_SHORT] > 0 and s.host[c.RESCUE_US] > 0)


@jittable
def rescue(s: State) -> None:
    """Adds to the pool what the first of those that stand finds missing."""
    missing = abs(s.slots[_next_short(s, c.NOBODY), c.SHORT_MIB]) - s.run[c.POOL_FREE_MIB]
    s.run[c.POOL_FREE_MIB] += missing
    s.run[c.ADDED_MIB] += missing


@jittable
def _take(s: State, i: int) -> None:
    """Gives slot `i` what it is short of."""
    short = abs(s.slots[i, c.SHORT_MIB])
    s.run[c.POOL_FREE_MIB] -= short
    s.slots[i, c.IMAGE_MIB] += short
    s.slots[i, c.TAKEN_MIB] += short
    forget_short(s, i)


@jittable
def forget_short(s: State, i: int) -> None:
    """Slot `i` needs nothing any more."""
    if s.slots[i, c.SHORT_MIB] != 0:
        s.slots[i, c.SHORT_MIB] = 0
        s.run[c.NUM_SHORT] -= 1


@jittable
def _next_short(s: State, after: int) -> int:
    """Returns the slot of the VM with the least number above `after` that is short; NOBODY if there is none."""
    found = c.NOBODY
    for i in range(s.run[c.TOP_SLOT]):
        if s.slots[i, c.SHORT_MIB] != 0 and s.slots[i, c.VM] > after and (found == c.NOBODY or s.slots[i, c.VM] < s.slots[found, c.VM]):
            found = i
    return found
