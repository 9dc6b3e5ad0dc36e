"""Memory: who is resident, who is paged out for whom, and how long that takes."""

from __future__ import annotations

from vmenv.host import columns as c
from vmenv.host.state import Runs, fold
from vmenv.jit import jittable


@jittable
def memory_free(s: Runs, r: int, i: int) -> bool:
    """Returns whether the memory of slot `i` has room beside the *running* VMs; all others can be paged out."""
    return bool(s.run[r, c.MEMORY_RUNNING_MIB] + s.slots[r, c.MEMORY, i] <= s.host[c.MEMORY_MIB])


@jittable
def ran_before(s: Runs, r: int, i: int, j: int) -> bool:
    """Returns whether the last grant of slot `i` ended before that of slot `j` (ties: the lower VM number counts as before)."""
    if s.slots[r, c.LAST_END_US, i] != s.slots[r, c.LAST_END_US, j]:
        return bool(s.slots[r, c.LAST_END_US, i] < s.slots[r, c.LAST_END_US, j])
    return bool(s.slots[r, c.VM, i] < s.slots[r, c.VM, j])


@jittable
def least_recently_run(s: Runs, r: int, spared: int) -> int:
    """Returns the resident, not running slot that ran least recently and is not `spared`."""
    best = c.NOBODY
    for i in range(s.run[r, c.TOP_SLOT]):
        evictable = s.slots[r, c.STATUS, i] == c.RUNNABLE and s.slots[r, c.RESIDENT_MIB, i] > 0 and i != spared
        if evictable and (best == c.NOBODY or ran_before(s, r, i, best)):
            best = i
    return best


@jittable
def make_resident(s: Runs, r: int, i: int) -> int:
    """Makes slot `i` resident with the memory of its phase, paging others out until it fits.

    Memory that was paged out before comes back; memory that the VM never had is new and needs no paging in.

    Returns:
        MiB that are moved: out and in.
    """
    growth = s.slots[r, c.MEMORY, i] - s.slots[r, c.RESIDENT_MIB, i]
    moved = 0
    while s.run[r, c.MEMORY_RESIDENT_MIB] + growth > s.host[c.MEMORY_MIB]:
        victim = least_recently_run(s, r, i)
        paged_out = s.slots[r, c.RESIDENT_MIB, victim]
        s.slots[r, c.SWAPPED_MIB, victim] = paged_out
        s.slots[r, c.RESIDENT_MIB, victim] = 0
        s.run[r, c.MEMORY_RESIDENT_MIB] -= paged_out
        moved += paged_out
        fold(s, r, c.EVENT_PAGE_OUT, s.slots[r, c.VM, victim])
    paged_in = s.slots[r, c.SWAPPED_MIB, i]
    s.slots[r, c.PAGED_IN_MIB, i] += paged_in
    s.slots[r, c.SWAPPED_MIB, i] = 0
    s.slots[r, c.RESIDENT_MIB, i] += growth
    s.run[r, c.MEMORY_RESIDENT_MIB] += growth
    return moved + paged_in


@jittable
def paging_us(s: Runs, moved_mib: int) -> int:
    """Returns the time to move `moved_mib`, rounded up: to take longer."""
    speed = s.host[c.SWAP_KIB_S]
    if speed == 0:
        return 0
    return (moved_mib * 1_024_000_000 + speed - 1) // speed


@jittable
def shrink(s: Runs, r: int, i: int) -> None:
    """Frees what the phase that slot `i` has entered does not need; growth waits for the next grant."""
    surplus = s.slots[r, c.RESIDENT_MIB, i] - s.slots[r, c.MEMORY, i]
    if surplus > 0:
        s.slots[r, c.RESIDENT_MIB, i] -= surplus
        s.run[r, c.MEMORY_RESIDENT_MIB] -= surplus
