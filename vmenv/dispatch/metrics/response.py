"""Response time: from arrival to completion. A VM that was not done counts the time until the run ended."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from vmenv.dispatch.metric import METRICS

if TYPE_CHECKING:
    from vmenv.dispatch.run import Run


@METRICS.register("mean_response_us")
def mean_response_us(run: Run) -> float:
    """Mean response time over the VMs that arrived; 0 if none did."""
    return float(run.response_us[run.arrived].mean()) if run.arrived.any() else 0.0


@METRICS.register("weighted_response_us")
def weighted_response_us(run: Run) -> float:
    """Mean of weight x response time over the VMs that arrived."""
    return float((run.workload.weight * run.response_us)[run.arrived].mean()) if run.arrived.any() else 0.0


@METRICS.register("p99_response_us")
def p99_response_us(run: Run) -> float:
    """99th percentile of the response times, by linear interpolation."""
    return float(np.percentile(run.response_us[run.arrived], 99)) if run.arrived.any() else 0.0


@METRICS.register("mean_wait_us")
def mean_wait_us(run: Run) -> float:
    """Mean time present without a grant."""
    return float(run.wait_us[run.arrived].mean()) if run.arrived.any() else 0.0


@METRICS.register("p99_wait_us")
def p99_wait_us(run: Run) -> float:
    """99th percentile of the times present without a grant, by linear interpolation."""
    return float(np.percentile(run.wait_us[run.arrived], 99)) if run.arrived.any() else 0.0


@METRICS.register("longest_wait_us")
def longest_wait_us(run: Run) -> float:
    """The longest time that a VM was present without a grant: whether one starves."""
    return float(run.wait_us[run.arrived].max()) if run.arrived.any() else 0.0


@METRICS.register("num_unfinished")
def num_unfinished(run: Run) -> float:
    """VMs that were not done when the run ended, arrived or not."""
    return float((~run.completed).sum())
