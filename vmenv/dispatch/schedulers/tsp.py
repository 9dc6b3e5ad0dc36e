"""TSP, time-sharing priority: the most urgent VM goes first, among equally urgent ones the one with the least service.

Urgency is priority + aging x weight x wait. Aging 0 is strict multilevel priority; equal priorities with aging are delay-dependent
priority, the weight of a VM being the rate at which its urgency grows.

Source: the project's second scheduler; Cobham (1954) for strict priority, Kleinrock (1964), "A delay dependent queue discipline".
Information: weights. Good when some VMs matter more. Fails without aging when the urgent ones fill the host: the others starve.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar

from vmenv.dispatch.scheduler import SCHEDULERS, Scheduler
from vmenv.episodes.ranges import Range


@SCHEDULERS.register("tsp")
@dataclass(frozen=True, kw_only=True)
class Tsp(Scheduler):
    """Time-sharing priority.

    Args:
        aging_per_s: Urgency gained per second of waiting, times the weight.
    """

    information = "weights"
    source = "Cobham, J. ORSA 2, 1954; Kleinrock, Naval Research Logistics Q. 11, 1964"
    tunable: ClassVar[dict[str, Range]] = {"aging_per_s": Range(1e-4, 1e4, logarithmic=True)}

    aging_per_s: float = 0.0

    @staticmethod
    def key(vm: Any, host: Any, params: Any) -> tuple[float, float]:
        """Minus the urgency; then the service so far."""
        return -(vm.priority + params[0] * 1e-6 * vm.weight * vm.wait_us), float(vm.attained_us)
