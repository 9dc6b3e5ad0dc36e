"""ServerFilling: of the shortest run of earliest VMs that could fill the CPU, the one that needs the most CPU goes first.

The VMs are taken in order of arrival until their CPU demands reach the host's capacity; nobody else runs. When all demands are powers of
two, and so is the capacity, the largest-first order leaves no CPU idle.

Source: Grosof, Harchol-Balter and Scheller-Wolf (2022), "WCFS: a new framework for analyzing multiserver systems", Queueing Systems 102.
Information: demands. Keeps every pCPU busy when demands divide each other. Fails when they do not, and needs pre-emption to be free: give
a short quantum, or preempt="arrival".
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from vmenv.dispatch.scheduler import SCHEDULERS, Scheduler
from vmenv.host import columns as c
from vmenv.host.state import Floats, State


@SCHEDULERS.register("serverfilling")
@dataclass(frozen=True, kw_only=True)
class ServerFilling(Scheduler):
    """ServerFilling."""

    information = "demands"
    source = "Grosof et al., Queueing Systems 102, 2022"
    waits_on_purpose = True

    @staticmethod
    def update(s: State, params: Floats) -> None:
        """Memory of the run: 0 the arrival number of the last VM that is needed to fill the CPU."""
        total, last = 0, -1
        while total < s.devices[c.CPU, c.CAPACITY]:
            following = c.NOBODY
            for i in range(s.run[c.TOP_SLOT]):
                later = s.front[i, c.STATUS] != c.EMPTY and s.slots[i, c.VM] > last
                if later and (following == c.NOBODY or s.slots[i, c.VM] < s.slots[following, c.VM]):
                    following = i
            if following == c.NOBODY:
                break
            total += s.front[following, c.CPU]
            last = s.slots[following, c.VM]
        s.run_memory[0] = last

    @staticmethod
    def key(vm: Any, host: Any, params: Any) -> tuple[float, float]:
        """Minus the CPU demand; infinity for those who are not needed."""
        return (-float(vm.cpu_millicores) if vm.number <= host.run_memory[0] else np.inf), 0.0
