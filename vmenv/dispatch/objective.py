"""What a run costs: the integral over time of the sum of c_i over the VMs present, and of d_i over those that are past their deadline.

By Little's law in its pathwise form the first is the sum of c_i x response time, and the second that of d_i x tardiness, the time by which
a VM is completed too late: c_i and d_i choose the mean that is minimised.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from vmenv.errors import UnknownNameError
from vmenv.host.spec import Host
from vmenv.host.state import Floats
from vmenv.workload.table import Workload

OBJECTIVES = ("mean_response_us", "weighted_response_us", "mean_slowdown", "weighted_tardiness_us", "slowdown_and_lateness")
RATIOS = ("mean_slowdown", "slowdown_and_lateness")  # which have no unit; the others are times


def uncontended_us(host: Host, workload: Workload) -> Floats:
    """Returns (N,) the time that each VM needs alone on the host, its tenant being loaded: one start and all its work."""
    return (host.switch_us + workload.size_us).astype(np.float64)


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
    costs its weight. Tasks cost nothing before their deadline.

    Raises:
        UnknownNameError: The objective is none of OBJECTIVES.
    """
    nothing = np.zeros(workload.num_vms)
    if objective == "mean_response_us":
        return CostRates(np.ones(workload.num_vms), nothing)
    if objective == "weighted_response_us":
        return CostRates(workload.weight.astype(np.float64), nothing)
    if objective == "mean_slowdown":
        return CostRates(1.0 / uncontended_us(host, workload), nothing)
    if objective == "weighted_tardiness_us":
        return CostRates(nothing, np.where(workload.slo_us > 0, workload.weight, 0).astype(np.float64))
    if objective == "slowdown_and_lateness":
        late = ~workload.is_vm & (workload.slo_us > 0)
        lateness = np.where(late, workload.weight / np.maximum(workload.slo_us, 1), 0.0)
        return CostRates(np.where(workload.is_vm, 1.0 / uncontended_us(host, workload), 0.0), lateness)
    raise UnknownNameError("objective", objective, OBJECTIVES)
