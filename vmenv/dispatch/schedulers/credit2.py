"""Credit2: the VM with the most credits goes next; when even that one has none left, all get new ones.

Running burns credits at (largest weight present) / weight of the time, down to minus 10 ms. A VM comes with 10 ms; a reset adds as much
to everyone's, or twice as much if the next one is at the bottom, and what then exceeds 10 ms by more than the carry-over of 0.5 ms is lost.
A turn goes on while the VM has no fewer credits than the best of those that wait, and for 1 ms at the least.

Source: Xen 4.16, xen/common/sched/credit2.c: csched2_alloc_udata and reset_credit (CSCHED2_CREDIT_INIT 10 ms, CSCHED2_CARRYOVER_MAX
0.5 ms, CSCHED2_CREDIT_MIN), t2c_update, runq_candidate, csched2_schedule (CSCHED2_CREDIT_RESET 0), csched2_runtime, whose least is the rate
limit of 1 ms, being longer than CSCHED2_MIN_TIMER. The host's quantum is the tick at which credits are compared; CSCHED2_MAX_TIMER, 10 ms,
is the longest time between two such looks, and means nothing where the tick is shorter. All pCPUs share one run queue here, so that nothing
is said of migrations.
Information: weights. Fair and responsive. Fails, like every fair share, for the mean response time of sizes that vary.
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

WAITS, GOES_ON = 1.0, 2.0


@SCHEDULERS.register("credit2")
@dataclass(frozen=True, kw_only=True)
class Credit2(Scheduler):
    """Xen's second credit scheduler.

    Args:
        credit_us: What a VM comes with, and what a reset adds.
        carryover_us: By how much credits may exceed `credit_us` after a reset.
        least_us: Shortest turn.
    """

    information = "weights"
    source = "Xen 4.16, xen/common/sched/credit2.c"
    tunable: ClassVar[dict[str, Range]] = {
        "credit_us": Range(1e3, 1e8, logarithmic=True),
        "carryover_us": Range(1e1, 1e8, logarithmic=True),
        "least_us": Range(1e1, 1e8, logarithmic=True),
    }

    credit_us: float = 10_000.0
    carryover_us: float = 500.0
    least_us: float = 1_000.0

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.credit_us <= 0 or self.carryover_us < 0 or self.least_us < 0:
            raise SpecError(
                f"Credit2 has credit_us={self.credit_us}, carryover_us={self.carryover_us}, least_us={self.least_us}: "
                "give a number above 0 and two from 0"
            )

    @staticmethod
    def update(s: State, params: Floats) -> None:
        """Memory of a VM: 0 credits (us), 1 service seen, 2 service when its turn began, 3 how it stands, 0 before it has come."""
        heaviest = 1.0
        for i in range(s.run[c.TOP_SLOT]):
            if s.front[i, c.STATUS] != c.EMPTY:
                heaviest = max(heaviest, s.slots[i, c.WEIGHT])
        best = -np.inf  # of those that wait
        for i in range(s.run[c.TOP_SLOT]):
            if s.front[i, c.STATUS] == c.EMPTY:
                continue
            attained = s.slots[i, c.ATTAINED_US]
            if s.vm_memory[i, 3] == 0.0:
                s.vm_memory[i, 0], s.vm_memory[i, 1], s.vm_memory[i, 2], s.vm_memory[i, 3] = params[0], attained, attained, WAITS
            burnt = (attained - s.vm_memory[i, 1]) * heaviest / s.slots[i, c.WEIGHT]
            s.vm_memory[i, 0] = max(s.vm_memory[i, 0] - burnt, -params[0])
            s.vm_memory[i, 1] = attained
            # Where a turn is over, it began anew at what had been served then, so that nothing has been served of it yet.
            has_run = s.slots[i, c.LAST_END_US] == s.run[c.CLOCK_US] and attained > s.vm_memory[i, 2]
            s.vm_memory[i, 3] = GOES_ON if has_run else WAITS
            if s.front[i, c.STATUS] == c.RUNNABLE and not has_run:
                best = max(best, s.vm_memory[i, 0])
        # The next one is the longest in the queue of those whose turn goes on, or who has most.
        next_credits, next_place = best, np.inf
        for i in range(s.run[c.TOP_SLOT]):
            if s.front[i, c.STATUS] != c.RUNNABLE:
                continue
            attained = s.slots[i, c.ATTAINED_US]
            if s.vm_memory[i, 3] == GOES_ON and attained - s.vm_memory[i, 2] >= params[2] and s.vm_memory[i, 0] < best:
                s.vm_memory[i, 3] = WAITS
            if s.vm_memory[i, 3] == WAITS:
                s.vm_memory[i, 2] = attained
            elif s.slots[i, c.QUEUE_PLACE] < next_place:
                next_credits, next_place = s.vm_memory[i, 0], s.slots[i, c.QUEUE_PLACE]
        if -np.inf < next_credits <= 0.0:
            given = params[0] * (2.0 if next_credits == -params[0] else 1.0)
            for i in range(s.run[c.TOP_SLOT]):
                if s.front[i, c.STATUS] != c.EMPTY:
                    s.vm_memory[i, 0] = min(s.vm_memory[i, 0] + given, params[0] + params[1])

    @staticmethod
    def key(vm: Any, host: Any, params: Any) -> tuple[float, float]:
        """Whose turn goes on comes first; then minus the credits, and among equals who has waited longest."""
        goes_on = host.vm_memory[vm.slot, 3] == GOES_ON
        return -np.inf if goes_on else -host.vm_memory[vm.slot, 0], float(vm.queue_place)
