"""What a run costs: the integral over time of the sum of c_i over the VMs present, from their arrival to their completion.

By Little's law in its pathwise form the integral is the sum of c_i x response time, so c_i chooses the mean that is minimised.
"""

from __future__ import annotations

import numpy as np

from vmenv.errors import UnknownNameError
from vmenv.host.spec import Host
from vmenv.host.state import Floats
from vmenv.workload.table import Workload

OBJECTIVES = ("mean_response_us", "weighted_response_us", "mean_slowdown")


def uncontended_us(host: Host, workload: Workload) -> Floats:
    """Returns (N,) the time that each VM needs alone on the host, its tenant being loaded: one start and all its work."""
    return (host.switch_us + workload.size_us).astype(np.float64)


def cost_rates(objective: str, host: Host, workload: Workload) -> Floats:
    """Returns (N,) c_i in the workload's order: 1, the weight, or 1 / (uncontended run time).

    Raises:
        UnknownNameError: The objective is none of OBJECTIVES.
    """
    if objective == "mean_response_us":
        return np.ones(workload.num_vms)
    if objective == "weighted_response_us":
        return workload.weight.astype(np.float64)
    if objective == "mean_slowdown":
        return 1.0 / uncontended_us(host, workload)
    raise UnknownNameError("objective", objective, OBJECTIVES)
