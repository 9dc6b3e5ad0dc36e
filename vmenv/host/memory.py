"""Memory: who is resident, who is paged out for whom, and how long that takes."""

from __future__ import annotations

from vmenv.host import columns as c
from vmenv.host.state import State, fold
from vmenv.jit import jittable


@jittable
def make_resident(s: State, i: int) -> int:
    """Makes slot `i` resident with the memory of its phase, paging others out until it fits: who ran least recently goes first.

    Of VMs whose grants ended at the same instant, the one with the lower number does; those that a restore stopped then come after them.
    Memory that was paged out before comes back; memory that the VM never had is new and needs no paging in.

    Returns:
        MiB that are moved: out and in.
    """
    if s.slots[i, c.RESIDENT_MIB] > 0:
        leave_order_of_use(s, i)
    growth = s.front[i, c.MEMORY] - s.slots[i, c.RESIDENT_MIB]
    moved = 0
    while s.run[c.MEMORY_RESIDENT_MIB] + growth > s.host[c.MEMORY_MIB]:
        moved += _page_out(s, s.run[c.LEAST_RECENT])
    paged_in = s.slots[i, c.SWAPPED_MIB]
    s.slots[i, c.PAGED_IN_MIB] += paged_in
    s.slots[i, c.SWAPPED_MIB] = 0
    s.slots[i, c.RESIDENT_MIB] += growth
    s.run[c.MEMORY_RESIDENT_MIB] += growth
    return int(moved + paged_in)


@jittable
def _page_out(s: State, victim: int) -> int:
    """Takes a VM's memory from the host and returns how much that was."""
    leave_order_of_use(s, victim)
    paged_out = s.slots[victim, c.RESIDENT_MIB]
    s.slots[victim, c.SWAPPED_MIB] = paged_out
    s.slots[victim, c.RESIDENT_MIB] = 0
    s.front[victim, c.STALE] |= c.STALE_GRANT
    s.run[c.MEMORY_RESIDENT_MIB] -= paged_out
    fold(s, c.EVENT_PAGE_OUT, s.slots[victim, c.VM])
    return int(paged_out)


@jittable
def enter_order_of_use(s: State, i: int) -> None:
    """Makes slot `i`, whose grant has ended, the one that ran last. At one instant they come in the order of their VM numbers.

    The order holds those that can be paged out: resident and not running. It is a list with links both ways.
    """
    if s.slots[i, c.RESIDENT_MIB] > 0:
        last = s.run[c.MOST_RECENT]
        s.slots[i, c.LESS_RECENT] = last
        s.slots[i, c.MORE_RECENT] = c.NOBODY
        if last == c.NOBODY:
            s.run[c.LEAST_RECENT] = i
        else:
            s.slots[last, c.MORE_RECENT] = i
        s.run[c.MOST_RECENT] = i


@jittable
def leave_order_of_use(s: State, i: int) -> None:
    """Takes slot `i`, which is resident and not running, out of the order."""
    less, more = s.slots[i, c.LESS_RECENT], s.slots[i, c.MORE_RECENT]
    if less == c.NOBODY:
        s.run[c.LEAST_RECENT] = more
    else:
        s.slots[less, c.MORE_RECENT] = more
    if more == c.NOBODY:
        s.run[c.MOST_RECENT] = less
    else:
        s.slots[more, c.LESS_RECENT] = less


@jittable
def paging_us(s: State, moved_mib: int) -> int:
    """Returns the time to move `moved_mib` between memory and swap space."""
    return moving_us(moved_mib, s.host[c.SWAP_KIB_S])


@jittable
def moving_us(moved_mib: int, speed_kib_s: int) -> int:
    """Returns the time to move `moved_mib`, rounded up: to take longer. A speed of 0 is none that is limited."""
    if moved_mib == 0 or speed_kib_s == 0:
        return 0
    return int((moved_mib * 1_024_000_000 + speed_kib_s - 1) // speed_kib_s)


@jittable
def shrink(s: State, i: int) -> None:
    """Frees what the phase that slot `i` has entered does not need; growth waits for the next grant."""
    surplus = s.slots[i, c.RESIDENT_MIB] - s.front[i, c.MEMORY]
    if surplus > 0:
        s.slots[i, c.RESIDENT_MIB] -= surplus
        s.run[c.MEMORY_RESIDENT_MIB] -= surplus
