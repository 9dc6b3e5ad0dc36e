"""What a scheduler's key may look at: one VM, and the host."""

from __future__ import annotations

from typing import NamedTuple

from vmenv.host import columns as c
from vmenv.host.state import Floats, Ints, Runs
from vmenv.jit import jittable


class VmView(NamedTuple):
    """One runnable VM. Times in microseconds, demands of its current phase."""

    slot: int  # its column of HostView.vm_memory
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


class HostView(NamedTuple):
    """The host at a decision."""

    now_us: int
    num_decisions: int
    quantum_us: int
    memory_mib: int
    memory_running_mib: int
    capacity: Ints  # (D,) millicores for row 0, KiB/s for the disks and NICs
    free: Ints  # (D,)
    vm_memory: Floats  # (NUM_VM_MEMORY, S): what `update` has noted of the VMs
    run_memory: Floats  # (NUM_RUN_MEMORY,): what it has noted of the run


@jittable
def view_vm(s: Runs, r: int, i: int) -> VmView:
    """Returns the view of slot `i`. Compiled, only the fields that the key reads are ever loaded."""
    return VmView(
        i,
        s.slots[r, c.VM, i],
        s.slots[r, c.ARRIVAL_US, i],
        s.slots[r, c.ATTAINED_US, i],
        s.run[r, c.CLOCK_US] - s.slots[r, c.ARRIVAL_US, i] - s.slots[r, c.GRANTED_US, i],
        s.slots[r, c.SIZE_US, i],
        s.slots[r, c.PHASE_LEFT_US, i],
        s.slots[r, c.WEIGHT, i],
        s.slots[r, c.PRIORITY, i],
        s.slots[r, c.SLO_US, i],
        s.slots[r, c.ESTIMATE_US, i],
        s.slots[r, c.TENANT, i],
        s.slots[r, c.CPU, i],
        s.slots[r, c.MEMORY, i],
        s.slots[r, c.DISK, i],
        s.slots[r, c.NET, i],
        s.slots[r, c.DISK_DEVICE, i],
        s.slots[r, c.NIC_DEVICE, i],
        s.slots[r, c.RESIDENT_MIB, i],
        s.slots[r, c.SWAPPED_MIB, i],
        s.slots[r, c.LAST_END_US, i],
        s.slots[r, c.NUM_GRANTS, i],
        s.slots[r, c.QUEUE_PLACE, i],
    )


@jittable
def view_host(s: Runs, r: int) -> HostView:
    """Returns the view of the host of run `r`."""
    return HostView(
        s.run[r, c.CLOCK_US],
        s.run[r, c.NUM_DECISIONS],
        s.host[c.QUANTUM_US],
        s.host[c.MEMORY_MIB],
        s.run[r, c.MEMORY_RUNNING_MIB],
        s.devices[r, c.CAPACITY],
        s.devices[r, c.FREE],
        s.vm_memory[r],
        s.run_memory[r],
    )
