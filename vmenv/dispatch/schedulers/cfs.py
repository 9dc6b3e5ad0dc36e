"""CFS, completely fair scheduler: the VM with the least virtual runtime goes next and keeps its turn for a slice.

Virtual runtime is service / weight. The slice is the VM's share, by weight, of a period, and at least the minimum granularity; the period
is the latency for up to latency / granularity VMs, and a granularity each for more of them. A turn is over at the first tick at which more
than the slice has been served, or, after a granularity, the least virtual runtime of those that wait is behind by more than a slice. A VM
that arrives begins a slice above the least virtual runtime present.

Source: Linux 6.1, kernel/sched/fair.c: __sched_period, sched_slice, check_preempt_tick, place_entity (START_DEBIT); sysctl_sched_latency
6 ms, sysctl_sched_min_granularity 0.75 ms, both times 1 + ilog2(min(cpus, 8)). The kernel has a queue for every pCPU and evens out their
loads; here all pCPUs share one, and what it counts of VMs and weights is that of one of them when the load is even: the numbers of the
whole over those of the pCPUs. A weight of 1 counts as that of nice 0. The host's quantum is the tick, so it should be 1 ms or less.
The wake-up granularity plays no part: VMs here do not sleep.
Information: weights. Fair over periods of the latency. Fails for heavy VMs among many light ones: their lag grows with the number
of the others.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np

from vmenv.dispatch.scheduler import SCHEDULERS, Scheduler
from vmenv.episodes.ranges import Range
from vmenv.errors import SpecError
from vmenv.host import columns as c
from vmenv.host.state import Floats, State
from vmenv.jit import jittable


@SCHEDULERS.register("cfs")
@dataclass(frozen=True, kw_only=True)
class Cfs(Scheduler):
    """Completely fair scheduler.

    Args:
        latency_us: Period in which everybody should have a turn, while they are few, on one pCPU.
        min_granularity_us: Shortest turn, on one pCPU.
    """

    information = "weights"
    source = "Linux 6.1, kernel/sched/fair.c"
    tunable: ClassVar[dict[str, Range]] = {
        "latency_us": Range(1e3, 1e8, logarithmic=True),
        "min_granularity_us": Range(1e2, 1e8, logarithmic=True),
    }

    latency_us: float = 6_000.0
    min_granularity_us: float = 750.0

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.latency_us < 0 or self.min_granularity_us < 0:
            raise SpecError(f"Cfs has latency_us={self.latency_us}, min_granularity_us={self.min_granularity_us}: give numbers from 0")

    @staticmethod
    def update(s: State, params: Floats) -> None:
        """Memory of a VM: 0 joined, 1 virtual runtime when it joined, 2 service when its turn began, 3 turn over. Of the run: 0 the least.

        A turn goes on while the VM is granted again at the instant at which its grant ended.
        """
        pcpus, now = max(1, s.devices[c.CPU, c.CAPACITY] // 1000), s.run[c.CLOCK_US]
        factor, processors = 1.0, min(pcpus, 8)
        while processors > 1:
            factor, processors = factor + 1.0, processors // 2
        least, weights, present = np.inf, 0.0, 0.0
        for i in range(s.run[c.TOP_SLOT]):
            if s.front[i, c.STATUS] != c.EMPTY:
                weights += s.slots[i, c.WEIGHT]
                present += 1.0
                if s.vm_memory[i, 0] == 1.0:
                    least = min(least, s.vm_memory[i, 1] + s.slots[i, c.ATTAINED_US] / s.slots[i, c.WEIGHT])
        if least < np.inf:
            s.run_memory[0] = max(s.run_memory[0], least)
        period_us, least_us = params[0] * factor, params[1] * factor
        if params[1] > 0.0 and present / pcpus > np.ceil(params[0] / params[1]):
            period_us = present / pcpus * least_us
        first = np.inf  # virtual runtime of those that wait
        for i in range(s.run[c.TOP_SLOT]):
            if s.front[i, c.STATUS] == c.EMPTY:
                continue
            attained, weight = s.slots[i, c.ATTAINED_US], s.slots[i, c.WEIGHT]
            if s.vm_memory[i, 0] == 0.0:
                debit = _slice_us(period_us, least_us, weight, weights, pcpus) / weight
                s.vm_memory[i, 0] = 1.0
                s.vm_memory[i, 1] = s.run_memory[0] + debit - attained / weight
                s.vm_memory[i, 2] = attained
            served = attained - s.vm_memory[i, 2]
            slice_us = _slice_us(period_us, least_us, weight, weights, pcpus)
            goes_on = s.slots[i, c.LAST_END_US] == now and 0.0 < served <= slice_us
            s.vm_memory[i, 3] = 0.0 if goes_on else 1.0
            if s.front[i, c.STATUS] == c.RUNNABLE and not goes_on:
                s.vm_memory[i, 2] = attained  # served is 0 from here on, so that its turn is over at this instant for every further pick
                first = min(first, s.vm_memory[i, 1] + attained / weight)
        for i in range(s.run[c.TOP_SLOT]):
            if s.front[i, c.STATUS] == c.RUNNABLE and s.vm_memory[i, 3] == 0.0:
                attained, weight = s.slots[i, c.ATTAINED_US], s.slots[i, c.WEIGHT]
                ahead = s.vm_memory[i, 1] + attained / weight - first
                if attained - s.vm_memory[i, 2] >= least_us and ahead > _slice_us(period_us, least_us, weight, weights, pcpus):
                    s.vm_memory[i, 2], s.vm_memory[i, 3] = attained, 1.0

    @staticmethod
    def key(vm: Any, host: Any, params: Any) -> tuple[float, float]:
        """Whose turn goes on comes first; then the virtual runtime."""
        return host.vm_memory[vm.slot, 3], host.vm_memory[vm.slot, 1] + vm.attained_us / vm.weight


@jittable
def _slice_us(period_us: float, least_us: float, weight: int, weights: float, pcpus: int) -> float:
    """Returns how long a turn is: the share of a VM in what an even load puts on its pCPU, where it is alone if it is heavier than that."""
    return max(period_us * min(1.0, pcpus * weight / weights), least_us)
