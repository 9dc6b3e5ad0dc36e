"""CR, critical ratio: the VM whose time to its deadline is the smallest multiple of the service that it still needs goes first.

Sizes being hidden, the service that a VM still needs is 1 / the Gittins index that the run has taught of its label. Once the deadline is
past the ratio is negative, and the shortest of the late ones goes first. VMs without a deadline come last.

Source: Berry and Rao, "Critical ratio scheduling: an experimental analysis", Management Science 22, 1975; the index as in `atc`.
Information: demands, weights, attained service and the label. Good at meeting deadlines of VMs of all sizes while there is time for all of
them. Fails under overload, and it does not see what being late costs.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any, ClassVar

from vmenv.dispatch.scheduler import SCHEDULERS
from vmenv.dispatch.schedulers._tardiness import NO_DEADLINE, DeadlineRule, cpu_share, index_per_us
from vmenv.episodes.ranges import Range


@SCHEDULERS.register("critical_ratio")
@dataclass(frozen=True, kw_only=True)
class CriticalRatio(DeadlineRule):
    """Critical ratio.

    Args:
        weight_power: Power of the weight by which a ratio above 0 is divided, and one below 0 multiplied; 0 is the rule itself.
        demand_power: The same of 1 / CPU share.
        attained_power: The same of 1 / (1 + attained service in quanta).
    """

    source = "Berry and Rao, Management Science 22, 1975"
    tunable: ClassVar[dict[str, Range]] = {
        "weight_power": Range(0.0, 4.0),
        "demand_power": Range(-2.0, 4.0),
        "attained_power": Range(-3.0, 3.0),
    }

    weight_power: float = 0.0
    demand_power: float = 0.0
    attained_power: float = 0.0

    @staticmethod
    def key(vm: Any, host: Any, params: Any) -> tuple[float, float]:
        """The ratio, with what it is divided by; among equals the place in the queue."""
        if vm.slo_us == 0:
            return NO_DEADLINE, float(vm.queue_place)
        ratio = (vm.arrival_us + vm.slo_us - host.now_us) * index_per_us(vm, host)
        log_factor = params[0] * math.log(vm.weight) - params[1] * math.log(cpu_share(vm, host))
        factor = math.exp(log_factor - params[2] * math.log(1.0 + vm.attained_us / host.quantum_us))
        return (ratio / factor if ratio > 0.0 else ratio * factor), float(vm.queue_place)
