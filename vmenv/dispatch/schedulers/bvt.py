"""BVT, borrowed virtual time: the VM with the least effective virtual time goes next; urgent ones may borrow against their future.

Virtual time is service / weight, a VM that arrives begins at the least one present; the effective one is that minus `warp_us` for each
unit of priority. Whose turn it is keeps it until it is `allowance_us` of virtual time past the next.

Source: Duda and Cheriton (1999), "Borrowed-virtual-time (BVT) scheduling: supporting latency-sensitive threads in a general-purpose
scheduler", SOSP.
Information: weights. Long-run shares follow the weights, short-run order the priorities. Fails when urgent VMs never sleep: what they
borrow they pay back only once.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np

from vmenv.dispatch.scheduler import SCHEDULERS, Scheduler
from vmenv.episodes.ranges import Range
from vmenv.host import columns as c
from vmenv.host.state import Floats, State


@SCHEDULERS.register("bvt")
@dataclass(frozen=True, kw_only=True)
class Bvt(Scheduler):
    """Borrowed virtual time.

    Args:
        warp_us: Virtual time that a unit of priority borrows.
        allowance_us: Context switch allowance.
    """

    information = "weights"
    source = "Duda and Cheriton, SOSP 1999"
    tunable: ClassVar[dict[str, Range]] = {"warp_us": Range(1e3, 1e8, logarithmic=True), "allowance_us": Range(1e2, 1e7, logarithmic=True)}

    warp_us: float = 50_000.0
    allowance_us: float = 10_000.0

    @staticmethod
    def update(s: State, params: Floats) -> None:
        """Memory of a VM: 0 joined, 1 virtual time when it joined, 2 effective virtual time. Of the run: 0 the least virtual time."""
        least = np.inf
        for i in range(s.run[c.TOP_SLOT]):
            if s.front[i, c.STATUS] != c.EMPTY and s.vm_memory[i, 0] == 1.0:
                least = min(least, s.vm_memory[i, 1] + s.slots[i, c.ATTAINED_US] / s.slots[i, c.WEIGHT])
        if least < np.inf:
            s.run_memory[0] = max(s.run_memory[0], least)
        for i in range(s.run[c.TOP_SLOT]):
            if s.front[i, c.STATUS] == c.EMPTY:
                continue
            if s.vm_memory[i, 0] == 0.0:
                s.vm_memory[i, 0] = 1.0
                s.vm_memory[i, 1] = s.run_memory[0]
            virtual = s.vm_memory[i, 1] + s.slots[i, c.ATTAINED_US] / s.slots[i, c.WEIGHT]
            went_on = params[1] if s.slots[i, c.LAST_END_US] == s.run[c.CLOCK_US] else 0.0
            s.vm_memory[i, 2] = virtual - params[0] * s.slots[i, c.PRIORITY] - went_on

    @staticmethod
    def key(vm: Any, host: Any, params: Any) -> tuple[float, float]:
        """The effective virtual time, less the allowance for who has just been running."""
        return host.vm_memory[vm.slot, 2], float(vm.queue_place)
