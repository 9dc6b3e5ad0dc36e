"""Deadlines: a VM with an objective should be done by arrival + slo_us. One that was not done counts the time until the run ended."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from vmenv.dispatch.metric import METRICS

if TYPE_CHECKING:
    from vmenv.dispatch.run import Run


@METRICS.register("slo_miss_fraction")
def slo_miss_fraction(run: Run) -> float:
    """Fraction of the VMs and maintenance tasks with an objective whose response time was longer; 0 if none has one."""
    bound = run.workload.slo_us
    judged = (bound > 0) & run.due
    return float((run.response_us > bound)[judged].mean()) if judged.any() else 0.0


@METRICS.register("weighted_tardiness_us")
def weighted_tardiness_us(run: Run) -> float:
    """Mean of weight x the time by which it was late over the VMs and tasks that arrived, 0 for those without an objective."""
    bound = run.workload.slo_us
    late = np.where(bound > 0, np.maximum(run.response_us - bound, 0), 0)
    return float((run.workload.weight * late)[run.due].mean()) if run.due.any() else 0.0
