"""What is in a workload, in figures: who is there, what they demand, and how that goes over time."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from vmenv.host.state import Floats, Ints
from vmenv.workload.table import Workload

RESOURCES = ("cpu_millicores", "memory_mib", "disk_kib_s", "net_kib_s")


@dataclass(frozen=True)
class Demand:
    """What VMs demand of one resource, in its own unit; averages and quantiles are over their time of service.

    Attributes:
        mean: Of a VM that is there.
        median: Likewise.
        p95: Likewise.
        most: The largest of any phase.
        zero_share: Part of the time in which nothing is demanded.
    """

    mean: float
    median: float
    p95: float
    most: int
    zero_share: float


def demand_of(work: Workload, resource: str) -> Demand:
    """Returns what the VMs of a workload demand of one of `RESOURCES`."""
    demand, time_us = getattr(work, resource), work.work_us.astype(np.float64)
    weight = time_us / time_us.sum()
    order = np.argsort(demand, kind="stable")
    reached = np.cumsum(weight[order])
    median, p95 = (float(demand[order][min(np.searchsorted(reached, q), len(order) - 1)]) for q in (0.5, 0.95))
    return Demand(float(demand @ time_us / time_us.sum()), median, p95, int(demand.max()), float(weight[demand == 0].sum()))


def times_of(work: Workload) -> tuple[Ints, Ints]:
    """Returns (P,) when each phase begins and ends in microseconds, if every VM gets all that it wants at once."""
    done = np.cumsum(work.work_us)
    before_vm = (done - work.work_us)[work.first_phase]
    ends = done + np.repeat(work.arrival_us - before_vm, work.num_phases)
    return ends - work.work_us, ends


def load_over_time(work: Workload, resource: str, num_bins: int) -> tuple[Floats, Floats]:
    """Returns (B + 1,) borders in microseconds and (B,) what all VMs together demand on average between two of them.

    It is what they would demand if every VM got all that it wants at once.

    Args:
        work: The workload.
        resource: One of `RESOURCES`.
        num_bins: B.
    """
    begins, ends = times_of(work)
    demand = getattr(work, resource).astype(np.float64)
    time, change = np.concatenate([begins, ends]), np.concatenate([demand, -demand])
    order = np.argsort(time, kind="stable")
    time, level = time[order], np.cumsum(change[order])
    area = np.concatenate([[0.0], np.cumsum(level[:-1] * np.diff(time))])
    borders = np.linspace(time[0], time[-1], num_bins + 1)
    return borders, np.maximum(0.0, np.diff(np.interp(borders, time, area)) / np.diff(borders))
