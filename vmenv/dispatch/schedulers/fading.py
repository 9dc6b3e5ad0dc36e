"""Fading: attained service whose preference for the young fades as the pool fills, beside maintenance by slack and by the pool.

A VM's level is the logarithm of its service, which counts the less the fuller the pool is: old VMs soon end and give back their space. A
task with a deadline comes forward as its slack goes; one without, a compression, as the pool fills.

Source: Schrage, Management Science 13, 1967, for least attained service; Mok, PhD thesis, MIT, 1983, for slack; their mixture is vmenv's.
Information: demands, and attained service. Good where VMs take space as they run and ends give it back. Fails where the pool is ample: it
is then least attained service with deadlines.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any, ClassVar

from vmenv.dispatch.scheduler import SCHEDULERS, Scheduler
from vmenv.dispatch.schedulers.srpt import dominant_share
from vmenv.episodes.ranges import Range
from vmenv.errors import SpecError
from vmenv.host import columns as c


@SCHEDULERS.register("fading")
@dataclass(frozen=True, kw_only=True)
class Fading(Scheduler):
    """Attained service by the free part of the pool, maintenance by slack.

    Args:
        young_us: Service below which VMs differ little.
        fade: Part of the preference for the young that is gone when the pool is full; beyond 1 the old come first then.
        demand_power: Weight of the logarithm of a VM's dominant share in its level: above 0 small VMs come first.
        task_level: Level of a task whose slack is gone: what log(1 + service / young_us) of a VM just behind it is in an empty pool.
        task_slope: What a slack of the whole objective `slo_us` adds to it.
        compress_level: Level of a compression when the pool is full.
        compress_slope: What a pool that is all free adds to it.
    """

    information = "demands"
    source = "Schrage, Management Science 13, 1967; Mok, PhD thesis, MIT, 1983"
    tunable: ClassVar[dict[str, Range]] = {
        "young_us": Range(1e2, 1e8, logarithmic=True),
        "fade": Range(-2.0, 3.0),
        "demand_power": Range(-4.0, 4.0),
        "task_level": Range(-20.0, 10.0),
        "task_slope": Range(-5.0, 25.0),
        "compress_level": Range(-10.0, 10.0),
        "compress_slope": Range(-10.0, 50.0),
    }

    young_us: float = 50_000.0
    fade: float = 0.5
    demand_power: float = 0.0
    task_level: float = -3.5
    task_slope: float = 3.5
    compress_level: float = 0.5
    compress_slope: float = 5.0

    def __post_init__(self) -> None:
        super().__post_init__()
        if not self.young_us > 0:
            raise SpecError(f"Fading.young_us is {self.young_us}: give a time above 0")

    @staticmethod
    def key(vm: Any, host: Any, params: Any) -> tuple[float, float]:
        """The level of a VM, a task with a deadline or one without; then the place in the queue."""
        free = host.pool_free_mib / host.pool_mib if host.pool_mib > 0 else 1.0
        if vm.kind == c.RUN:
            young = (1.0 - params[1] * (1.0 - free)) * math.log(1.0 + vm.attained_us / params[0])
            return young + params[2] * math.log(max(1e-9, dominant_share(vm, host))), float(vm.queue_place)
        if vm.slo_us > 0:
            slack = (vm.arrival_us + vm.slo_us - host.now_us) / vm.slo_us
            return params[3] + params[4] * slack, float(vm.queue_place)
        return params[5] + params[6] * free, float(vm.queue_place)
