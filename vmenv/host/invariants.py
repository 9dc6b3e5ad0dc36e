"""The conservation laws of the model, exact at every instant. Nothing here runs during a simulation; tests and doubters call it."""

from __future__ import annotations

from vmenv.host import columns as c
from vmenv.host import given, outcome
from vmenv.host.books import booked
from vmenv.host.state import State
from vmenv.host.storage import pool_mib


def check_invariants(s: State) -> list[str]:
    """Returns one line for every law that the run violates as it stands; none if all hold.

    The laws: on every device free + held by the running VMs = capacity; served + overhead + idle = capacity x time, what runs now being
    counted up to now; mapped demand = that of the present VMs; attained + left = size; resident memory is the sum over the VMs and within
    the host's; so is the memory of the running; images + snapshots + free pool = pool, and
    no less than nothing is free; a VM's snapshots are what its tasks have stored; the order of use, in which VMs are paged out, holds those
    that are resident and do not run, each once.
    """
    run, front, slots, devices = s.run, s.front, s.slots, s.devices
    present = [i for i in range(slots.shape[0]) if front[i, c.STATUS] != c.EMPTY]
    running = [i for i in present if front[i, c.STATUS] == c.RUNNING]
    suspended = [i for i in present if front[i, c.STATUS] == c.SUSPENDED]
    now = int(run[c.CLOCK_US])
    broken = []

    def law(name: str, one: int | float, other: int | float) -> None:
        if one != other:
            broken.append(f"at {now} us: {name}: {one} is not {other}")

    for device in range(devices.shape[0]):
        capacity = int(devices[device, c.CAPACITY])
        held = sum(_demand(s, i, device) for i in running)
        law(f"free + held on device {device}", int(devices[device, c.FREE]) + held, capacity)
        law(f"mapped on device {device}", int(devices[device, c.MAPPED]), sum(_demand(s, i, device) for i in present))
        under_way = sum(_demand(s, i, device) * (now - int(slots[i, c.GRANT_US])) for i in running)
        books = sum(booked(devices, device, column) for column in (c.SERVED, c.OVERHEAD, c.IDLE))
        law(f"served + overhead + idle on device {device}", books + under_way, capacity * now)
    for i in present:
        later = range(int(slots[i, c.PHASE]) + 1, int(slots[i, c.PAST_PHASE]))
        to_come = [int(s.phases[phase, c.PHASE_WORK_US]) if slots[i, c.KIND] == c.RUN else int(slots[i, c.DOWN_US]) for phase in later]
        left = int(slots[i, c.PHASE_LEFT_US]) + sum(to_come)
        law(f"attained + left of VM {slots[i, c.VM]}", int(slots[i, c.ATTAINED_US]) + left, int(slots[i, c.SIZE_US]))
    resident = sum(int(slots[i, c.RESIDENT_MIB]) for i in present)
    law("resident memory", int(run[c.MEMORY_RESIDENT_MIB]), resident)
    law("resident memory within the host's", max(resident, int(s.host[c.MEMORY_MIB])), int(s.host[c.MEMORY_MIB]))
    law("memory of the running", int(run[c.MEMORY_RUNNING_MIB]), sum(int(front[i, c.MEMORY]) for i in running))
    law("running VMs are resident", sum(int(slots[i, c.RESIDENT_MIB]) for i in running), sum(int(front[i, c.MEMORY]) for i in running))
    pageable = [i for i in present if slots[i, c.RESIDENT_MIB] > 0 and front[i, c.STATUS] != c.RUNNING]
    if _order_of_use(s) != pageable:
        broken.append(f"at {now} us: slots in the order of use: {_order_of_use(s)} are not {pageable}")
    used = sum(int(slots[i, c.IMAGE_MIB] + slots[i, c.SNAPSHOTS_MIB]) for i in present)
    law("free pool below nothing", min(0, int(run[c.POOL_FREE_MIB])), 0)
    law("images + snapshots + free pool", int(run[c.POOL_FREE_MIB]) + used, pool_mib(s))
    for i in present:
        number = int(slots[i, c.VM])
        tasks = [t for t in range(run[c.NUM_VMS]) if s.vms[t, given.KIND] == c.SNAPSHOT and _target(s, t) == number]
        stored = sum(int(s.outcomes[t, outcome.STORED_MIB]) for t in tasks)
        law(f"snapshots of VM {number}", int(slots[i, c.SNAPSHOTS_MIB]), stored)
        copying = sum(slots[j, c.KIND] == c.SNAPSHOT and slots[j, c.TARGET] == number for j in present)
        law(f"snapshots of VM {number} being copied", int(slots[i, c.COPYING]), int(copying))
    for a in range(s.neighbours.shape[0]):
        law(f"running VMs of class {a}", int(s.neighbours[a]), sum(slots[i, c.VM_CLASS] == a for i in running))
    law("runnable VMs", int(run[c.NUM_RUNNABLE]), len(present) - len(running) - len(suspended))
    law("VMs short of space", int(run[c.NUM_SHORT]), sum(slots[i, c.SHORT_MIB] != 0 for i in present))
    law("running VMs", int(run[c.NUM_RUNNING]), len(running))
    law("VMs present, queued and done", len(present) + _queued(s) + int(run[c.NUM_DONE]), int(run[c.NEXT_ARRIVAL]))
    return broken


def _order_of_use(s: State) -> list[int]:
    """Returns the slots in the order of use, sorted; at most one more than there are, should the links go round in circles."""
    found: list[int] = []
    i = int(s.run[c.LEAST_RECENT])
    while i != c.NOBODY and len(found) <= s.slots.shape[0]:
        found.append(i)
        i = int(s.slots[i, c.MORE_RECENT])
    return sorted(found)


def _queued(s: State) -> int:
    return int(s.run[c.NEXT_ARRIVAL] - s.run[c.NEXT_ADMISSION])


def _target(s: State, task: int) -> int:
    return int(s.vms[task, given.TARGET])


def _demand(s: State, i: int, device: int) -> int:
    if device == 0:
        return int(s.front[i, c.CPU])
    demand = 0
    if device == s.slots[i, c.DISK_DEVICE]:
        demand += int(s.front[i, c.DISK])
    if device == s.slots[i, c.NIC_DEVICE]:
        demand += int(s.front[i, c.NET])
    return demand
