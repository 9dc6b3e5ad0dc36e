"""Credit: VMs with credits left go before those that have used theirs up; within both, in turn, each for a time slice.

Running burns credits, and every slice the CPU time of the slice is dealt out as credits by weight among the VMs that take part: a slice's
worth to each at the most, what that leaves going to the others, and beyond it by weight what all together were below zero. Who has fewer
than none then is over until the next accounting, and owes a slice at the most. Who has more than a slice's worth leaves the accounting with
half of its credits, until it has run again; nor does a newcomer take part before it has run. A turn goes on for its slice, whether the VM
is over by then or not, unless it is over and somebody comes. VMs here do not sleep, so that nobody is boosted on waking.

Source: Xen 4.17, xen/common/sched/credit.c: csched_acct, csched_unit_acct, csched_schedule, csched_runq_sort, __runq_tickle; time slice
30 ms. The host's quantum is the tick, at least the rate limit of 1 ms. All pCPUs share one run queue here, a newcomer takes the turns of
all that are over instead of that on one pCPU, and what a slice's worth leaves is dealt out as if the heaviest came first. Where several
slices have passed since the last decision, they are accounted for at once.
Information: weights. Fair over several periods. Fails within a period: a turn is long, and new VMs wait for the next accounting.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar

from vmenv.dispatch.scheduler import SCHEDULERS, Scheduler
from vmenv.episodes.ranges import Range
from vmenv.errors import SpecError
from vmenv.host import columns as c
from vmenv.host.state import Floats, State
from vmenv.jit import jittable

KNOWN, TAKES_PART, OVER, WAITS = 1, 2, 4, 8  # how a VM stands: the sum of what holds


@SCHEDULERS.register("credit")
@dataclass(frozen=True, kw_only=True)
class Credit(Scheduler):
    """Xen's credit scheduler.

    Args:
        slice_us: Time slice, and accounting period.
    """

    information = "weights"
    source = "Xen 4.17, xen/common/sched/credit.c"
    tunable: ClassVar[dict[str, Range]] = {"slice_us": Range(1e3, 1e8, logarithmic=True)}

    slice_us: float = 30_000.0

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.slice_us <= 0:
            raise SpecError(f"Credit.slice_us is {self.slice_us}: give a number above 0")

    @staticmethod
    def update(s: State, params: Floats) -> None:
        """Memory of a VM: 0 credits (us), 1 service seen, 2 service when its turn began, 3 how it stands.

        Of the run: 0 periods accounted for, 1 what all credits came to at the last accounting.
        """
        weights, somebody_came = 0.0, False
        for i in range(s.run[c.TOP_SLOT]):
            if s.front[i, c.STATUS] == c.EMPTY:
                continue
            attained, stands = s.slots[i, c.ATTAINED_US], int(s.vm_memory[i, 3])
            if stands == 0:
                stands, somebody_came = KNOWN | WAITS, True
                s.vm_memory[i, 1] = s.vm_memory[i, 2] = attained
            if attained > s.vm_memory[i, 1]:
                stands |= TAKES_PART
            s.vm_memory[i, 0] -= attained - s.vm_memory[i, 1]
            s.vm_memory[i, 1] = attained
            s.vm_memory[i, 3] = stands
            if stands & TAKES_PART:
                weights += s.slots[i, c.WEIGHT]
        periods = s.run[c.CLOCK_US] // params[0]
        if periods > s.run_memory[0]:
            _account(s, params[0], periods - s.run_memory[0], weights)
            s.run_memory[0] = periods
        for i in range(s.run[c.TOP_SLOT]):
            if s.front[i, c.STATUS] == c.RUNNABLE:
                attained, stands = s.slots[i, c.ATTAINED_US], int(s.vm_memory[i, 3])
                served = attained - s.vm_memory[i, 2]
                goes_on = s.slots[i, c.LAST_END_US] == s.run[c.CLOCK_US] and 0.0 < served < params[0]
                if goes_on and not (somebody_came and stands & OVER):
                    s.vm_memory[i, 3] = stands & ~WAITS
                else:
                    s.vm_memory[i, 3] = stands | WAITS
                    s.vm_memory[i, 2] = attained  # served is 0 from here on: its turn is over for every further pick at this instant

    @staticmethod
    def key(vm: Any, host: Any, params: Any) -> tuple[float, float]:
        """Who is in its slice, then under before over; then in turn."""
        stands = int(host.vm_memory[vm.slot, 3])
        return (0.0 if not stands & WAITS else 2.0 if stands & OVER else 1.0), float(vm.queue_place)


@jittable
def _account(s: State, slice_us: float, periods: float, weights: float) -> None:
    """Deals out credits, and decides who is over and who leaves the accounting."""
    owed, balance = max(0.0, -s.run_memory[1]), 0.0
    to_deal, most = slice_us * periods * (s.devices[c.CPU, c.CAPACITY] // 1000), slice_us * periods
    rate, rises = (to_deal / weights if weights > 0.0 else 0.0), weights > 0.0
    while rises:  # what is too much for the heavy goes to the others, of whom some may then have too much
        left, others = to_deal, weights
        for i in range(s.run[c.TOP_SLOT]):
            weight = s.slots[i, c.WEIGHT]
            if s.front[i, c.STATUS] != c.EMPTY and int(s.vm_memory[i, 3]) & TAKES_PART and weight * rate >= most:
                left, others = left - most, others - weight
        rises = others > 0.0 and left / others > rate
        rate = left / others if rises else rate
    for i in range(s.run[c.TOP_SLOT]):
        stands = int(s.vm_memory[i, 3])
        if s.front[i, c.STATUS] == c.EMPTY or not stands & TAKES_PART:
            continue
        weight = s.slots[i, c.WEIGHT]
        credits = s.vm_memory[i, 0] + min(weight * rate, most) + owed * weight / weights
        stands &= ~OVER
        if credits < 0.0:
            stands |= OVER
            credits = max(credits, -slice_us)
        elif credits > slice_us:
            stands &= ~TAKES_PART
            credits = min(credits, 2.0 * slice_us) / 2.0  # more only where several periods are accounted for at once
        s.vm_memory[i, 0], s.vm_memory[i, 3] = credits, stands
        balance += credits
    s.run_memory[1] = balance
