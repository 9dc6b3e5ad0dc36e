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
from typing import Any

import numpy as np

from vmenv.host import columns as c
from vmenv.host.state import Floats, Runs
from vmenv.schedulers.base import SCHEDULERS, Scheduler


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

    warp_us: float = 50_000.0
    allowance_us: float = 10_000.0

    @staticmethod
    def update(s: Runs, r: int, params: Floats) -> None:
        """Memory of a VM: 0 joined, 1 virtual time when it joined, 2 effective virtual time. Of the run: 0 the least virtual time."""
        least = np.inf
        for i in range(s.run[r, c.TOP_SLOT]):
            if s.slots[r, c.STATUS, i] != c.EMPTY and s.vm_memory[r, 0, i] == 1.0:
                least = min(least, s.vm_memory[r, 1, i] + s.slots[r, c.ATTAINED_US, i] / s.slots[r, c.WEIGHT, i])
        if least < np.inf:
            s.run_memory[r, 0] = max(s.run_memory[r, 0], least)
        for i in range(s.run[r, c.TOP_SLOT]):
            if s.slots[r, c.STATUS, i] == c.EMPTY:
                continue
            if s.vm_memory[r, 0, i] == 0.0:
                s.vm_memory[r, 0, i] = 1.0
                s.vm_memory[r, 1, i] = s.run_memory[r, 0]
            virtual = s.vm_memory[r, 1, i] + s.slots[r, c.ATTAINED_US, i] / s.slots[r, c.WEIGHT, i]
            went_on = params[1] if s.slots[r, c.LAST_END_US, i] == s.run[r, c.CLOCK_US] else 0.0
            s.vm_memory[r, 2, i] = virtual - params[0] * s.slots[r, c.PRIORITY, i] - went_on

    @staticmethod
    def key(vm: Any, host: Any, params: Any) -> tuple[float, float]:
        """The effective virtual time, less the allowance for who has just been running."""
        return host.vm_memory[2, vm.slot], float(vm.queue_place)
