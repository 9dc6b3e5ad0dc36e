"""MaxWeight: a VM of the tenant with the most VMs present goes next; among its VMs, the ring.

MaxWeight serves the feasible set with the largest sum of queue length x rate. This is its greedy form: one VM after the other, each of the
longest queue of which one fits. The tenant stands for the type of a VM.

Source: Tassiulas and Ephremides (1992), IEEE TAC 37; for VMs Maguluri, Srikant and Ying (2012), "Stochastic models of load balancing and
scheduling in cloud computing clusters", INFOCOM.
Information: demands. The full form is stable whenever any policy is. Fails for short queues: their VMs wait until the queue is long.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from vmenv.dispatch.loop.looks import num_present_of
from vmenv.dispatch.scheduler import SCHEDULERS, Scheduler


@SCHEDULERS.register("maxweight")
@dataclass(frozen=True, kw_only=True)
class MaxWeight(Scheduler):
    """Greedy MaxWeight."""

    information = "demands"
    source = "Tassiulas and Ephremides, IEEE TAC 37, 1992"
    needs = ("tenant",)

    @staticmethod
    def key(vm: Any, host: Any, params: Any) -> tuple[float, float]:
        """Minus the length of its queue."""
        return -float(num_present_of(host, vm.tenant)), float(vm.queue_place)
