"""The divisible devices: which physical disk and NIC a VM uses, and the books of each device."""

from __future__ import annotations

from vmenv.host import columns as c
from vmenv.host.state import Ints, State
from vmenv.jit import jittable


@jittable
def least_mapped(devices: Ints, column: int, first: int, past: int) -> int:
    """Returns the device of [first, past) with the least mapped demand, which is in this column; ties: the lowest index."""
    best = first
    for device in range(first + 1, past):
        if devices[device, column] < devices[best, column]:
            best = device
    return best


@jittable
def map_devices(s: State, i: int) -> None:
    """Maps the virtual disk and NIC of slot `i` to physical ones, where they stay for the VM's life."""
    past_disks, past_nics = c.FIRST_DISK + s.host[c.NUM_DISKS], s.devices.shape[0]
    s.slots[i, c.DISK_DEVICE], s.slots[i, c.NIC_DEVICE] = c.FIRST_DISK, past_disks
    if s.host[c.MAPPING] == c.MAP_LEAST:
        s.slots[i, c.DISK_DEVICE] = least_mapped(s.devices, c.MAPPED, c.FIRST_DISK, past_disks)
        s.slots[i, c.NIC_DEVICE] = least_mapped(s.devices, c.MAPPED, past_disks, past_nics)
    elif s.host[c.MAPPING] == c.MAP_ROTATE:
        s.slots[i, c.DISK_DEVICE] += s.slots[i, c.VM] % s.host[c.NUM_DISKS]
        s.slots[i, c.NIC_DEVICE] += s.slots[i, c.VM] % (past_nics - past_disks)


@jittable
def one_of_each(s: State) -> bool:
    """Returns whether there is one disk and one NIC, so that nobody need look up which of them a VM is mapped to."""
    return s.devices.shape[0] == c.LEAST_DEVICES


@jittable
def exits_millicores(s: State, i: int) -> int:
    """Returns the CPU that the exits of slot `i` take at its demand of disk and network, if its devices are emulated; rounded up."""
    if s.slots[i, c.EMULATED] == 0:
        return 0
    return int(((s.front[i, c.DISK] + s.front[i, c.NET]) * s.host[c.EXIT_NS_PER_KIB] + 999_999) // 1_000_000)


@jittable
def add_demand(s: State, i: int, column: int, factor: int) -> None:
    """Adds `factor` times the demand of slot `i` to a column of its three devices."""
    s.devices[c.CPU, column] += factor * s.front[i, c.CPU]
    s.devices[s.slots[i, c.DISK_DEVICE], column] += factor * s.front[i, c.DISK]
    s.devices[s.slots[i, c.NIC_DEVICE], column] += factor * s.front[i, c.NET]
