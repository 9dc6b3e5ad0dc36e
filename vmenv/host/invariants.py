"""The conservation laws of the model, exact at every instant. Nothing here runs during a simulation; tests and doubters call it."""

from __future__ import annotations

from vmenv.host import columns as c
from vmenv.host.state import Runs


def check_invariants(s: Runs, r: int) -> list[str]:
    """Returns one line for every law that run `r` violates as it stands; none if all hold.

    The laws: on every device free + held by the running VMs = capacity; served + overhead + idle = capacity x time, what runs now being
    counted up to now; mapped demand = that of the present VMs; attained + left = size; resident memory is the sum over the VMs and within
    the host's; so is the memory of the running; images + free pool = pool.
    """
    run, slots, devices = s.run[r], s.slots[r], s.devices[r]
    present = [i for i in range(slots.shape[1]) if slots[c.STATUS, i] != c.EMPTY]
    running = [i for i in present if slots[c.STATUS, i] == c.RUNNING]
    now = int(run[c.CLOCK_US])
    broken = []

    def law(name: str, one: int | float, other: int | float) -> None:
        if one != other:
            broken.append(f"at {now} us: {name}: {one} is not {other}")

    for device in range(devices.shape[1]):
        capacity = int(devices[c.CAPACITY, device])
        held = sum(_demand(s, r, i, device) for i in running)
        law(f"free + held on device {device}", int(devices[c.FREE, device]) + held, capacity)
        law(f"mapped on device {device}", int(devices[c.MAPPED, device]), sum(_demand(s, r, i, device) for i in present))
        under_way = sum(_demand(s, r, i, device) * (now - int(slots[c.GRANT_US, i])) for i in running)
        books = sum(int(devices[column, device]) for column in (c.SERVED, c.OVERHEAD, c.IDLE))
        law(f"served + overhead + idle on device {device}", books + under_way, capacity * now)
    for i in present:
        later = range(int(slots[c.PHASE, i]) + 1, int(slots[c.PAST_PHASE, i]))
        left = int(slots[c.PHASE_LEFT_US, i]) + sum(int(s.phases[r, phase, c.PHASE_WORK_US]) for phase in later)
        law(f"attained + left of VM {slots[c.VM, i]}", int(slots[c.ATTAINED_US, i]) + left, int(slots[c.SIZE_US, i]))
    resident = sum(int(slots[c.RESIDENT_MIB, i]) for i in present)
    law("resident memory", int(run[c.MEMORY_RESIDENT_MIB]), resident)
    law("resident memory within the host's", max(resident, int(s.host[c.MEMORY_MIB])), int(s.host[c.MEMORY_MIB]))
    law("memory of the running", int(run[c.MEMORY_RUNNING_MIB]), sum(int(slots[c.MEMORY, i]) for i in running))
    law("running VMs are resident", sum(int(slots[c.RESIDENT_MIB, i]) for i in running), sum(int(slots[c.MEMORY, i]) for i in running))
    law("images + free pool", int(run[c.POOL_FREE_MIB]) + sum(int(slots[c.IMAGE_MIB, i]) for i in present), int(s.host[c.POOL_MIB]))
    law("runnable VMs", int(run[c.NUM_RUNNABLE]), len(present) - len(running))
    law("running VMs", int(run[c.NUM_RUNNING]), len(running))
    law("VMs present, queued and done", len(present) + _queued(s, r) + int(run[c.NUM_DONE]), int(run[c.NEXT_ARRIVAL]))
    return broken


def _queued(s: Runs, r: int) -> int:
    return int(s.run[r, c.NEXT_ARRIVAL] - s.run[r, c.NEXT_ADMISSION])


def _demand(s: Runs, r: int, i: int, device: int) -> int:
    if device == 0:
        return int(s.slots[r, c.CPU, i])
    demand = 0
    if device == s.slots[r, c.DISK_DEVICE, i]:
        demand += int(s.slots[r, c.DISK, i])
    if device == s.slots[r, c.NIC_DEVICE, i]:
        demand += int(s.slots[r, c.NET, i])
    return demand
