"""ATC, apparent tardiness cost: weight x hazard, which counts the less the longer the VM can still wait, goes first by the largest.

Sizes being hidden, the Gittins index that the run has taught of a VM's label takes the place of 1 / size, and what is to be discounted is
max(0, slack) / look-ahead, slack being deadline - now - margin / index and the look-ahead a part of the VM's own objective `slo_us`. A VM
that is late is not discounted; `late_bonus` above 0 brings those that are late forward, and below 0 puts them off, as lost causes. A VM
without a deadline comes last.

Source: Vepsalainen and Morton, "Priority rules for job shops with weighted tardiness costs", Management Science 33, 1987; the index as in
`gittins_learned`.
Information: demands, weights, attained service and the label. Good where not all deadlines can be met: it is the c-mu rule for those that
are late, and with a short look-ahead the least slack in proportion for the others. Fails when the look-ahead does not fit the load, and
while little has been learned.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar

from vmenv.dispatch.scheduler import SCHEDULERS
from vmenv.dispatch.schedulers._tardiness import NO_DEADLINE, TardinessRule, urgency
from vmenv.episodes.ranges import Range


@SCHEDULERS.register("atc")
@dataclass(frozen=True, kw_only=True)
class Atc(TardinessRule):
    """Apparent tardiness cost: over each look-ahead of slack the value falls by a factor e. See `TardinessRule` for what both take.

    Args:
        late_bonus: Logarithm of what the value of a VM is multiplied by once its slack is gone.
    """

    source = "Vepsalainen and Morton, Management Science 33, 1987"
    tunable: ClassVar[dict[str, Range]] = TardinessRule.tunable | {"late_bonus": Range(-15.0, 15.0)}

    late_bonus: float = 0.0

    @staticmethod
    def key(vm: Any, host: Any, params: Any) -> tuple[float, float]:
        """Minus the logarithm of the value, with its discount; among equals the place in the queue."""
        u = urgency(vm, host, params[1], params[2], params[3], params[4])
        if vm.slo_us == 0:
            return NO_DEADLINE, -u.log_value
        late = params[5] if u.slack_us <= 0.0 else 0.0
        return max(0.0, u.slack_us) / (params[0] * vm.slo_us) - u.log_value - late, float(vm.queue_place)
