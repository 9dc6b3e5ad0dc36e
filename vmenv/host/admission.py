"""A VM's way in and out: arrival, the admission queue, a slot and an image; its phases; its end."""

from __future__ import annotations

from vmenv.host import columns as c
from vmenv.host import given, outcome
from vmenv.host.devices import add_demand, map_devices
from vmenv.host.fitting import take_place
from vmenv.host.memory import leave_order_of_use
from vmenv.host.phases import enter_phase
from vmenv.host.provisioning import feed, forget_short
from vmenv.host.restore import finish_restore
from vmenv.host.state import State, fold, pop_free, push_free
from vmenv.host.storage import begin_task, finish_task, needs_mib, slot_of
from vmenv.jit import jittable


@jittable
def arrive(s: State) -> None:
    """Lets every VM that arrives now join the admission queue; from here on it costs."""
    while s.run[c.NEXT_ARRIVAL_US] == s.run[c.CLOCK_US]:
        s.costs[c.COST_RATE] += s.cost_rates[s.run[c.NEXT_ARRIVAL]]
        s.run[c.NEXT_ARRIVAL] += 1
        s.run[c.NEXT_ARRIVAL_US] = c.NEVER
        if s.run[c.NEXT_ARRIVAL] < s.run[c.NUM_VMS]:
            s.run[c.NEXT_ARRIVAL_US] = s.vms[s.run[c.NEXT_ARRIVAL], given.ARRIVAL_US]


@jittable
def admit(s: State) -> None:
    """Admits from the head of the admission queue while there is a slot and pool space for its image."""
    feed(s)
    while s.run[c.NEXT_ADMISSION] < s.run[c.NEXT_ARRIVAL]:
        vm = s.run[c.NEXT_ADMISSION]
        if s.vms[vm, given.KIND] != c.RUN and slot_of(s, s.vms[vm, given.TARGET]) == c.NOBODY:
            _skip(s, vm)
            continue
        if needs_mib(s, vm) > s.run[c.POOL_FREE_MIB]:
            return
        if s.run[c.NUM_FREE] == 0:
            if s.host[c.UNLIMITED_SLOTS] == 1:
                s.run[c.STATE] = c.NEEDS_SLOTS
            return
        _enter(s, pop_free(s), vm)
        s.run[c.NEXT_ADMISSION] += 1


@jittable
def _skip(s: State, vm: int) -> None:
    """Is done with a maintenance task whose VM is gone."""
    s.outcomes[vm, outcome.ADMISSION_US] = s.outcomes[vm, outcome.COMPLETION_US] = s.run[c.CLOCK_US]
    s.run[c.NEXT_ADMISSION] += 1
    _count_done(s, vm)


@jittable
def _enter(s: State, i: int, vm: int) -> None:
    """Puts a VM into the empty slot `i`: its image, its devices, its first phase, its place in the queue."""
    s.run[c.TOP_SLOT] = max(s.run[c.TOP_SLOT], i + 1)
    for column in range(c.NUM_GIVEN_COLUMNS):
        s.slots[i, c.FIRST_GIVEN + column] = s.vms[vm, column]
    for column in range(c.PAST_GIVEN, c.NUM_SLOT_COLUMNS):
        s.slots[i, column] = 0
    if s.vm_memory.shape[0] > 0:
        for k in range(c.NUM_VM_MEMORY):
            s.vm_memory[i, k] = 0.0
    s.slots[i, c.VM] = vm
    s.front[i, c.STATUS] = c.RUNNABLE
    s.slots[i, c.LAST_END_US] = s.slots[i, c.COMPLETION_US] = -1
    s.front[i, c.TURN_US] = s.front[i, c.ARRIVED_US] = s.slots[i, c.ARRIVAL_US]
    s.slots[i, c.ADMISSION_US] = s.run[c.CLOCK_US]
    s.run[c.NUM_RUNNABLE] += 1
    s.slots[i, c.IMAGE_MIB] = needs_mib(s, vm)
    s.run[c.POOL_FREE_MIB] -= s.slots[i, c.IMAGE_MIB]
    map_devices(s, i)
    enter_phase(s, i, s.slots[i, c.FIRST_PHASE])
    if s.slots[i, c.KIND] != c.RUN:
        begin_task(s, i)
    take_place(s, i)
    fold(s, c.EVENT_ADMISSION, vm)


@jittable
def destroy(s: State, i: int) -> None:
    """Removes a finished VM, or a finished task after what it was for is done, which may be that its VM leaves the host."""
    if s.slots[i, c.KIND] != c.RUN:
        finish_task(s, i)
        if s.slots[i, c.KIND] == c.RESTORE:
            finish_restore(s, i)
        target = slot_of(s, s.slots[i, c.TARGET])
        if s.slots[i, c.KIND] == c.MIGRATE and target != c.NOBODY:
            if s.slots[target, c.RESIDENT_MIB] > 0:
                leave_order_of_use(s, target)
            s.run[c.NUM_RUNNABLE] += 1  # it is stopped
            remove(s, target)
    remove(s, i)


@jittable
def remove(s: State, i: int) -> None:
    """Removes the VM or task in slot `i`, which does not run, and writes what became of it."""
    vm = s.slots[i, c.VM]
    add_demand(s, i, c.MAPPED, -1)
    s.run[c.MEMORY_RESIDENT_MIB] -= s.slots[i, c.RESIDENT_MIB]
    s.slots[i, c.RESIDENT_MIB] = 0
    s.run[c.POOL_FREE_MIB] += s.slots[i, c.IMAGE_MIB] + s.slots[i, c.SNAPSHOTS_MIB]
    forget_short(s, i)
    s.slots[i, c.COMPLETION_US] = s.run[c.CLOCK_US]
    s.front[i, c.STATUS] = c.EMPTY
    s.front[i, c.STALE] = c.STALE_ALL
    write_outcome(s, i)
    s.slots[i, c.VM] = c.NOBODY
    push_free(s, i)
    s.run[c.NUM_RUNNABLE] -= 1
    _count_done(s, vm)
    while s.run[c.TOP_SLOT] > 0 and s.front[s.run[c.TOP_SLOT] - 1, c.STATUS] == c.EMPTY:
        s.run[c.TOP_SLOT] -= 1


@jittable
def _count_done(s: State, vm: int) -> None:
    """Stops the cost of a VM or task that is done."""
    s.run[c.NUM_DONE] += 1
    s.costs[c.COST_RATE] -= s.cost_rates[vm]
    if s.vms[vm, given.ARRIVAL_US] + s.vms[vm, given.SLO_US] <= s.run[c.CLOCK_US]:
        s.costs[c.COST_RATE] -= s.late_rates[vm]  # 0 if it has no deadline
    if s.run[c.NUM_DONE] == s.run[c.NEXT_ARRIVAL]:
        s.costs[c.COST_RATE] = 0.0  # nobody is present: what rounding left of the sum is dropped
    fold(s, c.EVENT_COMPLETION, vm)


@jittable
def write_outcome(s: State, i: int) -> None:
    """Copies the outcome columns of slot `i` to the table of VMs."""
    for column in range(c.NUM_OUTCOME_COLUMNS):
        s.outcomes[s.slots[i, c.VM], column] = s.slots[i, c.PAST_GIVEN + column]
