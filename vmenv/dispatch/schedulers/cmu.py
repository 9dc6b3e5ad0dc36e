"""c-mu: the VM with the largest weight / expected size goes first.

The expected size is the workload's `estimate_us`, such as the mean of the VM's class; VMs without one come last.

Source: Cox and Smith, Queues (1961); Buyukkoc, Varaiya and Walrand (1985), "The c-mu rule revisited".
Information: weights. Optimal for the weighted number present among policies that know only classes, sizes being exponential. Fails when
sizes within a class vary much more than that.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from vmenv.dispatch.scheduler import SCHEDULERS, Scheduler


@SCHEDULERS.register("cmu")
@dataclass(frozen=True, kw_only=True)
class Cmu(Scheduler):
    """The c-mu rule."""

    information = "weights"
    source = "Cox and Smith, Queues, 1961"
    keeps_keys = True
    needs = ("estimate_us",)

    @staticmethod
    def key(vm: Any, host: Any, params: Any) -> tuple[float, float]:
        """Minus weight / expected size."""
        return (-vm.weight / vm.estimate_us if vm.estimate_us > 0 else 0.0), 0.0
