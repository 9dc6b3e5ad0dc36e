"""What fits: whether a VM could be granted now, and whether any could, without looking at every slot.

For each block of slots `State.blocks` has bounds from below on what its runnable VMs demand. A VM that joins lowers them; one that leaves
lets them be, so that they may be too low but never too high. A block whose bounds do not fit is passed over; one that is searched in vain
gets exact bounds again. On a busy host, where most VMs wait for the same device, a look at each block is all.
"""

from __future__ import annotations

from vmenv.host import columns as c
from vmenv.host.state import State
from vmenv.jit import jittable


@jittable
def fits(s: State, i: int) -> bool:
    """Returns whether slot `i` can be granted now: runnable, whole demand free, room for its memory beside the *running* VMs."""
    disk, nic = 1, 2
    if s.devices.shape[0] > 3:  # otherwise there is one of each
        disk, nic = s.slots[i, c.DISK_DEVICE], s.slots[i, c.NIC_DEVICE]
    # Without short-circuits: a branch that cannot be foreseen costs more than all the comparisons.
    return bool(
        (s.slots[i, c.STATUS] == c.RUNNABLE)
        & (s.slots[i, c.CPU] <= s.devices[0, c.FREE])
        & (s.slots[i, c.MEMORY] <= s.host[c.MEMORY_MIB] - s.run[c.MEMORY_RUNNING_MIB])
        & (s.slots[i, c.DISK] <= s.devices[disk, c.FREE])
        & (s.slots[i, c.NET] <= s.devices[nic, c.FREE])
    )


@jittable
def anything_fits(s: State) -> bool:
    """Returns whether some VM can be granted now."""
    if s.run[c.NUM_RUNNABLE] > 0:
        for block in range(num_blocks(s)):
            if block_may_fit(s, block) and _block_fits(s, block):
                return True
    return False


@jittable
def num_blocks(s: State) -> int:
    """Returns the number of blocks with slots in use."""
    return int((s.run[c.TOP_SLOT] + c.BLOCK - 1) // c.BLOCK)


@jittable
def block_may_fit(s: State, block: int) -> bool:
    """Returns False if certainly no VM of the block can be granted now."""
    past_disks = 1 + s.host[c.NUM_DISKS]
    return bool(
        s.blocks[block, c.LEAST_CPU] <= s.devices[0, c.FREE]
        and s.blocks[block, c.LEAST_MEMORY] <= s.host[c.MEMORY_MIB] - s.run[c.MEMORY_RUNNING_MIB]
        and s.blocks[block, c.LEAST_DISK] <= _most_free(s, 1, past_disks)
        and s.blocks[block, c.LEAST_NET] <= _most_free(s, past_disks, s.devices.shape[0])
    )


@jittable
def join_block(s: State, i: int) -> None:
    """Lowers the bounds of the block of slot `i`, which is runnable now."""
    block = i // c.BLOCK
    s.blocks[block, c.LEAST_CPU] = min(s.blocks[block, c.LEAST_CPU], s.slots[i, c.CPU])
    s.blocks[block, c.LEAST_MEMORY] = min(s.blocks[block, c.LEAST_MEMORY], s.slots[i, c.MEMORY])
    s.blocks[block, c.LEAST_DISK] = min(s.blocks[block, c.LEAST_DISK], s.slots[i, c.DISK])
    s.blocks[block, c.LEAST_NET] = min(s.blocks[block, c.LEAST_NET], s.slots[i, c.NET])


@jittable
def _most_free(s: State, first: int, past: int) -> int:
    """Returns the largest free capacity among the devices of [first, past)."""
    most = s.devices[first, c.FREE]
    for device in range(first + 1, past):
        most = max(most, s.devices[device, c.FREE])
    return int(most)


@jittable
def _block_fits(s: State, block: int) -> bool:
    """Returns whether a VM of the block can be granted now; if none can, its bounds are exact afterwards."""
    first, past = block * c.BLOCK, min((block + 1) * c.BLOCK, s.run[c.TOP_SLOT])
    for i in range(first, past):
        if fits(s, i):
            return True
    for column in range(c.NUM_BLOCK_COLUMNS):
        s.blocks[block, column] = c.NEVER
    for i in range(first, past):
        if s.slots[i, c.STATUS] == c.RUNNABLE:
            join_block(s, i)
    return False
