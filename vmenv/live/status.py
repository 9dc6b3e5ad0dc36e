"""What a live host answers: how it stands, how a VM of it does, and how far a scheduler got.

Times are in microseconds of the host's clock, which stands still between calls.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

import numpy as np


class VmState(StrEnum):
    """What a VM is doing."""

    PENDING = "pending"  # its arrival is to come
    QUEUED = "queued"  # it has arrived, and waits for a slot or for pool space
    RUNNABLE = "runnable"  # it has no grant
    RUNNING = "running"
    SUSPENDED = "suspended"  # it is present, and gets no grant until it is resumed
    COMPLETED = "completed"
    MIGRATED = "migrated"  # it goes on elsewhere
    DESTROYED = "destroyed"  # before its work was done


@dataclass(frozen=True)
class VmStatus:
    """One VM. What is left of its work is not told.

    Attributes:
        vm: Its number: VMs and maintenance tasks are counted from 0 in the order in which they are created.
        kind: "vm", or the kind of maintenance: "snapshot", "compress", "migrate", "restore".
        target: The VM that a task is about; None: it is no task.
        state: What it is doing.
        fits: Whether it can be granted now.
        arrival_us: When it arrived, or will.
        weight: As given to `create`; so are the next five.
        priority: As given.
        slo_us: As given.
        image_mib: As given.
        estimate_us: As given.
        tenant: As given.
        phase: Which of its phases it is in, or was in at its end, counted from 0.
        cpu_millicores: Demand of that phase; so are the next three.
        memory_mib: MiB that must be resident.
        disk_kib_s: KiB/s of its disk.
        net_kib_s: KiB/s of its NIC.
        disk: Which disk it is mapped to; None before it is admitted and after its end, like the next.
        nic: Which NIC.
        admission_us: When it got its slot and its image; None: it has not.
        completion_us: When its work was done, or it had left for elsewhere; None: it is here.
        destroyed_us: When it was destroyed; None: it was not.
        attained_us: Service so far, grants under way not counted; so are the next four.
        overhead_us: Start costs that it has paid.
        wait_us: Time since its arrival without a grant, suspended time among it.
        num_grants: Grants that it had; one under way is counted.
        num_switches: Grants that cost a switch.
        paged_in_mib: Memory that was paged in for it.
        resident_mib: Memory that it has on the host.
        swapped_mib: Memory that its next grant must page in.
        image_held_mib: What it holds of the storage pool for its image, or for a snapshot that is being copied.
        snapshots_mib: What its complete snapshots hold of the pool.
        short_mib: Thin provisioning: what it has written to and the pool has no room for; it is suspended until there is.
        copying: Whether a snapshot of it is being copied, so that its writes cost copies.
        owed_us: Start cost that it began to pay and will go on paying at its next grant.
        grant_us: When the grant under way began; None: there is none.
        turn_ends_us: When the quantum under way ends, if its phase does not end before; None: it has none.
    """

    vm: int
    kind: str
    target: int | None
    state: VmState
    fits: bool
    arrival_us: int
    weight: int
    priority: int
    slo_us: int
    image_mib: int
    estimate_us: int
    tenant: int
    phase: int
    cpu_millicores: int
    memory_mib: int
    disk_kib_s: int
    net_kib_s: int
    disk: int | None
    nic: int | None
    admission_us: int | None
    completion_us: int | None
    destroyed_us: int | None
    attained_us: int
    overhead_us: int
    wait_us: int
    num_grants: int
    num_switches: int
    paged_in_mib: int
    resident_mib: int
    swapped_mib: int
    image_held_mib: int
    snapshots_mib: int
    short_mib: int
    copying: bool
    owed_us: int
    grant_us: int | None
    turn_ends_us: int | None


@dataclass(frozen=True)
class DeviceStatus:
    """One divisible device, in millicores or KiB/s.

    Attributes:
        name: "cpu", "disk0", ..., "nic0", ...
        capacity: All of it.
        free: What the running VMs leave.
        mapped: What the VMs that are present and mapped to it demand.
    """

    name: str
    capacity: int
    free: int
    mapped: int


@dataclass(frozen=True)
class HostNumbers:
    """The host as it stands, without its VMs.

    Attributes:
        clock_us: The time.
        can_wait: Whether an event (an arrival or the end of a grant) is pending.
        num_decisions: Grants and waits so far.
        cost: What the objective has cost so far.
        memory_mib: All memory.
        memory_running_mib: What the running VMs demand.
        memory_resident_mib: What all VMs have.
        pool_mib: The storage pool.
        pool_free_mib: What images and snapshots leave of it.
        loaded_tenant: Whose VM had the most recent grant; None before the first.
        devices: The divisible devices: the CPU, the disks, the NICs.
    """

    clock_us: int
    can_wait: bool
    num_decisions: int
    cost: float
    memory_mib: int
    memory_running_mib: int
    memory_resident_mib: int
    pool_mib: int
    pool_free_mib: int
    loaded_tenant: int | None
    devices: tuple[DeviceStatus, ...]


@dataclass(frozen=True)
class HostStatus(HostNumbers):
    """The host as it stands: `HostNumbers`, and its VMs.

    Attributes:
        vms: The VMs that have arrived and are not gone, in order of their numbers.
    """

    vms: tuple[VmStatus, ...]


@dataclass(frozen=True, eq=False)
class HostColumns(HostNumbers):
    """The same with an array for every attribute of `VmStatus`, which is ten times as quick where there are thousands of VMs.

    Attributes:
        vms: (N,) arrays by name, the VMs in order of their numbers: bool, int64, and strings for `kind` and `state`. -1 stands for None,
            and for nothing else where `VmStatus` can have None.
    """

    vms: dict[str, np.ndarray]


class Stop(StrEnum):
    """Why a scheduler stopped."""

    DONE = "done"  # all VMs are gone
    IDLE = "idle"  # it grants nobody, and nothing is pending: those present are suspended, or it waits for VMs that do not come
    UNTIL = "until"  # the time is reached
    ENOUGH = "enough"  # it has made the decisions that it was allowed


@dataclass(frozen=True)
class Progress:
    """How far a scheduler got.

    Attributes:
        clock_us: The time now.
        num_decisions: Decisions that it made.
        stopped: Why it stopped.
    """

    clock_us: int
    num_decisions: int
    stopped: Stop
