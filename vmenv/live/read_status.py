"""What a live host tells of itself, read from the state arrays: `vmenv.live.status`.

All that is told of a VM stands in a row with the columns of a slot, its *book*, whether it has a slot or not. So there is one way to read
it, for one VM and for thousands.
"""

from __future__ import annotations

import dataclasses
from typing import Any

import numpy as np

from vmenv.host import columns as c
from vmenv.host import given
from vmenv.host.dynamics import can_wait
from vmenv.host.fitting import which_fit
from vmenv.host.spec import Host
from vmenv.host.state import Ints, State
from vmenv.live.rows import rows_of
from vmenv.live.status import DeviceStatus, HostColumns, HostNumbers, HostStatus, VmState, VmStatus

STATES = {c.RUNNABLE: VmState.RUNNABLE, c.RUNNING: VmState.RUNNING, c.SUSPENDED: VmState.SUSPENDED}
_FRONT = c.NUM_SLOT_COLUMNS  # where the columns of `State.front` begin in a book, behind those of `State.slots`
_PAST_STATUS = c.SUSPENDED + 1  # from here on, in a book: what a VM without a slot is doing
_WITHOUT_SLOT = (VmState.PENDING, VmState.QUEUED, VmState.COMPLETED, VmState.MIGRATED, VmState.DESTROYED)
_STATE_NAMES = np.array([STATES.get(status, "") for status in range(_PAST_STATUS)] + list(_WITHOUT_SLOT))
_KIND_NAMES = np.array(["vm", "snapshot", "compress", "migrate", "restore"])  # by c.RUN, ...
_AS_GIVEN = {  # what a VM holds of the pool stands in its slot instead of the image that was given
    "arrival_us": given.ARRIVAL_US,
    "weight": given.WEIGHT,
    "priority": given.PRIORITY,
    "slo_us": given.SLO_US,
    "image_mib": given.IMAGE_MIB,
    "estimate_us": given.ESTIMATE_US,
    "tenant": given.TENANT,
}
_AS_THEY_STAND = {
    "admission_us": c.ADMISSION_US,
    "completion_us": c.COMPLETION_US,
    "attained_us": c.ATTAINED_US,
    "overhead_us": c.OVERHEAD_US,
    "num_grants": c.NUM_GRANTS,
    "num_switches": c.NUM_SWITCHES,
    "paged_in_mib": c.PAGED_IN_MIB,
    "resident_mib": c.RESIDENT_MIB,
    "swapped_mib": c.SWAPPED_MIB,
    "snapshots_mib": c.SNAPSHOTS_MIB,
    "owed_us": c.START_DEBT_US,
}
_OF_ITS_PHASE = {"cpu_millicores": c.CPU, "memory_mib": c.MEMORY, "disk_kib_s": c.DISK, "net_kib_s": c.NET}


def books_of_slots(s: State, slots: Ints) -> Ints:
    """Returns (N, NUM_SLOT_COLUMNS + NUM_FRONT_COLUMNS) the books of those who are in these slots."""
    return np.hstack([s.slots[slots], s.front[slots]])


def books_without_slots(host: Host, vms: Ints, outcomes: Ints, state: VmState) -> Ints:
    """Returns (N, NUM_SLOT_COLUMNS + NUM_FRONT_COLUMNS) the books of those who have no slot, in their first phase.

    Args:
        host: The host.
        vms: (N, NUM_GIVEN_COLUMNS) rows of `State.vms`.
        outcomes: (N, NUM_OUTCOME_COLUMNS) rows of `State.outcomes`.
        state: What they are doing, all of them.
    """
    books = np.zeros((len(vms), c.NUM_SLOT_COLUMNS + c.NUM_FRONT_COLUMNS), np.int64)
    books[:, c.FIRST_GIVEN : c.PAST_GIVEN] = vms
    books[:, c.PAST_GIVEN : c.PAST_OUTCOME] = outcomes
    books[:, _FRONT + c.STATUS] = _PAST_STATUS + _WITHOUT_SLOT.index(state)
    books[:, c.DISK_DEVICE], books[:, c.NIC_DEVICE] = c.FIRST_DISK - 1, len(host.disks) + c.FIRST_DISK - 1  # disk -1, NIC -1
    books[:, c.PHASE] = vms[:, given.FIRST_PHASE]
    return books


