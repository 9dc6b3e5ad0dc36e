"""Maintenance: snapshots and compressions that were due, and the pool that they are about."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from vmenv.dispatch.metric import METRICS
from vmenv.dispatch.objective import uncontended_us
from vmenv.host import columns as c

if TYPE_CHECKING:
    from vmenv.dispatch.run import Run


@METRICS.register("slowdown_and_lateness")
def slowdown_and_lateness(run: Run) -> float:
    """Mean over the VMs and tasks that arrived of the slowdown of VMs, and of weight x tardiness / slo_us of tasks with a deadline."""
    slo = np.maximum(run.workload.slo_us, 1)
    late = np.where(run.workload.slo_us > 0, run.workload.weight * np.maximum(run.response_us - run.workload.slo_us, 0) / slo, 0.0)
    cost = np.where(run.workload.is_vm, run.response_us / uncontended_us(run.host, run.workload), late)
    return float(cost[run.due].mean()) if run.due.any() else 0.0


@METRICS.register("missed_snapshots")
def missed_snapshots(run: Run) -> float:
    """Fraction of the snapshots with a deadline that were not complete by then; those whose VM was gone before are complete."""
    judged = (run.workload.kind == c.SNAPSHOT) & (run.workload.slo_us > 0) & run.due
    return float((run.response_us > run.workload.slo_us)[judged].mean()) if judged.any() else 0.0


@METRICS.register("admission_wait_us")
def admission_wait_us(run: Run) -> float:
    """Mean time that VMs waited for a slot or for pool space."""
    until = np.where(run.admission_us >= 0, run.admission_us, run.end_us)
    return float((until - run.arrival_us)[run.arrived].mean()) if run.arrived.any() else 0.0


@METRICS.register("copy_on_write_us")
def copy_on_write_us(run: Run) -> float:
    """Time that VMs paid for copies on write, all together."""
    return float(run.copy_us.sum())


@METRICS.register("contended_fraction")
def contended_fraction(run: Run) -> float:
    """Part of the service on the clock that neighbours took from those served."""
    served = run.attained_us.sum() + run.contended_us.sum()
    return float(run.contended_us.sum() / served) if served else 0.0
