"""What a scheduler's key may look at, a feature of an index policy, and the observation: one VM, and the host.

Nothing in the view tells how much work is left, nor what has not arrived yet, but the fields marked CLAIRVOYANT. What costs a look at all
slots or at past arrivals is a function of the view, in `vmenv.dispatch.loop.looks`, so that only who asks for it pays for it.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from vmenv.host import columns as c
from vmenv.host import given
from vmenv.host.dynamics import can_wait
from vmenv.host.memory import paging_us
from vmenv.host.state import Floats, Ints, State
from vmenv.host.storage import pool_mib
from vmenv.jit import jittable, signed


class VmView(NamedTuple):
    """One VM; a key is asked about runnable ones. Times in microseconds, demands of its current phase."""

    slot: int  # its row of HostView.vm_memory
    number: int  # arrival number
    arrival_us: int
    attained_us: int  # service so far
    wait_us: int  # time present without a grant
    size_us: int  # CLAIRVOYANT: work of all its phases
    phase_left_us: int  # CLAIRVOYANT: work left of this phase
    weight: int
    priority: int
    slo_us: int
    estimate_us: int  # what is known of its size beforehand, 0: nothing
    tenant: int
    vm_class: int  # row and column of HostView.contention
    kind: int  # RUN, or the kind of maintenance, of `vmenv.host.columns`
    copying: int  # snapshots of it that are not complete: its writes cost copies
    image_mib: int
    saving: int  # thousandths of its image that compression would save
    cpu_millicores: int
    memory_mib: int
    disk_kib_s: int
    net_kib_s: int
    disk_device: int  # its rows of HostView.capacity and .free
    nic_device: int
    resident_mib: int
    swapped_mib: int  # what its next grant must page in
    last_end_us: int  # end of its last grant, -1: never ran
    num_grants: int
    queue_place: int  # grows with every admission and every end of a grant
    running: int  # 1 while it has a grant
    turn_us: int  # runnable: end of its last grant, or arrival; running: end of its quantum, which it may not need (NEVER: no quanta)
    start_us: int  # start cost of a grant now, without paging others out


class HostView(NamedTuple):
    """The host at a decision."""

    now_us: int
    num_decisions: int
    quantum_us: int
    reload_us: int  # what a grant to a VM of another tenant than `loaded_tenant` costs more
    loaded_tenant: int  # that of the host's most recent grant, NOBODY (-1) before the first
    memory_mib: int
    memory_running_mib: int
    memory_resident_mib: int
    num_slots: int  # VMs that can be present
    num_runnable: int
    num_running: int
    num_queued: int  # VMs in the admission queue
    can_wait: bool  # whether an event is pending, so that waiting leads somewhere
    next_turn_us: int  # when the first quantum of the VMs that run ends, see `VmView.turn_us`; NEVER if none runs
    capacity: Ints  # (D,) millicores for row 0, KiB/s for the disks and NICs
    free: Ints  # (D,)
    mapped: Ints  # (D,) what all VMs demand that are present and use the device; those that run hold `capacity` - `free` of it
    pool_mib: int
    pool_free_mib: int
    neighbours: Ints  # (C,) running VMs of each class
    contention: Ints  # (C, C) TOLD: thousandths that a VM of the row's class loses to one of the column's
    pairs: Ints  # (C, C, NUM_PAIR_COLUMNS): what the run has shown of that
    top_slot: int  # no VM is in a slot from here on
    status: Ints  # (S,) EMPTY, RUNNABLE, RUNNING or SUSPENDED, of `vmenv.host.columns`
    tenants: Ints  # (S,) of the VMs; means nothing in an empty slot
    classes: Ints  # (S,) the same of their classes
    numbers: Ints  # (S,) arrival numbers of the VMs, NOBODY in an empty slot
    waiting: NDArray[np.int32]  # (NUM_DEMANDS, S or more) what the runnable VMs demand; where none is, NOT_WAITING is asked of the CPU
    arrivals_us: Ints  # (A,) when each VM came, by arrival number; the A up to now
    arrived_tenants: Ints  # (A,) whose they are
    vm_memory: Floats  # (S, NUM_VM_MEMORY): what `update` has noted of the VMs
    run_memory: Floats  # (NUM_RUN_MEMORY,): what it has noted of the run


@jittable
def view_vm(s: State, i: int) -> VmView:
    """Returns the view of slot `i`. Compiled, only the fields that the key reads are ever loaded."""
    return VmView(
        signed(i),
        s.slots[i, c.VM],
        s.front[i, c.ARRIVED_US],
        s.slots[i, c.ATTAINED_US],
        s.run[c.CLOCK_US] - s.front[i, c.ARRIVED_US] - s.slots[i, c.GRANTED_US],
        s.slots[i, c.SIZE_US],
        s.slots[i, c.PHASE_LEFT_US],
        s.slots[i, c.WEIGHT],
        s.slots[i, c.PRIORITY],
        s.slots[i, c.SLO_US],
        s.slots[i, c.ESTIMATE_US],
        s.slots[i, c.TENANT],
        s.slots[i, c.VM_CLASS],
        s.slots[i, c.KIND],
        s.slots[i, c.COPYING],
        s.slots[i, c.IMAGE_MIB],
        s.slots[i, c.SAVING],
        s.front[i, c.CPU],
        s.front[i, c.MEMORY],
        s.front[i, c.DISK],
        s.front[i, c.NET],
        s.slots[i, c.DISK_DEVICE],
        s.slots[i, c.NIC_DEVICE],
        s.slots[i, c.RESIDENT_MIB],
        s.slots[i, c.SWAPPED_MIB],
        s.slots[i, c.LAST_END_US],
        s.slots[i, c.NUM_GRANTS],
        s.slots[i, c.QUEUE_PLACE],
        s.front[i, c.STATUS] == c.RUNNING,
        s.front[i, c.TURN_US],
        _start_us(s, i),
    )


@jittable
def _start_us(s: State, i: int) -> int:
    start = s.slots[i, c.START_DEBT_US] + paging_us(s, s.slots[i, c.SWAPPED_MIB])
    if s.slots[i, c.LAST_END_US] != s.run[c.CLOCK_US]:
        start += s.host[c.SWITCH_US]
    if s.slots[i, c.TENANT] != s.run[c.LAST_TENANT]:
        start += s.host[c.RELOAD_US]
    return int(start)


@jittable
def view_host(s: State) -> HostView:
    """Returns the view of the host. Compiled, only the fields that somebody reads are ever loaded."""
    return HostView(
        s.run[c.CLOCK_US],
        s.run[c.NUM_DECISIONS],
        s.host[c.QUANTUM_US],
        s.host[c.RELOAD_US],
        s.run[c.LAST_TENANT],
        s.host[c.MEMORY_MIB],
        s.run[c.MEMORY_RUNNING_MIB],
        s.run[c.MEMORY_RESIDENT_MIB],
        s.slots.shape[0],
        s.run[c.NUM_RUNNABLE],
        s.run[c.NUM_RUNNING],
        s.run[c.NEXT_ARRIVAL] - s.run[c.NEXT_ADMISSION],
        can_wait(s),
        _next_turn_us(s),
        s.devices[:, c.CAPACITY],
        s.devices[:, c.FREE],
        s.devices[:, c.MAPPED],
        pool_mib(s),
        s.run[c.POOL_FREE_MIB],
        s.neighbours,
        s.contention,
        s.pairs,
        s.run[c.TOP_SLOT],
        s.front[:, c.STATUS],
        s.slots[:, c.TENANT],
        s.slots[:, c.VM_CLASS],
        s.slots[:, c.VM],
        s.waiting,
        s.vms[: s.run[c.NEXT_ARRIVAL], given.ARRIVAL_US],
        s.vms[: s.run[c.NEXT_ARRIVAL], given.TENANT],
        s.vm_memory,
        s.run_memory,
    )


@jittable
def _next_turn_us(s: State) -> int:
    soonest = c.NEVER  # the order of the heap, in which they end, is nobody's to see
    for k in range(s.run[c.NUM_RUNNING]):
        soonest = min(soonest, s.front[s.lists[c.RUNNING_HEAP, k], c.TURN_US])
    return int(soonest)
