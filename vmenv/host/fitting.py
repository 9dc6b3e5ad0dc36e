"""What fits: whether a VM could be granted now, and whether any could.

`State.waiting` has the demands of the runnable VMs side by side, in blocks, so that vector instructions compare many at once: a thousand
slots are looked through in the time of one grant.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np

from vmenv.host import columns as c
from vmenv.host.devices import one_of_each
from vmenv.host.state import Ints, State
from vmenv.jit import jittable, unsigned


@jittable
def go_on(s: State, i: int) -> None:
    """Puts slot `i`, which is suspended, back into the run queue, behind all that are in it."""
    s.front[i, c.STATUS] = c.RUNNABLE
    s.front[i, c.STALE] = c.STALE_ALL
    s.run[c.NUM_RUNNABLE] += 1
    take_place(s, i)


@jittable
def take_place(s: State, i: int) -> None:
    """Gives slot `i`, which is runnable, the next place in the queue."""
    s.slots[i, c.QUEUE_PLACE] = s.run[c.NEXT_PLACE]
    s.run[c.NEXT_PLACE] += 1
    join_waiting(s, i)


@jittable
def join_waiting(s: State, i: int) -> None:
    """Notes that slot `i` is runnable."""
    for demand in range(c.NUM_DEMANDS):
        s.waiting[demand, i] = s.front[i, demand]
    s.run[c.LEAST_CPU] = min(s.run[c.LEAST_CPU], s.front[i, c.CPU])
    s.keys[i] = c.UNKNOWN_KEY
    _forget_first(s, i)


@jittable
def leave_waiting(s: State, i: int) -> None:
    """Notes that slot `i` is not runnable any more."""
    s.waiting[c.CPU, i] = c.NOT_WAITING
    if s.run[c.COMMITTED] == i:
        s.run[c.COMMITTED] = c.NOBODY
    if s.keys[i] <= s.least_keys[i // c.BLOCK]:
        _forget_first(s, i)
    s.keys[i] = c.NO_KEY


@jittable
def _forget_first(s: State, i: int) -> None:
    """Notes that who comes first in the block of slot `i` must be found anew."""
    block = i // c.BLOCK
    s.least_keys[block] = c.UNKNOWN_KEY
    s.block_first[block] = s.group_first[block // c.BLOCK] = c.UNKNOWN_SLOT


@jittable
def fits(s: State, i: int) -> bool:
    """Returns whether slot `i` can be granted now: runnable, whole demand free, room for its memory beside the *running* VMs."""
    disk, nic = c.DISK, c.NET
    if not one_of_each(s):
        disk, nic = s.slots[i, c.DISK_DEVICE], s.slots[i, c.NIC_DEVICE]
    return _runs_beside(s, i, s.devices[c.CPU, c.FREE], memory_beside_running(s), s.devices[disk, c.FREE], s.devices[nic, c.FREE])


@jittable
def _runs_beside(s: State, i: int, cpu: Any, memory: Any, disk: Any, net: Any) -> bool:
    """Returns whether slot `i` is runnable and demands no more than this."""
    # One test of all the signs: a branch that cannot be foreseen costs more than all the differences.
    left = (cpu - s.front[i, c.CPU]) | (memory - s.front[i, c.MEMORY]) | (disk - s.front[i, c.DISK]) | (net - s.front[i, c.NET])
    return bool((left >= 0) & (s.front[i, c.STATUS] == c.RUNNABLE))


def which_fit(s: State, fronts: Ints, rows: Ints) -> np.ndarray:
    """Returns (N,) whether each of these rows of `State.front` and `State.slots` can be granted now: `fits` for many, never compiled."""
    front, row, free = fronts.T, rows.T, s.devices[:, c.FREE]
    disk, nic = free[row[c.DISK_DEVICE]], free[row[c.NIC_DEVICE]]
    left = (free[c.CPU] - front[c.CPU]) | (memory_beside_running(s) - front[c.MEMORY]) | (disk - front[c.DISK]) | (nic - front[c.NET])
    return np.asarray((left >= 0) & (front[c.STATUS] == c.RUNNABLE))


class Room(NamedTuple):
    """The most that a VM may demand now; with several disks or NICs, the most that any of them has."""

    cpu: np.int32
    memory: np.int32
    disk: np.int32
    net: np.int32


@jittable
def room(s: State) -> Room:
    """Returns what is free."""
    disk, net = s.devices[c.DISK, c.FREE], s.devices[c.NET, c.FREE]
    if not one_of_each(s):
        past_disks = c.FIRST_DISK + s.host[c.NUM_DISKS]
        disk, net = _most_free(s, c.FIRST_DISK, past_disks), _most_free(s, past_disks, s.devices.shape[0])
    return Room(np.int32(s.devices[c.CPU, c.FREE]), np.int32(memory_beside_running(s)), np.int32(disk), np.int32(net))


@jittable
def fits_in(s: State, i: int, free: Room) -> bool:
    """Returns the same as `fits` for `room(s)`, which a loop over slots then looks up once."""
    if not one_of_each(s):
        return fits(s, i)
    return _runs_beside(s, i, free.cpu, free.memory, free.disk, free.net)


@jittable
def anything_fits(s: State) -> bool:
    """Returns whether some VM can be granted now."""
    if s.run[c.NUM_RUNNABLE] > 0:
        free = room(s)
        for block in range(num_blocks(s)):
            if something_fits_in(s, block, free):
                return True
    return False


@jittable
def some_cpu_is_free(s: State) -> bool:
    """Returns False if no VM that was ever runnable demanded as little CPU as is free: a look at one number instead of at all who wait."""
    return bool(s.devices[c.CPU, c.FREE] >= s.run[c.LEAST_CPU])


@jittable
def something_fits_in(s: State, block: int, free: Room) -> bool:
    """Returns whether some VM of the block can be granted now."""
    cpu, memory, disk, net = s.waiting[c.CPU], s.waiting[c.MEMORY], s.waiting[c.DISK], s.waiting[c.NET]
    some = False
    for first in range(block * c.BLOCK, end_of_block(s, block), c.LANES):  # whole vectors: nobody is runnable behind the last slot
        for lane in range(c.LANES):
            i = unsigned(first + lane)
            some |= (cpu[i] <= free.cpu) & (memory[i] <= free.memory) & (disk[i] <= free.disk) & (net[i] <= free.net)
    if some and not one_of_each(s):  # the device that has the most free need not be the one that it is mapped to
        some = False
        for i in slots_of(s, block):
            some |= fits(s, i)
    return bool(some)


@jittable
def num_blocks(s: State) -> int:
    """Returns the number of blocks with slots in use."""
    return int((s.run[c.TOP_SLOT] + c.BLOCK - 1) // c.BLOCK)


@jittable
def end_of_block(s: State, block: int) -> int:
    """Returns one past the last slot of the block that is in use."""
    return int(min((block + 1) * c.BLOCK, s.run[c.TOP_SLOT]))


@jittable
def slots_of(s: State, block: int) -> range:
    """Returns the block's slots up to the last one in use."""
    return range(unsigned(block * c.BLOCK), unsigned(end_of_block(s, block)))


@jittable
def memory_beside_running(s: State) -> int:
    """Returns the memory that the running VMs leave; all others can be paged out."""
    return int(s.host[c.MEMORY_MIB] - s.run[c.MEMORY_RUNNING_MIB])


@jittable
def _most_free(s: State, first: int, past: int) -> int:
    """Returns the largest free capacity among the devices of [first, past)."""
    most = s.devices[first, c.FREE]
    for device in range(first + 1, past):
        most = max(most, s.devices[device, c.FREE])
    return int(most)
