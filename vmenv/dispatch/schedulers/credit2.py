"""Credit2: the VM with the most credits goes next; when even that one has none left, all get new ones.

Running burns credits at (largest weight present) / weight of the time; a reset adds 10.5 ms to everyone's, who then has that at the most.
A turn goes on while the VM has more credits than the next, at least 0.5 ms and at most 10 ms.

Source: Xen, xen/common/sched/credit2.c: CSCHED2_CREDIT_INIT 10.5 ms, CSCHED2_MIN_TIMER 0.5 ms, CSCHED2_MAX_TIMER 10 ms. The host's quantum
is the tick at which this is looked at.
Information: weights. Fair and responsive. Fails, like every fair share, for the mean response time of sizes that vary.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np

from vmenv.dispatch.scheduler import SCHEDULERS, Range, Scheduler
from vmenv.host import columns as c
from vmenv.host.state import Floats, State


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
    tunable: ClassVar[dict[str, Range]] = {
        "credit_us": Range(1e3, 1e8, logarithmic=True),
        "least_us": Range(1e2, 1e6, logarithmic=True),
        "most_us": Range(1e3, 1e8, logarithmic=True),
    }

    credit_us: float = 10_500.0
    least_us: float = 500.0
    most_us: float = 10_000.0

    @staticmethod
    def update(s: State, params: Floats) -> None:
        """Memory of a VM: 0 credits (us), 1 service seen, 2 service when its turn began, 3 its rank, 0 before it has one."""
        heaviest = 1.0
        for i in range(s.run[c.TOP_SLOT]):
            if s.slots[i, c.STATUS] != c.EMPTY:
                heaviest = max(heaviest, s.slots[i, c.WEIGHT])
        most = -np.inf
        for i in range(s.run[c.TOP_SLOT]):
            if s.slots[i, c.STATUS] == c.EMPTY:
                continue
            attained = s.slots[i, c.ATTAINED_US]
            if s.vm_memory[i, 3] == 0.0:  # has just come
                s.vm_memory[i, 0] = params[0]
            s.vm_memory[i, 0] -= (attained - s.vm_memory[i, 1]) * heaviest / s.slots[i, c.WEIGHT]
            s.vm_memory[i, 1] = attained
            if s.slots[i, c.STATUS] == c.RUNNABLE:
                most = max(most, s.vm_memory[i, 0])
        resets = 0.0 if most > 0.0 else np.floor(-most / params[0]) + 1.0
        for i in range(s.run[c.TOP_SLOT]):
            if s.slots[i, c.STATUS] == c.EMPTY:
                continue
            s.vm_memory[i, 0] = min(s.vm_memory[i, 0] + resets * params[0], params[0])
            turn = s.slots[i, c.ATTAINED_US] - s.vm_memory[i, 2]
            goes_on = s.slots[i, c.LAST_END_US] == s.run[c.CLOCK_US] and turn < params[2]
            if s.slots[i, c.STATUS] == c.RUNNABLE and not goes_on:
                s.vm_memory[i, 2] = s.slots[i, c.ATTAINED_US]
            # Ranks: 1 must go on, 2 in the order of credits, 3 has had the longest turn and gives way.
            had_longest = s.slots[i, c.LAST_END_US] == s.run[c.CLOCK_US] and turn >= params[2]
            s.vm_memory[i, 3] = 1.0 if goes_on and turn < params[1] else 3.0 if had_longest else 2.0

    @staticmethod
    def key(vm: Any, host: Any, params: Any) -> tuple[float, float]:
        """The rank, then minus the credits."""
        return host.vm_memory[vm.slot, 3], -host.vm_memory[vm.slot, 0]
