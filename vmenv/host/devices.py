"""The divisible devices: which physical disk and NIC a VM uses, and whether its demand is free."""

from __future__ import annotations

from vmenv.host import columns as c
from vmenv.host.state import Runs
from vmenv.jit import jittable


@jittable
def least_mapped(s: Runs, r: int, first: int, past: int) -> int:
    """Returns the device of [first, past) with the least mapped demand; ties: the lowest index."""
    best = first
    for device in range(first + 1, past):
        if s.devices[r, c.MAPPED, device] < s.devices[r, c.MAPPED, best]:
            best = device
    return best


@jittable
def map_devices(s: Runs, r: int, i: int) -> None:
    """Maps the virtual disk and NIC of slot `i` to physical ones, where they stay for the VM's life."""
    past_disks = 1 + s.host[c.NUM_DISKS]
    s.slots[r, c.DISK_DEVICE, i] = least_mapped(s, r, 1, past_disks)
    s.slots[r, c.NIC_DEVICE, i] = least_mapped(s, r, past_disks, s.devices.shape[2])


@jittable
def add_demand(s: Runs, r: int, i: int, column: int, factor: int) -> None:
    """Adds `factor` times the demand of slot `i` to a column of its three devices."""
    s.devices[r, column, 0] += factor * s.slots[r, c.CPU, i]
    s.devices[r, column, s.slots[r, c.DISK_DEVICE, i]] += factor * s.slots[r, c.DISK, i]
    s.devices[r, column, s.slots[r, c.NIC_DEVICE, i]] += factor * s.slots[r, c.NET, i]


@jittable
def devices_free(s: Runs, r: int, i: int) -> bool:
    """Returns whether the whole demand of slot `i` is free on its devices."""
    return bool(
        s.slots[r, c.CPU, i] <= s.devices[r, c.FREE, 0]
        and s.slots[r, c.DISK, i] <= s.devices[r, c.FREE, s.slots[r, c.DISK_DEVICE, i]]
        and s.slots[r, c.NET, i] <= s.devices[r, c.FREE, s.slots[r, c.NIC_DEVICE, i]]
    )
