"""Fairness: did everybody get the CPU time that its weight entitled it to?"""

from __future__ import annotations

import functools
from typing import TYPE_CHECKING

import numpy as np

from vmenv.dispatch.metric import METRICS
from vmenv.host.state import Floats

if TYPE_CHECKING:
    from vmenv.dispatch.run import Run


CHUNK = 16  # sums of weights that are looked at side by side


def mean_demand(run: Run) -> Floats:
    """Returns (num_vms,) the CPU demand of each VM, in millicores, a mean over its work."""
    work = run.workload
    return np.add.reduceat(work.work_us * work.cpu_millicores, work.first_phase) / work.size_us


@functools.lru_cache(maxsize=1)  # two metrics ask for it, one after the other
def entitled(run: Run) -> Floats:
    """Returns (num_vms,) the CPU time that each VM's weight entitled it to while it was present, in millicores x microseconds.

    At every instant that is its part of the CPU, weight / weights of all that are present, or its demand where that is less. What others
    leave is not passed on, so that a VM can get more.
    """
    weight, demand = run.workload.weight.astype(np.float64), mean_demand(run)
    left_us = run.arrival_us + run.response_us
    times, index = np.unique(np.concatenate([run.arrival_us, left_us]), return_inverse=True)
    arrives, leaves = index[: run.num_vms], index[run.num_vms :]
    weights = np.cumsum(np.bincount(arrives, weight, len(times)) - np.bincount(leaves, weight, len(times)))[:-1]
    enough = 1000 * run.host.cpus * weight / np.maximum(demand, 1e-9)  # up to this sum of weights its part is all that it demands
    fraction, totals = np.zeros(run.num_vms), np.unique(weights[weights > 0])  # not many: weights are whole numbers
    for k in range(0, len(totals), CHUNK):
        some = totals[k : k + CHUNK, None]
        lasted = np.zeros((len(some), len(times)), np.int64)  # how long each sum of weights has lasted so far
        np.cumsum((weights == some) * np.diff(times), axis=1, out=lasted[:, 1:])
        for part in np.minimum(enough / some, 1.0) * (lasted[:, leaves] - lasted[:, arrives]):
            fraction += part
    return demand * fraction


@METRICS.register("jain_entitled")
def jain_entitled(run: Run) -> float:
    """Jain's fairness index of CPU time / entitled CPU time over the VMs that had time to get some: 1 if that is the same for all.

    Source: Jain, Chiu and Hawe, "A quantitative measure of fairness", DEC-TR-301, 1984.
    """
    due = entitled(run)
    judged = due > 0
    x = (run.attained_us * mean_demand(run))[judged] / due[judged]
    return float(x.sum() ** 2 / (len(x) * (x**2).sum())) if x.any() else 1.0


@METRICS.register("max_lag_us")
def max_lag_us(run: Run) -> float:
    """Most CPU time by which a VM fell short of what it was entitled to, in microseconds of a whole pCPU; 0 if none did.

    Source: the lag of fair queueing at the end of each VM, Stoica et al., "A proportional share resource allocation algorithm for
    real-time, time-shared systems", RTSS 1996, against the entitlement of `entitled`.
    """
    short = entitled(run) - run.attained_us * mean_demand(run)
    return float(max(0.0, short[run.arrived].max(initial=0.0)) / 1000)
