"""Putting workloads into the arrays of a batch, and checking what comes back."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from vmenv.dispatch.objective import CostRates
from vmenv.errors import SimulationError
from vmenv.host import columns as c
from vmenv.host.spec import Host
from vmenv.host.state import Runs, allocate, load
from vmenv.workload.table import Workload


def pack(
    host: Host,
    works: Sequence[Workload],
    rates: Sequence[CostRates],
    *,
    num_slots: int,
    horizon_us: int | None,
    log_length: int = 0,
    unlimited_slots: bool = False,
    commits: bool = False,
    reserves: bool = False,
) -> Runs:
    """Returns runs loaded with the workloads, ready to begin."""
    s = allocate(
        host,
        num_runs=len(works),
        num_slots=num_slots,
        num_vms=max((work.num_vms for work in works), default=1),
        num_phases=max((len(work.work_us) for work in works), default=1),
        num_classes=max((work.num_classes for work in works), default=0),
        horizon_us=horizon_us,
        log_length=log_length,
        unlimited_slots=unlimited_slots,
        commits=commits,
        reserves=reserves,
    )
    for r, (work, rate) in enumerate(zip(works, rates, strict=True)):
        put(s, r, work, rate)
    return s


def put(s: Runs, table: int, work: Workload, rates: CostRates) -> None:
    """Copies a workload with its costs into a table that has room for it."""
    contention = np.zeros((0, 0), np.int64) if work.contention is None else work.contention
    vms, phases = work.kernel_tables
    load(s, table, vms, phases, rates.present[work.arrival_order], rates.late[work.arrival_order], contention)


def check_clock(s: Runs) -> None:
    """Raises SimulationError if a run's times left the range in which they are exact, or if nothing can happen any more."""
    if (s.run[:, c.STATE] == c.CLOCK_OVERFLOW).any():
        raise SimulationError(
            f"a run went past {c.CLOCK_LIMIT_US} us (285 years), beyond which times are not exact: "
            "give a horizon, earlier arrivals, or less work"
        )
    stuck = s.run[s.run[:, c.STATE] == c.NO_SPACE]
    if len(stuck) and (first := stuck[0])[c.NUM_SHORT] == 0 and first[c.NUM_RUNNABLE] > 0:
        raise SimulationError(
            f"at {first[c.CLOCK_US]} us the scheduler grants none of the {first[c.NUM_RUNNABLE]} VMs that are runnable, nothing runs, and "
            "nothing is to come: a key of infinity means never; or give a horizon"
        )
    if len(stuck):
        raise SimulationError(
            "the pool is full, all VMs that are left wait for space in it, and nothing will free any: give the disks more capacity_mib, "
            'Host(rescue_us=...), Host(provisioning="thick"), or a horizon'
        )


def check_decisions(s: Runs, most: int) -> None:
    """Raises SimulationError if a run has made more than so many decisions."""
    beyond = s.run[s.run[:, c.NUM_DECISIONS] > most]
    if len(beyond):
        run = beyond[0]
        raise SimulationError(
            f"a run takes more than max_decisions={most}: at {run[c.CLOCK_US]} us {run[c.NUM_DONE]} of {run[c.NUM_VMS]} VMs are done, "
            f"{run[c.NUM_RUNNING]} run and {run[c.NUM_RUNNABLE]} are runnable; give a larger one, a longer quantum_us, or a horizon_us"
        )
