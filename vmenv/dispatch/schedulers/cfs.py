"""CFS, completely fair scheduler: the VM with the least virtual runtime goes next and keeps its turn for a slice.

Virtual runtime is service / weight; a VM that arrives begins at the least one present. The slice is its share of the latency period, at
least the minimum granularity. The host's quantum is the tick at which this is looked at, so it should be 1 ms or less. The wake-up
granularity of the original plays no part: VMs here do not sleep.

Source: Linux before 6.6, kernel/sched/fair.c: sysctl_sched_latency 6 ms, sysctl_sched_min_granularity 0.75 ms, both times
1 + ilog2(min(cpus, 8)); check_preempt_tick.
Information: weights. Fair over periods of the latency. Fails for heavy VMs among many light ones: their lag grows with the number
of the others.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np

from vmenv.dispatch.scheduler import SCHEDULERS, Range, Scheduler
from vmenv.errors import SpecError
from vmenv.host import columns as c
from vmenv.host.state import Floats, State


@SCHEDULERS.register("cfs")
@dataclass(frozen=True, kw_only=True)
class Cfs(Scheduler):
    """Completely fair scheduler.

    Args:
        latency_us: Period in which everybody should have a turn, on one pCPU.
        min_granularity_us: Shortest turn, on one pCPU.
    """

    information = "weights"
    source = "Linux before 6.6, kernel/sched/fair.c"
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
        factor, processors = 1.0, min(s.devices[c.CPU, c.CAPACITY] // 1000, 8)
        while processors > 1:
            factor, processors = factor + 1.0, processors // 2
        least, weights = np.inf, 0.0
        for i in range(s.run[c.TOP_SLOT]):
            if s.slots[i, c.STATUS] != c.EMPTY:
                weights += s.slots[i, c.WEIGHT]
                if s.vm_memory[i, 0] == 1.0:
                    least = min(least, s.vm_memory[i, 1] + s.slots[i, c.ATTAINED_US] / s.slots[i, c.WEIGHT])
        if least < np.inf:
            s.run_memory[0] = max(s.run_memory[0], least)
        for i in range(s.run[c.TOP_SLOT]):
            if s.slots[i, c.STATUS] == c.EMPTY:
                continue
            attained = s.slots[i, c.ATTAINED_US]
            if s.vm_memory[i, 0] == 0.0:
                s.vm_memory[i, 0] = 1.0
                s.vm_memory[i, 1] = s.run_memory[0]
            turn = max(params[0] * factor * s.slots[i, c.WEIGHT] / weights, params[1] * factor)
            goes_on = s.slots[i, c.LAST_END_US] == s.run[c.CLOCK_US] and attained - s.vm_memory[i, 2] < turn
            if s.slots[i, c.STATUS] == c.RUNNABLE and not goes_on:
                s.vm_memory[i, 2] = attained
            s.vm_memory[i, 3] = 0.0 if goes_on else 1.0

    @staticmethod
    def key(vm: Any, host: Any, params: Any) -> tuple[float, float]:
        """Whose turn goes on comes first; then the virtual runtime."""
        return host.vm_memory[vm.slot, 3], host.vm_memory[vm.slot, 1] + vm.attained_us / vm.weight
