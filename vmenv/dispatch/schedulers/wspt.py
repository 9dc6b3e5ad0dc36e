"""WSPT, weighted shortest processing time: the VM with the most weight per unit of work goes first (Smith's rule).

Source: Smith (1956), "Various optimizers for single-stage production", Naval Research Logistics Quarterly 3.
Information: clairvoyant. Optimal for the weighted sum of completion times when all VMs are there from the start. Fails for large VMs
under load.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from vmenv.dispatch.scheduler import SCHEDULERS, Scheduler


@SCHEDULERS.register("wspt")
@dataclass(frozen=True, kw_only=True)
class Wspt(Scheduler):
    """Weighted shortest processing time."""

    information = "clairvoyant"
    source = "Smith, Naval Research Logistics Q. 3, 1956"
    keeps_keys = True

    @staticmethod
    def key(vm: Any, host: Any, params: Any) -> tuple[float, float]:
        """Minus weight / size."""
        return -vm.weight / vm.size_us, 0.0
