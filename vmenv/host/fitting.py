"""What fits: whether a VM could be granted now, and whether any could.

`State.waiting` has the demands of the runnable VMs side by side, in blocks, so that vector instructions compare many at once: a thousand
slots are looked through in the time of one grant.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from vmenv.host import columns as c
from vmenv.host.state import State
from vmenv.jit import jittable


@jittable
def go_on(s: State, i: int) -> None:
    """Puts slot `i`, which is suspended, back into the run queue, behind all that are in it."""
    s.slots[i, c.STATUS] = c.RUNNABLE
    s.slots[i, c.STALE] = c.STALE_ALL
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
        s.waiting[demand, i // c.BLOCK, i % c.BLOCK] = s.slots[i, demand]
    s.keys[i // c.BLOCK, i % c.BLOCK] = s.least_keys[i // c.BLOCK] = c.UNKNOWN_KEY


@jittable
def leave_waiting(s: State, i: int) -> None:
    """Notes that slot `i` is not runnable any more."""
    s.waiting[c.CPU, i // c.BLOCK, i % c.BLOCK] = c.NOT_WAITING
    if s.keys[i // c.BLOCK, i % c.BLOCK] <= s.least_keys[i // c.BLOCK]:
        s.least_keys[i // c.BLOCK] = c.UNKNOWN_KEY
    s.keys[i // c.BLOCK, i % c.BLOCK] = c.NO_KEY


@jittable
def fits(s: State, i: int) -> bool:
    """Returns whether slot `i` can be granted now: runnable, whole demand free, room for its memory beside the *running* VMs."""
    disk, nic = 1, 2
    if s.devices.shape[0] > 3:  # otherwise there is one of each
        disk, nic = s.slots[i, c.DISK_DEVICE], s.slots[i, c.NIC_DEVICE]
    block, k = i // c.BLOCK, i % c.BLOCK
    # No short-circuits: a branch that cannot be foreseen costs more than all the comparisons.
    return bool(
        (s.waiting[c.CPU, block, k] <= s.devices[0, c.FREE])
        & (s.waiting[c.MEMORY, block, k] <= memory_beside_running(s))
        & (s.waiting[c.DISK, block, k] <= s.devices[disk, c.FREE])
        & (s.waiting[c.NET, block, k] <= s.devices[nic, c.FREE])
    )


class Room(NamedTuple):
    """The most that a VM may demand now; with several disks or NICs, the most that any of them has."""

    cpu: np.int32
    memory: np.int32
    disk: np.int32
    net: np.int32


@jittable
def room(s: State) -> Room:
    """Returns what is free."""
    past_disks = 1 + s.host[c.NUM_DISKS]
    disk, net = _most_free(s, 1, past_disks), _most_free(s, past_disks, s.devices.shape[0])
    return Room(np.int32(s.devices[0, c.FREE]), np.int32(memory_beside_running(s)), np.int32(disk), np.int32(net))


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
def something_fits_in(s: State, block: int, free: Room) -> bool:
    """Returns whether some VM of the block can be granted now."""
    cpu, memory = s.waiting[c.CPU, block], s.waiting[c.MEMORY, block]
    disk, net = s.waiting[c.DISK, block], s.waiting[c.NET, block]
    some = False
    for k in range(end_of_block(s, block) - block * c.BLOCK):
        some |= (cpu[k] <= free.cpu) & (memory[k] <= free.memory) & (disk[k] <= free.disk) & (net[k] <= free.net)
    if some and s.devices.shape[0] > 3:  # the device that has the most free need not be the one that it is mapped to
        some = False
        for i in range(block * c.BLOCK, end_of_block(s, block)):
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
