"""The orders that batch scheduling is compared with, with numbers to tune: what a person with a search program would make of them."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any, ClassVar

from vmenv.dispatch.scheduler import Scheduler
from vmenv.episodes.ranges import Range

WEIGHT, POWER = Range(1e-2, 1e5, logarithmic=True), Range(-2.0, 6.0)


@dataclass(frozen=True, kw_only=True)
class WaitPowers(Scheduler):
    """The largest (w + grace)^a r^-b n^c goes first: with (3, 3, 1) and no grace WFP3, with c below 0 close to UNICEP, with a = 0 SJF.

    Args:
        wait: a, power of the time waited.
        run: b, power of the requested time.
        width: c, power of the number of processors.
        grace_s: Added to the time waited, so that a job that has just come is worth something.
    """

    information = "weights"
    source = "Tang et al., CLUSTER 2009, with other powers"
    needs = ("estimate_us",)
    tunable: ClassVar[dict[str, Range]] = {"wait": Range(0.0, 6.0), "run": POWER, "width": POWER, "grace_s": WEIGHT}

    wait: float = 3.0
    run: float = 3.0
    width: float = 1.0
    grace_s: float = 1.0

    @staticmethod
    def key(vm: Any, host: Any, params: Any) -> tuple[float, float]:
        """Minus the logarithm of that product."""
        r, n = max(1.0, vm.estimate_us * 1e-6), max(1.0, vm.cpu_millicores / 1000.0)
        worth = params[0] * math.log(vm.wait_us * 1e-6 + params[3]) - params[1] * math.log(r) + params[2] * math.log(n)
        return -worth, 0.0


@dataclass(frozen=True, kw_only=True)
class Area(Scheduler):
    """The least log10(r) n^c + v log10(s + 1) goes first, with s the time of submission since the sequence began: F1 with (1, 870).

    Args:
        width: c, power of the number of processors.
        submitted: v, weight of the submission.
    """

    information = "weights"
    source = "Carastan-Santos and de Camargo, SC 2017, with other numbers"
    keeps_keys = True
    needs = ("estimate_us",)
    tunable: ClassVar[dict[str, Range]] = {"width": Range(0.1, 3.0), "submitted": WEIGHT}

    width: float = 1.0
    submitted: float = 870.0

    @staticmethod
    def key(vm: Any, host: Any, params: Any) -> tuple[float, float]:
        """log10(r) n^c + v log10(s + 1)."""
        r, n = max(1.0, vm.estimate_us * 1e-6), max(1.0, vm.cpu_millicores / 1000.0)
        return math.log10(r) * n ** params[0] + params[1] * math.log10(1.0 + vm.arrival_us * 1e-6), 0.0
