"""Credit: VMs with credits left go before those that have used theirs up; within both, in turn, each for a time slice.

Every accounting period the CPU time of the period is dealt out as credits by weight; running burns them. Nobody keeps more than a
slice's worth. VMs here do not sleep, so that nobody is boosted on waking.

Source: Xen, xen/common/sched/credit.c: time slice 30 ms, accounting once a slice; the host's quantum is the tick, at least the rate limit
of 1 ms.
Information: weights. Fair over several periods. Fails within a period: a turn is long, and new VMs wait for the next accounting.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from vmenv.errors import SpecError
from vmenv.host import columns as c
from vmenv.host.state import Floats, Runs
from vmenv.schedulers.base import SCHEDULERS, Scheduler


@SCHEDULERS.register("credit")
@dataclass(frozen=True, kw_only=True)
class Credit(Scheduler):
    """Xen's credit scheduler.

    Args:
        slice_us: Time slice, and accounting period.
    """

    information = "weights"
    source = "Xen, xen/common/sched/credit.c"

    slice_us: float = 30_000.0

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.slice_us <= 0:
            raise SpecError(f"Credit.slice_us is {self.slice_us}: give a number above 0")

    @staticmethod
    def update(s: Runs, r: int, params: Floats) -> None:
        """Memory of a VM: 0 credits (us), 1 service seen, 2 service when its turn began, 3 rank. Of the run: 0 periods accounted for."""
        weights = 0.0
        for i in range(s.run[r, c.TOP_SLOT]):
            if s.slots[r, c.STATUS, i] != c.EMPTY:
                weights += s.slots[r, c.WEIGHT, i]
        periods = s.run[r, c.CLOCK_US] // params[0]
        dealt = (periods - s.run_memory[r, 0]) * params[0] * (s.devices[r, c.CAPACITY, 0] // 1000)
        s.run_memory[r, 0] = periods
        for i in range(s.run[r, c.TOP_SLOT]):
            if s.slots[r, c.STATUS, i] == c.EMPTY:
                continue
            attained = s.slots[r, c.ATTAINED_US, i]
            credits = s.vm_memory[r, 0, i] - (attained - s.vm_memory[r, 1, i]) + dealt * s.slots[r, c.WEIGHT, i] / weights
            s.vm_memory[r, 0, i] = min(credits, params[0])
            s.vm_memory[r, 1, i] = attained
            # Whether a VM is over is decided at the accounting; in between it keeps its rank.
            over = s.vm_memory[r, 0, i] < 0.0 if dealt > 0.0 else s.vm_memory[r, 3, i] >= 2.0
            goes_on = s.slots[r, c.LAST_END_US, i] == s.run[r, c.CLOCK_US] and attained - s.vm_memory[r, 2, i] < params[0]
            if s.slots[r, c.STATUS, i] == c.RUNNABLE and not goes_on:
                s.vm_memory[r, 2, i] = attained
            s.vm_memory[r, 3, i] = (2.0 if over else 0.0) + (0.0 if goes_on else 1.0)

    @staticmethod
    def key(vm: Any, host: Any, params: Any) -> tuple[float, float]:
        """Under before over, who is in its slice before the others; then in turn."""
        return host.vm_memory[3, vm.slot], float(vm.queue_place)
