"""LAS with paging: least attained service by the dominant share, with what a grant pages in and out, and a bonus for who goes on.

Service counts by its logarithm and the rest is added to it: a VM that must page in a tenth of the memory goes behind those with so many
times its service. The bonus is hysteresis: a VM that runs is left only for one that is ahead by more than that.

Source: Schrage, Management Science 13, 1967, for least attained service; the bonus as in Asawa and Teneketzis, "Multi-armed bandits with
switching penalties", IEEE TAC 41, 1996: what runs is worth more than what would have to be switched to.
Information: demands, and attained service. Good where memory is overcommitted and most VMs are short. Fails where the tuned trade of
service against paging is not that of the host: a slower disk needs other numbers.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any, ClassVar

from vmenv.dispatch.features import vm as of
from vmenv.dispatch.scheduler import SCHEDULERS, Scheduler
from vmenv.dispatch.schedulers.srpt import dominant_share
from vmenv.episodes.ranges import Range
from vmenv.errors import SpecError
from vmenv.jit import jittable


@jittable
def changeover(vm: Any, host: Any, page_in: float, page_out: float, goes_on: float) -> float:
    """Returns what a grant costs beside its service, in units of the key: parts of the memory that it pages, less a bonus if it goes on."""
    in_mib, memory_mib = of.page_in(vm, host, 1.0)
    out_mib, _ = of.page_out(vm, host, 1.0)
    bonus = goes_on if vm.last_end_us == host.now_us else 0.0
    return page_in * (in_mib / memory_mib) + page_out * (out_mib / memory_mib) - bonus


@SCHEDULERS.register("las_paging")
@dataclass(frozen=True, kw_only=True)
class LasPaging(Scheduler):
    """Least attained service with the costs of paging.

    Args:
        young_us: Service that is added to what a VM has had: below it, VMs differ little.
        demand_power: Power of the dominant share that the service is multiplied with.
        page_in: What paging in the whole memory adds to the logarithm of the service.
        page_out: What paging others out for all of it adds.
        goes_on: What is taken off if the last grant ended at this instant.
        resident: What is taken off if the VM has memory on the host.
    """

    information = "demands"
    source = "Schrage, Management Science 13, 1967; Asawa and Teneketzis, IEEE TAC 41, 1996"
    tunable: ClassVar[dict[str, Range]] = {
        "young_us": Range(1e2, 1e8, logarithmic=True),
        "demand_power": Range(-6.0, 6.0),
        "page_in": Range(-20.0, 40.0),
        "page_out": Range(-20.0, 40.0),
        "goes_on": Range(-5.0, 10.0),
        "resident": Range(-5.0, 10.0),
    }

    young_us: float = 250_000.0
    demand_power: float = 1.0
    page_in: float = 5.0
    page_out: float = 5.0
    goes_on: float = 0.5
    resident: float = 0.0

    def __post_init__(self) -> None:
        super().__post_init__()
        if not self.young_us > 0:
            raise SpecError(f"LasPaging.young_us is {self.young_us}: give a time above 0")

    @staticmethod
    def key(vm: Any, host: Any, params: Any) -> tuple[float, float]:
        """The logarithm of service x dominant share, with the costs; then the place in the queue."""
        service = math.log(params[0] + vm.attained_us) + params[1] * math.log(max(1e-9, dominant_share(vm, host)))
        resident = params[5] if vm.resident_mib > 0 else 0.0
        return service + changeover(vm, host, params[2], params[3], params[4]) - resident, float(vm.queue_place)