def read_columns(
    s: State, host: Host, books: Ints, vms: Ints, phases: Ints, *, numbers: Ints, targets: Ints, destroyed_us: Ints
) -> dict[str, np.ndarray]:
    """Returns (N,) an array for every attribute of `VmStatus`, -1 where it has None.

    Args:
        s: The run.
        host: The host.
        books: (N, NUM_SLOT_COLUMNS + NUM_FRONT_COLUMNS) of these VMs.
        vms: (N, NUM_GIVEN_COLUMNS) their rows of `State.vms`.
        phases: (P, NUM_PHASE_COLUMNS) the table that their books mean.
        numbers: (N,) their numbers.
        targets: (N,) the VM that a task is about, -1: it is none.
        destroyed_us: (N,) when it was destroyed, -1: it was not.
    """
    now, book, front = int(s.run[c.CLOCK_US]), books.T, books.T[_FRONT:]
    running = front[c.STATUS] == c.RUNNING
    grant_us = np.where(running, book[c.GRANT_US], -1)
    turn_ends_us = np.where(running & (front[c.TURN_US] != c.NEVER), front[c.TURN_US], -1)
    left_us = np.where(book[c.COMPLETION_US] >= 0, book[c.COMPLETION_US], np.where(destroyed_us >= 0, destroyed_us, now))
    under_way_us = np.where(running, now - book[c.GRANT_US], 0)
    demands = phases[book[c.PHASE]].T
    seldom = {
        "vm": numbers,
        "kind": _KIND_NAMES[book[c.KIND]],
        "target": targets,
        "state": _STATE_NAMES[front[c.STATUS]],
        "fits": which_fit(s, books[:, _FRONT:], books),
        "phase": book[c.PHASE] - book[c.FIRST_PHASE],
        "disk": book[c.DISK_DEVICE] - c.FIRST_DISK,
        "nic": book[c.NIC_DEVICE] - c.FIRST_DISK - len(host.disks),
        "destroyed_us": destroyed_us,
        "wait_us": np.maximum(0, left_us - book[c.ARRIVAL_US]) - book[c.GRANTED_US] - under_way_us,
        "image_held_mib": np.where(front[c.STATUS] < _PAST_STATUS, book[c.IMAGE_MIB], 0),
        "short_mib": np.abs(book[c.SHORT_MIB]),
        "copying": book[c.COPYING] > 0,
        "grant_us": grant_us,
        "turn_ends_us": turn_ends_us,
    }
    columns = seldom | {name: vms[:, column] for name, column in _AS_GIVEN.items()}
    columns |= {name: book[column] for name, column in _AS_THEY_STAND.items()}
    columns |= {name: demands[column] for name, column in _OF_ITS_PHASE.items()}
    return {field.name: np.ascontiguousarray(columns[field.name]) for field in dataclasses.fields(VmStatus)}


def read_host(s: State, host: Host, columns: dict[str, np.ndarray]) -> HostStatus:
    """Returns the host as it stands, with these VMs on it."""
    return HostStatus(**_numbers(s, host), vms=tuple(rows_of(columns)))


def read_host_columns(s: State, host: Host, columns: dict[str, np.ndarray]) -> HostColumns:
    """Returns the same by columns."""
    return HostColumns(**_numbers(s, host), vms=columns)


def _numbers(s: State, host: Host) -> dict[str, Any]:
    devices = s.devices[:, [c.CAPACITY, c.FREE, c.MAPPED]].tolist()
    numbers = HostNumbers(
        clock_us=int(s.run[c.CLOCK_US]),
        can_wait=can_wait(s),
        num_decisions=int(s.run[c.NUM_DECISIONS]),
        cost=float(s.costs[c.COST]),
        memory_mib=host.memory_mib,
        memory_running_mib=int(s.run[c.MEMORY_RUNNING_MIB]),
        memory_resident_mib=int(s.run[c.MEMORY_RESIDENT_MIB]),
        pool_mib=host.pool_mib,
        pool_free_mib=int(s.run[c.POOL_FREE_MIB]),
        loaded_tenant=None if s.run[c.LAST_TENANT] == c.NOBODY else int(s.run[c.LAST_TENANT]),
        devices=tuple(DeviceStatus(name, *row) for name, row in zip(host.device_names, devices, strict=True)),
    )
    return vars(numbers)
