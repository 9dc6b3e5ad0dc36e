"""F1: the VM with the least log10(r) n + 870 log10(s), with s the submission time goes first.

r is the requested time in seconds (`estimate_us`), n the number of CPUs, s the time of submission in seconds.

Source: Carastan-Santos and de Camargo (2017), "Obtaining dynamic scheduling policies with simulation and machine learning", SC.
Information: weights. Good for the bounded slowdown of batch jobs like those that its constants were fitted to. Fails on others.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

from vmenv.dispatch.scheduler import SCHEDULERS, Scheduler


@SCHEDULERS.register("f1")
@dataclass(frozen=True, kw_only=True)
class F1(Scheduler):
    """F1.

    Args:
        epoch_s: Time 0 of the workload on the clock of the submission times: of a window of a log, when it begins in the log.
    """

    information = "weights"
    source = "Carastan-Santos and de Camargo, SC 2017"
    keeps_keys = True
    needs = ("estimate_us",)

    epoch_s: float = 0.0

    @staticmethod
    def key(vm: Any, host: Any, params: Any) -> tuple[float, float]:
        """log10(r) n + 870 log10(s), with s the submission time."""
        r, n = max(1.0, vm.estimate_us * 1e-6), max(1.0, vm.cpu_millicores / 1000.0)
        submitted = params[0] + vm.arrival_us * 1e-6
        return math.log10(r) * n + 870.0 * math.log10(max(1.0, submitted)), 0.0
