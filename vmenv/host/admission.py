"""A VM's way in and out: arrival, the admission queue, a slot and an image; its phases; its end."""

from __future__ import annotations

from vmenv.host import columns as c
from vmenv.host.devices import add_demand, map_devices
from vmenv.host.state import Runs, fold
from vmenv.jit import jittable


@jittable
def next_arrival_us(s: Runs, r: int) -> int:
    """Returns the time of the next arrival, NEVER after the last."""
    if s.run[r, c.NEXT_ARRIVAL] < s.run[r, c.NUM_VMS]:
        return int(s.vms[r, s.run[r, c.NEXT_ARRIVAL], c.ARRIVAL_US])
    return c.NEVER


@jittable
def arrive(s: Runs, r: int) -> None:
    """Lets every VM that arrives now join the admission queue; from here on it costs."""
    while next_arrival_us(s, r) == s.run[r, c.CLOCK_US]:
        s.costs[r, c.COST_RATE] += s.cost_rates[r, s.run[r, c.NEXT_ARRIVAL]]
        s.run[r, c.NEXT_ARRIVAL] += 1


@jittable
def admit(s: Runs, r: int) -> None:
    """Admits from the head of the admission queue while there is a slot and pool space for its image."""
    while s.run[r, c.NEXT_ADMISSION] < s.run[r, c.NEXT_ARRIVAL]:
        vm = s.run[r, c.NEXT_ADMISSION]
        if s.vms[r, vm, c.IMAGE_MIB] > s.run[r, c.POOL_FREE_MIB]:
            return
        i = 0
        while i < s.run[r, c.TOP_SLOT] and s.slots[r, c.STATUS, i] != c.EMPTY:
            i += 1
        if i == s.slots.shape[2]:
            if s.host[c.UNLIMITED_SLOTS] == 1:
                s.run[r, c.STATE] = c.NEEDS_SLOTS
            return
        _enter(s, r, i, vm)
        s.run[r, c.NEXT_ADMISSION] += 1


@jittable
def _enter(s: Runs, r: int, i: int, vm: int) -> None:
    """Puts a VM into the empty slot `i`: its image, its devices, its first phase, its place in the queue."""
    s.run[r, c.TOP_SLOT] = max(s.run[r, c.TOP_SLOT], i + 1)
    for column in range(c.NUM_VM_COLUMNS):
        s.slots[r, column, i] = s.vms[r, vm, column]
    for column in range(c.NUM_VM_COLUMNS, c.RUNNING_LIST):
        s.slots[r, column, i] = 0
    for k in range(c.NUM_VM_MEMORY):
        s.vm_memory[r, k, i] = 0.0
    s.slots[r, c.VM, i] = vm
    s.slots[r, c.STATUS, i] = c.RUNNABLE
    s.slots[r, c.LAST_END_US, i] = -1
    s.slots[r, c.ADMISSION_US, i] = s.run[r, c.CLOCK_US]
    s.run[r, c.NUM_RUNNABLE] += 1
    s.run[r, c.POOL_FREE_MIB] -= s.slots[r, c.IMAGE_MIB, i]
    map_devices(s, r, i)
    enter_phase(s, r, i, s.slots[r, c.FIRST_PHASE, i])
    take_place(s, r, i)
    fold(s, r, c.EVENT_ADMISSION, vm)


@jittable
def enter_phase(s: Runs, r: int, i: int, phase: int) -> None:
    """R_next = R_current + R_quantum: slot `i` now demands what `phase` demands."""
    s.slots[r, c.PHASE, i] = phase
    s.slots[r, c.PHASE_LEFT_US, i] = s.phases[r, phase, c.PHASE_WORK_US]
    s.slots[r, c.CPU, i] = s.phases[r, phase, c.PHASE_CPU]
    s.slots[r, c.MEMORY, i] = s.phases[r, phase, c.PHASE_MEMORY_MIB]
    s.slots[r, c.DISK, i] = s.phases[r, phase, c.PHASE_DISK]
    s.slots[r, c.NET, i] = s.phases[r, phase, c.PHASE_NET]
    add_demand(s, r, i, c.MAPPED, 1)


@jittable
def take_place(s: Runs, r: int, i: int) -> None:
    """Gives slot `i` the next place in the queue."""
    s.slots[r, c.QUEUE_PLACE, i] = s.run[r, c.NEXT_PLACE]
    s.run[r, c.NEXT_PLACE] += 1


@jittable
def destroy(s: Runs, r: int, i: int) -> None:
    """Removes a finished VM and writes what became of it."""
    vm = s.slots[r, c.VM, i]
    add_demand(s, r, i, c.MAPPED, -1)
    s.run[r, c.MEMORY_RESIDENT_MIB] -= s.slots[r, c.RESIDENT_MIB, i]
    s.slots[r, c.RESIDENT_MIB, i] = 0
    s.run[r, c.POOL_FREE_MIB] += s.slots[r, c.IMAGE_MIB, i]
    s.slots[r, c.COMPLETION_US, i] = s.run[r, c.CLOCK_US]
    s.slots[r, c.STATUS, i] = c.EMPTY
    write_outcome(s, r, i)
    s.slots[r, c.VM, i] = c.NOBODY
    s.run[r, c.NUM_DONE] += 1
    s.run[r, c.NUM_RUNNABLE] -= 1
    s.costs[r, c.COST_RATE] -= s.cost_rates[r, vm]
    if s.run[r, c.NUM_DONE] == s.run[r, c.NEXT_ARRIVAL]:
        s.costs[r, c.COST_RATE] = 0.0  # nobody is present: what rounding left of the sum is dropped
    fold(s, r, c.EVENT_COMPLETION, vm)
    while s.run[r, c.TOP_SLOT] > 0 and s.slots[r, c.STATUS, s.run[r, c.TOP_SLOT] - 1] == c.EMPTY:
        s.run[r, c.TOP_SLOT] -= 1


@jittable
def write_outcome(s: Runs, r: int, i: int) -> None:
    """Copies the outcome columns of slot `i` to the table of VMs."""
    for column in range(c.NUM_GIVEN_VM_COLUMNS, c.NUM_VM_COLUMNS):
        s.vms[r, s.slots[r, c.VM, i], column] = s.slots[r, column, i]
