"""EASY backfilling: first come, first served, but a later VM may go first if it does not delay the first one that does not fit.

The first that does not fit has a reservation: the time at which, by the requested times (`estimate_us`) of what runs, enough CPU will be
free. Another may start if it will be done by then, or needs no more CPU than will be left over. Made for rigid batch jobs: a host with
preempt="none", and CPU as the only resource that jobs compete for.

Source: Lifka (1995), "The ANL/IBM SP scheduling system", JSSPP; Mu'alem and Feitelson (2001), IEEE TPDS 12.
Information: weights. Good for throughput without starving the first. Fails when requested times are far too long.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from vmenv.dispatch.scheduler import SCHEDULERS, Scheduler
from vmenv.host import columns as c
from vmenv.host.fitting import fits
from vmenv.host.state import Floats, State
from vmenv.jit import jittable


@SCHEDULERS.register("easy")
@dataclass(frozen=True, kw_only=True)
class Easy(Scheduler):
    """EASY backfilling. A VM without an estimate is expected never to end."""

    information = "weights"
    source = "Lifka, JSSPP 1995"
    waits_on_purpose = True
    needs = ("estimate_us",)

    @staticmethod
    def update(s: State, params: Floats) -> None:
        """Memory of the run: 0 number of the first VM, 1 time of its reservation, 2 millicores that are left over then."""
        first = c.NOBODY
        for i in range(s.run[c.TOP_SLOT]):
            if s.front[i, c.STATUS] == c.RUNNABLE and (first == c.NOBODY or s.slots[i, c.VM] < s.slots[first, c.VM]):
                first = i
        s.run_memory[0] = s.slots[first, c.VM]
        s.run_memory[1] = np.inf
        s.run_memory[2] = s.devices[c.CPU, c.CAPACITY]
        if fits(s, first):
            return
        free, wanted, reached = s.devices[c.CPU, c.FREE], s.front[first, c.CPU], -1.0
        while free < wanted:
            # The next expected end, with all that end at that same time.
            soonest = np.inf
            for k in range(s.run[c.NUM_RUNNING]):
                end = expected_end_us(s, s.lists[c.RUNNING_HEAP, k])
                if reached < end < soonest:
                    soonest = end
            if soonest == np.inf:
                break
            for k in range(s.run[c.NUM_RUNNING]):
                j = s.lists[c.RUNNING_HEAP, k]
                if expected_end_us(s, j) == soonest:
                    free += s.front[j, c.CPU]
            reached = soonest
        if free >= wanted:
            s.run_memory[1] = reached
            s.run_memory[2] = free - wanted

    @staticmethod
    def key(vm: Any, host: Any, params: Any) -> tuple[float, float]:
        """Order of arrival; infinity for a VM that would delay the first."""
        in_time = vm.estimate_us > 0 and host.now_us + vm.estimate_us <= host.run_memory[1]
        if vm.number == host.run_memory[0] or in_time or vm.cpu_millicores <= host.run_memory[2]:
            return 0.0, 0.0
        return np.inf, 0.0


@jittable
def expected_end_us(s: State, i: int) -> float:
    """Returns when a running VM will be done by its estimate: now if it is overdue, never if it has none."""
    if s.slots[i, c.ESTIMATE_US] == 0:
        return np.inf
    return float(max(s.run[c.CLOCK_US], s.slots[i, c.GRANT_US] + s.slots[i, c.ESTIMATE_US] - s.slots[i, c.ATTAINED_US]))
