"""Slowdown: response time / time alone on the host (`vmenv.dispatch.objective.uncontended_us`)."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from vmenv.dispatch.metric import METRICS
from vmenv.dispatch.objective import BOUND_US, uncontended_us
from vmenv.host.state import Floats

if TYPE_CHECKING:
    from vmenv.dispatch.run import Run


def slowdowns(run: Run) -> Floats:
    """Returns the slowdowns of the VMs that arrived; those not done count their time so far."""
    return (run.response_us / uncontended_us(run.host, run.workload))[run.arrived]


@METRICS.register("mean_slowdown")
def mean_slowdown(run: Run) -> float:
    """Mean slowdown."""
    return float(slowdowns(run).mean()) if run.arrived.any() else 0.0


@METRICS.register("p99_slowdown")
def p99_slowdown(run: Run) -> float:
    """99th percentile of the slowdowns, by linear interpolation."""
    return float(np.percentile(slowdowns(run), 99)) if run.arrived.any() else 0.0


@METRICS.register("jain")
def jain(run: Run) -> float:
    """Jain's fairness index of 1 / slowdown: 1 if all are slowed down alike, 1/n if one alone got on.

    Source: Jain, Chiu and Hawe, "A quantitative measure of fairness", DEC-TR-301, 1984.
    """
    slow = slowdowns(run)
    speed = 1.0 / slow[slow > 0]  # a VM that arrives at the very end has had no time to be slowed down
    return float(speed.sum() ** 2 / (len(speed) * (speed**2).sum())) if len(speed) else 1.0


@METRICS.register("bounded_slowdown")
def bounded_slowdown(run: Run) -> float:
    """Mean of max(1, response time / max(work, 10 s)): very short jobs do not dominate.

    Source: Feitelson and Rudolph, "Metrics and benchmarking for parallel job scheduling", JSSPP 1998.
    """
    work = np.maximum(run.workload.size_us, BOUND_US)
    return float(np.maximum(1.0, run.response_us / work)[run.arrived].mean()) if run.arrived.any() else 0.0


@METRICS.register("mean_slowdown_10s")
def mean_slowdown_10s(run: Run) -> float:
    """Mean of response time / max(time alone on the host, 10 s): the bounded slowdown without its 1, as an integral over time can have it.

    It is less only by jobs that do less than 10 s of work and hardly wait.
    """
    alone = np.maximum(uncontended_us(run.host, run.workload), BOUND_US)
    return float((run.response_us / alone)[run.arrived].mean()) if run.arrived.any() else 0.0
