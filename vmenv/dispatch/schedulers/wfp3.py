"""WFP3: the VM with the least -(w / r)^3 n goes first.

r is the requested time in seconds (`estimate_us`), n the number of CPUs, w the time waited in seconds: as it grows the key
falls, and an old job comes forward.

Source: Tang, Lan, Desai and Buettner (2009), "Fault-aware, utility-based job scheduling on Blue Gene/P systems", CLUSTER.
Information: weights. Good for old and large jobs that would starve under SJF. Fails for the mean slowdown: it drains the machine for them.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from vmenv.dispatch.scheduler import SCHEDULERS, Scheduler


@SCHEDULERS.register("wfp3")
@dataclass(frozen=True, kw_only=True)
class Wfp3(Scheduler):
    """WFP3."""

    information = "weights"
    source = "Tang et al., CLUSTER 2009"
    needs = ("estimate_us",)

    @staticmethod
    def key(vm: Any, host: Any, params: Any) -> tuple[float, float]:
        """-(w / r)^3 n."""
        r, n = max(1.0, vm.estimate_us * 1e-6), max(1.0, vm.cpu_millicores / 1000.0)
        w = vm.wait_us * 1e-6
        return -((w / r) ** 3) * n, 0.0
