"""The learned order: a weighted sum of what a job is and of how the machine stands, whose weights are searched for."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np

from vmenv.dispatch.scheduler import Scheduler
from vmenv.episodes.ranges import Range
from vmenv.host import columns as c

WEIGHT = Range(-10.0, 10.0)


@dataclass(frozen=True, kw_only=True)
class JobIndex(Scheduler):
    """The job with the largest sum goes first, or none where waiting is worth more: not where nothing runs, or jobs could wait for ever.

    Below, r is the logarithm of the requested seconds, n that of the processors, x the part of the machine that a job takes, f the part
    that is free, q the logarithm of 1 + what those that wait demand of the machine. It starts as the smallest area first, of jobs that fit.

    Args:
        run: Weight of r.
        width: Weight of n.
        part: Weight of x.
        area: Weight of x r.
        waited: Weight of the logarithm of 1 + the seconds waited.
        fits: Weight of 1 if it fits now.
        lacks: Weight of what x has more than f.
        fits_run: Weight of r if it fits now.
        fits_width: Weight of n if it fits now.
        queue_run: Weight of q r.
        queue_width: Weight of q n.
        free_part: Weight of x f.
        wait: What waiting is worth.
        wait_free: The same for each whole f.
        wait_queue: The same for each q.
    """

    information = "weights"
    source = "learned"
    waits_on_purpose = True
    needs = ("estimate_us",)
    tunable: ClassVar[dict[str, Range]] = {
        **dict.fromkeys(("run", "width", "part", "area", "waited", "fits", "lacks", "fits_run", "fits_width"), WEIGHT),
        **dict.fromkeys(("queue_run", "queue_width", "free_part"), WEIGHT),
        **dict.fromkeys(("wait", "wait_free", "wait_queue"), Range(-50.0, 50.0)),
    }

    run: float = -1.0
    width: float = -1.0
    part: float = 0.0
    area: float = 0.0
    waited: float = 0.0
    fits: float = 0.0
    lacks: float = -10.0
    fits_run: float = 0.0
    fits_width: float = 0.0
    queue_run: float = 0.0
    queue_width: float = 0.0
    free_part: float = 0.0
    wait: float = -50.0
    wait_free: float = 0.0
    wait_queue: float = 0.0

    @staticmethod
    def key(vm: Any, host: Any, params: Any) -> tuple[float, float]:
        """Minus the sum; infinity where waiting is worth more and something runs."""
        capacity = host.capacity[c.CPU]
        x, f = vm.cpu_millicores / capacity, host.free[c.CPU] / capacity
        r, n = math.log(max(1.0, vm.estimate_us * 1e-6)), math.log(max(1.0, vm.cpu_millicores / 1000.0))
        q = math.log(1.0 + (host.mapped[c.CPU] - capacity + host.free[c.CPU]) / capacity)
        worth = params[0] * r + params[1] * n + params[2] * x + params[3] * x * r + params[4] * math.log(1.0 + vm.wait_us * 1e-6)
        if x <= f:
            worth += params[5] + params[7] * r + params[8] * n
        else:
            worth += params[6] * (x - f)
        worth += params[9] * q * r + params[10] * q * n + params[11] * x * f
        if host.can_wait and host.num_running > 0 and worth < params[12] + params[13] * f + params[14] * q:
            return np.inf, 0.0
        return -worth, 0.0
