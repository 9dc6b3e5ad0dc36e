"""UNICEP: the VM with the least -w / (log2(n) r) goes first.

r is the requested time in seconds (`estimate_us`), n the number of CPUs, w the time waited in seconds: as it grows the key
falls, and an old job comes forward. For a job of one CPU, which the machine that the rule was made for did not have, log2(n) is 0.

Source: Tang, Lan, Desai and Buettner (2009), "Fault-aware, utility-based job scheduling on Blue Gene/P systems", CLUSTER.
Information: weights. Good for small, short, old jobs. Fails for large ones.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any, ClassVar

from vmenv.dispatch.scheduler import SCHEDULERS, Scheduler

TINY = 1e-15


@SCHEDULERS.register("unicep")
@dataclass(frozen=True, kw_only=True)
class Unicep(Scheduler):
    """UNICEP.

    Args:
        serial: What jobs of one CPU are: "as_two" CPUs would be, or "first", before all larger ones that have waited, and among themselves
            by w / r. The latter is the formula as simulators of batch scheduling write it, with 1e-15 beside w and n.
    """

    information = "weights"
    source = "Tang et al., CLUSTER 2009"
    needs = ("estimate_us",)
    choices: ClassVar[dict[str, tuple[str, ...]]] = {"serial": ("as_two", "first")}

    serial: str = "as_two"

    @staticmethod
    def key(vm: Any, host: Any, params: Any) -> tuple[float, float]:
        """-w / (log2(n) r)."""
        r, n = max(1.0, vm.estimate_us * 1e-6), max(1.0, vm.cpu_millicores / 1000.0)
        w = vm.wait_us * 1e-6
        if params[0] == 1.0:
            return -(w + TINY) / (math.log2(n + TINY) * r), 0.0
        return -w / (math.log2(max(2.0, n)) * r), 0.0
