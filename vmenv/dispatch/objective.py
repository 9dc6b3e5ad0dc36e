"""What a run costs: the integral over time of the sum of c_i over the VMs present, and of d_i over those that are past their deadline.

By Little's law in its pathwise form the first is the sum of c_i x response time, and the second that of d_i x tardiness, the time by which
a VM is completed too late: c_i and d_i choose the mean that is minimised.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np

from vmenv.errors import UnknownNameError
from vmenv.host.spec import Host
from vmenv.host.state import Floats, Ints
from vmenv.jit import jittable
from vmenv.workload.table import Workload

OBJECTIVES = (
    "mean_response_us",
    "weighted_response_us",
    "mean_slowdown",
    "weighted_tardiness_us",
    "slowdown_and_lateness",
    "mean_slowdown_10s",
)
RATIOS = ("mean_slowdown", "slowdown_and_lateness", "mean_slowdown_10s")  # which have no unit; the others are times
BOUND_US = 10_000_000  # jobs that do less work count as if they did as much, in slowdowns that are bounded


def uncontended_us(host: Host, workload: Workload) -> Ints:
    """Returns (N,) the time that each VM needs alone on the host, its tenant being loaded: one start and all its work."""
    return host.switch_us + workload.size_us


class CostRates(NamedTuple):
    """What the VMs of a workload cost a microsecond, (N,) each.

    Attributes:
        present: c_i, from arrival to completion.
        late: d_i, from the deadline, arrival + slo_us, to completion; 0 for VMs without one.
    """

    present: Floats
    late: Floats


def cost_rates(objective: str, host: Host, workload: Workload) -> CostRates:
    """Returns the rates in the workload's order. c_i is 1, the weight, or 1 / (uncontended run time), or d_i is the weight.

    "slowdown_and_lateness" is the slowdown of VMs, and of maintenance tasks weight x tardiness / slo_us: a task that takes twice its time
    costs its weight. Tasks cost nothing before their deadline. "mean_slowdown_10s" takes 10 s for an uncontended run time that is shorter.

    Raises:
        UnknownNameError: The objective is none of OBJECTIVES.
    """
    if objective not in OBJECTIVES:
        raise UnknownNameError("objective", objective, OBJECTIVES)
    return CostRates(
        *rates_of(OBJECTIVES.index(objective), workload.is_vm, uncontended_us(host, workload), workload.weight, workload.slo_us)
    )


(
    MEAN_RESPONSE_US,
    WEIGHTED_RESPONSE_US,
    MEAN_SLOWDOWN,
    WEIGHTED_TARDINESS_US,
    SLOWDOWN_AND_LATENESS,
    MEAN_SLOWDOWN_10S,
) = range(len(OBJECTIVES))


@jittable
def rates_of(objective: int, is_vm: Any, alone_us: Any, weight: Any, slo_us: Any) -> tuple[Any, Any]:
    """Returns c_i and d_i, of one VM or of arrays of VMs.

    Args:
        objective: Its place in OBJECTIVES.
        is_vm: Whether it is one, rather than a maintenance task.
        alone_us: The time that it needs alone on the host.
        weight: Its weight.
        slo_us: The response time that it was promised, 0: none.
    """
    nothing = 0.0 * alone_us
    if objective == MEAN_RESPONSE_US:
        return nothing + 1.0, nothing
    if objective == WEIGHTED_RESPONSE_US:
        return nothing + weight, nothing
    if objective == MEAN_SLOWDOWN:
        return 1.0 / alone_us, nothing
    if objective == WEIGHTED_TARDINESS_US:
        return nothing, nothing + (slo_us > 0) * weight
    if objective == MEAN_SLOWDOWN_10S:
        return 1.0 / np.maximum(alone_us, BOUND_US), nothing
    return is_vm / alone_us, (1 - is_vm) * (slo_us > 0) * weight / np.maximum(slo_us, 1)
