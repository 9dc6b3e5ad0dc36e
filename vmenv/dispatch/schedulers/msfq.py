"""MSFQ, most servers first with quick swap: large and small VMs take turns, and the change to the large ones comes early.

A VM is large if it needs more than half of the CPU. Four phases: (1) large VMs until none is left; (2) small VMs until those present no
longer fill the CPU; (3) small VMs, newcomers too, until at most `threshold` run; (4) the small ones that run come to their end, and
nobody starts. Threshold 0 is most servers first.

Source: Chen et al. (2025), "Improving nonpreemptive multiserver job scheduling with quickswap", arXiv 2509.01893; made for VMs that need
one pCPU or all, without pre-emption.
Information: demands. Keeps utilisation high without making the large ones wait for an empty moment. Fails when demands lie in between.
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


@SCHEDULERS.register("msfq")
@dataclass(frozen=True, kw_only=True)
class Msfq(Scheduler):
    """Most servers first with quick swap.

    Args:
        threshold: Small VMs in service at which phase 4 begins.
    """

    information = "demands"
    source = "Chen et al., arXiv 2509.01893, 2025"
    waits_on_purpose = True
    tunable: ClassVar[dict[str, Range]] = {"threshold": Range(0.0, 15.0, whole=True)}

    threshold: int = 0

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.threshold < 0:
            raise SpecError(f"Msfq.threshold is {self.threshold}: give a number from 0")

    @staticmethod
    def update(s: State, params: Floats) -> None:
        """Memory of the run: 0 the phase, 1 to 4 (0 before the first), 1 the last VM that had arrived when phase 3 began.

        Phases are looked at when somebody could start, first without those who have come at this very instant: what they find may
        have changed before. What is there when phase 3 begins is let in before the threshold counts.
        """
        capacity = s.devices[c.CPU, c.CAPACITY]
        for newcomers in range(2):
            large, running, waiting, demand, last, kept_waiting = 0, 0, 0, 0, -1, 0
            for i in range(s.run[c.TOP_SLOT]):
                new = s.slots[i, c.ADMISSION_US] == s.run[c.CLOCK_US]
                if s.front[i, c.STATUS] == c.EMPTY or (new and newcomers == 0):
                    continue
                last = max(last, s.slots[i, c.VM])
                if 2 * s.front[i, c.CPU] > capacity:
                    large += 1
                    continue
                demand += s.front[i, c.CPU]
                if s.front[i, c.STATUS] == c.RUNNING:
                    running += 1
                else:
                    waiting += 1
                    kept_waiting += s.slots[i, c.VM] <= s.run_memory[1]
            for _ in range(2):
                if s.run_memory[0] <= 1.0:
                    s.run_memory[0] = 1.0 if large > 0 else 2.0
                if s.run_memory[0] == 2.0 and demand < capacity:
                    s.run_memory[0], s.run_memory[1] = 3.0, float(last)
                    kept_waiting = waiting
                if s.run_memory[0] == 3.0 and kept_waiting == 0 and running <= params[0]:
                    s.run_memory[0] = 4.0
                if s.run_memory[0] == 4.0 and running == 0:
                    s.run_memory[0] = 1.0

    @staticmethod
    def key(vm: Any, host: Any, params: Any) -> tuple[float, float]:
        """Order of arrival among those whose phase it is; infinity for the others."""
        large = 2 * vm.cpu_millicores > host.capacity[c.CPU]
        mine = host.run_memory[0] == 1.0 if large else host.run_memory[0] == 2.0 or host.run_memory[0] == 3.0
        return (0.0 if mine else np.inf), 0.0
