"""The divisible devices: which physical disk and NIC a VM uses, and the books of each device."""

from __future__ import annotations

from vmenv.host import columns as c
from vmenv.host.state import State
from vmenv.jit import jittable


@jittable
def least_mapped(s: State, first: int, past: int) -> int:
    """Returns the device of [first, past) with the least mapped demand; ties: the lowest index."""
    best = first
    for device in range(first + 1, past):
        if s.devices[device, c.MAPPED] < s.devices[best, c.MAPPED]:
            best = device
    return best


@jittable
def map_devices(s: State, i: int) -> None:
    """Maps the virtual disk and NIC of slot `i` to physical ones, where they stay for the VM's life."""
    past_disks = 1 + s.host[c.NUM_DISKS]
    s.slots[i, c.DISK_DEVICE] = least_mapped(s, 1, past_disks)
    s.slots[i, c.NIC_DEVICE] = least_mapped(s, past_disks, s.devices.shape[0])


@jittable
def add_demand(s: State, i: int, column: int, factor: int) -> None:
    """Adds `factor` times the demand of slot `i` to a column of its three devices."""
    s.devices[0, column] += factor * s.slots[i, c.CPU]
    s.devices[s.slots[i, c.DISK_DEVICE], column] += factor * s.slots[i, c.DISK]
    s.devices[s.slots[i, c.NIC_DEVICE], column] += factor * s.slots[i, c.NET]
