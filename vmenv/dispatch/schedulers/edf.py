"""EDF, earliest deadline first: the VM whose response-time objective runs out first goes first; those without one come last.

Source: Liu and Layland (1973), "Scheduling algorithms for multiprogramming in a hard-real-time environment", JACM 20.
Information: weights. Misses nothing on one pCPU without overheads while the utilisation is at most 1. Fails under overload, where one
late VM makes the next one late.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from vmenv.dispatch.scheduler import SCHEDULERS, Scheduler


@SCHEDULERS.register("edf")
@dataclass(frozen=True, kw_only=True)
class Edf(Scheduler):
    """Earliest deadline first."""

    information = "weights"
    source = "Liu and Layland, JACM 20, 1973"
    keeps_keys = True
    needs = ("slo_us",)

    @staticmethod
    def key(vm: Any, host: Any, params: Any) -> tuple[float, float]:
        """The deadline; infinitely late counts as 2^62."""
        return float(vm.arrival_us + vm.slo_us) if vm.slo_us > 0 else 2.0**62, 0.0
