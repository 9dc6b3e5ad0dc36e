"""Credit2: the VM with the most credits goes next; when even that one has none left, all get new ones.

Running burns credits at (largest weight present) / weight of the time; a reset adds 10.5 ms to everyone's, who then has that at the most.
A turn goes on while the VM has more credits than the next, at least 0.5 ms and at most 10 ms.

Source: Xen, xen/common/sched/credit2.c: CSCHED2_CREDIT_INIT 10.5 ms, CSCHED2_MIN_TIMER 0.5 ms, CSCHED2_MAX_TIMER 10 ms. The host's quantum
is the tick at which this is looked at.
Information: weights. Fair and responsive. Fails, like every fair share, for the mean response time of sizes that vary.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from vmenv.host import columns as c
from vmenv.host.state import Floats, Runs
from vmenv.schedulers.base import SCHEDULERS, Scheduler


@SCHEDULERS.register("credit2")
@dataclass(frozen=True, kw_only=True)
class Credit2(Scheduler):
    """Xen's second credit scheduler.

    Args:
        credit_us: What a reset gives.
        least_us: Shortest turn.
        most_us: Longest turn.
    """

    information = "weights"
    source = "Xen, xen/common/sched/credit2.c"

    credit_us: float = 10_500.0
    least_us: float = 500.0
    most_us: float = 10_000.0

    @staticmethod
    def update(s: Runs, r: int, params: Floats) -> None:
        """Memory of a VM: 0 credits (us), 1 service seen, 2 service when its turn began, 3 its rank, 0 before it has one."""
        heaviest = 1.0
        for i in range(s.run[r, c.TOP_SLOT]):
            if s.slots[r, c.STATUS, i] != c.EMPTY:
                heaviest = max(heaviest, s.slots[r, c.WEIGHT, i])
        most = -np.inf
        for i in range(s.run[r, c.TOP_SLOT]):
            if s.slots[r, c.STATUS, i] == c.EMPTY:
                continue
            attained = s.slots[r, c.ATTAINED_US, i]
            if s.vm_memory[r, 3, i] == 0.0:  # has just come
                s.vm_memory[r, 0, i] = params[0]
            s.vm_memory[r, 0, i] -= (attained - s.vm_memory[r, 1, i]) * heaviest / s.slots[r, c.WEIGHT, i]
            s.vm_memory[r, 1, i] = attained
            if s.slots[r, c.STATUS, i] == c.RUNNABLE:
                most = max(most, s.vm_memory[r, 0, i])
        resets = 0.0 if most > 0.0 else np.floor(-most / params[0]) + 1.0
        for i in range(s.run[r, c.TOP_SLOT]):
            if s.slots[r, c.STATUS, i] == c.EMPTY:
                continue
            s.vm_memory[r, 0, i] = min(s.vm_memory[r, 0, i] + resets * params[0], params[0])
            turn = s.slots[r, c.ATTAINED_US, i] - s.vm_memory[r, 2, i]
            goes_on = s.slots[r, c.LAST_END_US, i] == s.run[r, c.CLOCK_US] and turn < params[2]
            if s.slots[r, c.STATUS, i] == c.RUNNABLE and not goes_on:
                s.vm_memory[r, 2, i] = s.slots[r, c.ATTAINED_US, i]
            # Ranks: 1 must go on, 2 in the order of credits, 3 has had the longest turn and gives way.
            had_longest = s.slots[r, c.LAST_END_US, i] == s.run[r, c.CLOCK_US] and turn >= params[2]
            s.vm_memory[r, 3, i] = 1.0 if goes_on and turn < params[1] else 3.0 if had_longest else 2.0

    @staticmethod
    def key(vm: Any, host: Any, params: Any) -> tuple[float, float]:
        """The rank, then minus the credits."""
        return host.vm_memory[3, vm.slot], -host.vm_memory[0, vm.slot]
