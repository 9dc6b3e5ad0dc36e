"""Stride: the VM with the least pass goes next; a grant moves its pass by service / weight.

A VM that arrives begins at the least pass of those present. Pass is measured in microseconds of service per unit of weight.

Source: Waldspurger and Weihl (1995), "Stride scheduling: deterministic proportional-share resource management", MIT/LCS/TM-528.
Information: weights. The error of any pair against its shares stays below one quantum. Fails, like every fair share, for the mean
response time of sizes that vary.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from vmenv.dispatch.scheduler import SCHEDULERS, Scheduler
from vmenv.host import columns as c
from vmenv.host.state import Floats, State


@SCHEDULERS.register("stride")
@dataclass(frozen=True, kw_only=True)
class Stride(Scheduler):
    """Stride scheduling."""

    information = "weights"
    source = "Waldspurger and Weihl, MIT/LCS/TM-528, 1995"

    @staticmethod
    def update(s: State, params: Floats) -> None:
        """Memory of a VM: 0 whether it has joined, 1 the pass at which it did. Of the run: 0 the least pass of those who had joined."""
        least = np.inf
        for i in range(s.run[c.TOP_SLOT]):
            if s.front[i, c.STATUS] != c.EMPTY and s.vm_memory[i, 0] == 1.0:
                least = min(least, s.vm_memory[i, 1] + s.slots[i, c.ATTAINED_US] / s.slots[i, c.WEIGHT])
        if least < np.inf:
            s.run_memory[0] = max(s.run_memory[0], least)
        for i in range(s.run[c.TOP_SLOT]):
            if s.front[i, c.STATUS] != c.EMPTY and s.vm_memory[i, 0] == 0.0:
                s.vm_memory[i, 0] = 1.0
                s.vm_memory[i, 1] = s.run_memory[0]

    @staticmethod
    def key(vm: Any, host: Any, params: Any) -> tuple[float, float]:
        """The pass: where the VM joined, and its service since per unit of weight."""
        return host.vm_memory[vm.slot, 1] + vm.attained_us / vm.weight, 0.0
