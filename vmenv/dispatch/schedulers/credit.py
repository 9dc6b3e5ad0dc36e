"""Credit: VMs with credits left go before those that have used theirs up; within both, in turn, each for a time slice.

Every accounting period the CPU time of the period is dealt out as credits by weight; running burns them. Nobody keeps more than a
slice's worth. VMs here do not sleep, so that nobody is boosted on waking.

Source: Xen, xen/common/sched/credit.c: time slice 30 ms, accounting once a slice; the host's quantum is the tick, at least the rate limit
of 1 ms.
Information: weights. Fair over several periods. Fails within a period: a turn is long, and new VMs wait for the next accounting.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar

from vmenv.dispatch.scheduler import SCHEDULERS, Range, Scheduler
from vmenv.errors import SpecError
from vmenv.host import columns as c
from vmenv.host.state import Floats, State


@SCHEDULERS.register("credit")
@dataclass(frozen=True, kw_only=True)
class Credit(Scheduler):
    """Xen's credit scheduler.

    Args:
        slice_us: Time slice, and accounting period.
    """

    information = "weights"
    source = "Xen, xen/common/sched/credit.c"
    tunable: ClassVar[dict[str, Range]] = {"slice_us": Range(1e3, 1e8, logarithmic=True)}

    slice_us: float = 30_000.0

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.slice_us <= 0:
            raise SpecError(f"Credit.slice_us is {self.slice_us}: give a number above 0")

    @staticmethod
    def update(s: State, params: Floats) -> None:
        """Memory of a VM: 0 credits (us), 1 service seen, 2 service when its turn began, 3 rank. Of the run: 0 periods accounted for."""
        weights = 0.0
        for i in range(s.run[c.TOP_SLOT]):
            if s.slots[i, c.STATUS] != c.EMPTY:
                weights += s.slots[i, c.WEIGHT]
        periods = s.run[c.CLOCK_US] // params[0]
        dealt = (periods - s.run_memory[0]) * params[0] * (s.devices[c.CPU, c.CAPACITY] // 1000)
        s.run_memory[0] = periods
        for i in range(s.run[c.TOP_SLOT]):
            if s.slots[i, c.STATUS] == c.EMPTY:
                continue
            attained = s.slots[i, c.ATTAINED_US]
            credits = s.vm_memory[i, 0] - (attained - s.vm_memory[i, 1]) + dealt * s.slots[i, c.WEIGHT] / weights
            s.vm_memory[i, 0] = min(credits, params[0])
            s.vm_memory[i, 1] = attained
            # Whether a VM is over is decided at the accounting; in between it keeps its rank.
            over = s.vm_memory[i, 0] < 0.0 if dealt > 0.0 else s.vm_memory[i, 3] >= 2.0
            goes_on = s.slots[i, c.LAST_END_US] == s.run[c.CLOCK_US] and attained - s.vm_memory[i, 2] < params[0]
            if s.slots[i, c.STATUS] == c.RUNNABLE and not goes_on:
                s.vm_memory[i, 2] = attained
            s.vm_memory[i, 3] = (2.0 if over else 0.0) + (0.0 if goes_on else 1.0)

    @staticmethod
    def key(vm: Any, host: Any, params: Any) -> tuple[float, float]:
        """Under before over, who is in its slice before the others; then in turn."""
        return host.vm_memory[vm.slot, 3], float(vm.queue_place)
