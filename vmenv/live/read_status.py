"""What a live host tells of itself: `vmenv.live.status.HostStatus` and `VmStatus`, read from the state arrays."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from vmenv.host import columns as c
from vmenv.host.dynamics import can_wait
from vmenv.host.fitting import fits
from vmenv.host.spec import Host
from vmenv.host.state import State
from vmenv.live.status import DeviceStatus, HostStatus, VmState, VmStatus
from vmenv.workload.table import Phase, Workload

STATES = {c.RUNNABLE: VmState.RUNNABLE, c.RUNNING: VmState.RUNNING, c.SUSPENDED: VmState.SUSPENDED}
KINDS = {c.RUN: "vm", c.SNAPSHOT: "snapshot", c.COMPRESS: "compress", c.MIGRATE: "migrate", c.RESTORE: "restore"}
_GIVEN = ("weight", "priority", "slo_us", "image_mib", "estimate_us", "tenant")


def read_host(s: State, host: Host, vms: Sequence[VmStatus]) -> HostStatus:
    """Returns the host as it stands, with these VMs on it."""
    columns = s.devices[:, [c.CAPACITY, c.FREE, c.MAPPED]].tolist()
    return HostStatus(
        clock_us=int(s.run[c.CLOCK_US]),
        can_wait=can_wait(s),
        num_decisions=int(s.run[c.NUM_DECISIONS]),
        cost=float(s.costs[c.COST]),
        memory_mib=host.memory_mib,
        memory_running_mib=int(s.run[c.MEMORY_RUNNING_MIB]),
        memory_resident_mib=int(s.run[c.MEMORY_RESIDENT_MIB]),
        pool_mib=host.pool_mib,
        pool_free_mib=int(s.run[c.POOL_FREE_MIB]),
        loaded_tenant=_unless(c.NOBODY, s.run[c.LAST_TENANT]),
        devices=tuple(DeviceStatus(name, *row) for name, row in zip(host.device_names, columns, strict=True)),
        vms=tuple(vms),
    )


def read_vm(
    s: State,
    host: Host,
    vm: int,
    work: Workload,
    task: tuple[int, int | None],
    state: VmState,
    row: int | None,
    slot: int | None,
    destroyed_us: int | None,
) -> VmStatus:
    """Returns one VM.

    Args:
        s: The state.
        host: The host.
        vm: Its number.
        work: What it was created from, a workload of one VM.
        task: Its kind, and the VM that it is about if it is a maintenance task.
        state: What it is doing.
        row: Its row of the tables; None: it was destroyed before it was admitted.
        slot: Where it is; None: it is not present.
        destroyed_us: When it was destroyed; None: it was not.
    """
    in_slot = s.slots[slot] if slot is not None else None
    outcome = np.zeros(c.PAST_OUTCOME, np.int64)
    outcome[c.COMPLETION_US] = outcome[c.ADMISSION_US] = -1
    if in_slot is not None:
        outcome[c.PAST_GIVEN :] = in_slot[c.PAST_GIVEN : c.PAST_OUTCOME]
    elif row is not None:
        outcome[c.PAST_GIVEN :] = s.outcomes[row]
    had = {name: int(outcome[column]) for name, column in _HAD.items()}
    completion_us = _unless(-1, outcome[c.COMPLETION_US])
    running = in_slot if in_slot is not None and state == VmState.RUNNING else None
    grant_us = int(running[c.GRANT_US]) if running is not None else None

    arrival_us, now = int(work.arrival_us[0]), int(s.run[c.CLOCK_US])
    left_us = completion_us if completion_us is not None else destroyed_us if destroyed_us is not None else now
    under_way_us = now - grant_us if grant_us is not None else 0
    phase = min(int(np.searchsorted(np.cumsum(work.work_us), had["attained_us"], side="right")), len(work.work_us) - 1)
    if in_slot is not None:
        phase = int(in_slot[c.PHASE] - in_slot[c.FIRST_PHASE])
    demand = Phase(*(int(getattr(work, name)[phase]) for name in Phase._fields))
    return VmStatus(
        vm=vm,
        kind=KINDS[task[0]],
        target=task[1],
        state=state,
        fits=slot is not None and fits(s, slot),
        arrival_us=arrival_us,
        **{name: int(getattr(work, name)[0]) for name in _GIVEN},
        phase=phase,
        cpu_millicores=demand.cpu_millicores,
        memory_mib=demand.memory_mib,
        disk_kib_s=demand.disk_kib_s,
        net_kib_s=demand.net_kib_s,
        disk=int(in_slot[c.DISK_DEVICE]) - 1 if in_slot is not None else None,
        nic=int(in_slot[c.NIC_DEVICE]) - 1 - len(host.disks) if in_slot is not None else None,
        admission_us=_unless(-1, outcome[c.ADMISSION_US]),
        completion_us=completion_us,
        destroyed_us=destroyed_us,
        wait_us=max(0, left_us - arrival_us) - int(outcome[c.GRANTED_US]) - under_way_us,
        resident_mib=int(in_slot[c.RESIDENT_MIB]) if in_slot is not None else 0,
        swapped_mib=int(in_slot[c.SWAPPED_MIB]) if in_slot is not None else 0,
        image_held_mib=int(in_slot[c.IMAGE_MIB]) if in_slot is not None else 0,
        snapshots_mib=int(in_slot[c.SNAPSHOTS_MIB]) if in_slot is not None else 0,
        short_mib=abs(int(in_slot[c.SHORT_MIB])) if in_slot is not None else 0,
        copying=in_slot is not None and bool(in_slot[c.COPYING] > 0),
        owed_us=int(in_slot[c.START_DEBT_US]) if in_slot is not None else 0,
        grant_us=grant_us,
        turn_ends_us=_unless(c.NEVER, running[c.TURN_US]) if running is not None else None,
        **had,
    )


_HAD = {
    "attained_us": c.ATTAINED_US,
    "overhead_us": c.OVERHEAD_US,
    "num_grants": c.NUM_GRANTS,
    "num_switches": c.NUM_SWITCHES,
    "paged_in_mib": c.PAGED_IN_MIB,
}


def _unless(nothing: int, value: int) -> int | None:
    """Returns the value as an int, None if it is the one that stands for nothing."""
    return None if value == nothing else int(value)
