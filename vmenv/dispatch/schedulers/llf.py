"""LLF, least laxity first: the VM goes first that can least afford to wait: deadline minus now minus work left.

Source: Mok (1983), "Fundamental design problems of distributed systems for the hard-real-time environment", MIT.
Information: clairvoyant. As good as EDF on one pCPU without overheads. Fails by switching: VMs of equal laxity take turns at every
quantum.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from vmenv.dispatch.scheduler import SCHEDULERS, Scheduler


@SCHEDULERS.register("llf")
@dataclass(frozen=True, kw_only=True)
class Llf(Scheduler):
    """Least laxity first."""

    information = "clairvoyant"
    source = "Mok, PhD thesis, MIT, 1983"
    needs = ("slo_us",)

    @staticmethod
    def key(vm: Any, host: Any, params: Any) -> tuple[float, float]:
        """The laxity; VMs without a deadline come last."""
        if vm.slo_us == 0:
            return 2.0**62, 0.0
        return float(vm.arrival_us + vm.slo_us - host.now_us - (vm.size_us - vm.attained_us)), 0.0
