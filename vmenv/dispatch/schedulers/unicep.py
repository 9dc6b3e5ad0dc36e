"""UNICEP: the VM with the least -w / (log2(n) r) goes first.

r is the requested time in seconds (`estimate_us`), n the number of CPUs, w the time waited in seconds: as it grows the key
falls, and an old job comes forward.

Source: Tang, Lan, Desai and Buettner (2009), "Fault-aware, utility-based job scheduling on Blue Gene/P systems", CLUSTER.
Information: weights. Good for small, short, old jobs. Fails for large ones.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

from vmenv.dispatch.scheduler import SCHEDULERS, Scheduler


@SCHEDULERS.register("unicep")
@dataclass(frozen=True, kw_only=True)
class Unicep(Scheduler):
    """UNICEP."""

    information = "weights"
    source = "Tang et al., CLUSTER 2009"
    needs = ("estimate_us",)

    @staticmethod
    def key(vm: Any, host: Any, params: Any) -> tuple[float, float]:
        """-w / (log2(n) r)."""
        r, n = max(1.0, vm.estimate_us * 1e-6), max(1.0, vm.cpu_millicores / 1000.0)
        w = vm.wait_us * 1e-6
        return -w / (math.log2(max(2.0, n)) * r), 0.0
