"""COVERT, cost over time: as ATC, but the value falls in a straight line, and who has more slack than the look-ahead has none.

Among those without any value the least slack goes first. `floor` is the value, as a part, that is left however long a VM can wait.

Source: Carroll, "Heuristic sequencing of single and multiple component jobs", MIT, 1965; the index in place of 1 / size as in `atc`.
Information: demands, weights, attained service and the label. Good where not all deadlines can be met. Fails where the load
changes: what lies beyond the look-ahead counts for nothing until it is nearly too late.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any, ClassVar

from vmenv.dispatch.scheduler import SCHEDULERS
from vmenv.dispatch.schedulers._tardiness import TardinessRule, urgency
from vmenv.episodes.ranges import Range
from vmenv.errors import SpecError


@SCHEDULERS.register("covert")
@dataclass(frozen=True, kw_only=True)
class Covert(TardinessRule):
    """Cost over time: at the look-ahead the value reaches its floor. See `TardinessRule` for what both take.

    Args:
        floor: Part of the value that is left beyond the look-ahead, from 0 to 1.
    """

    source = "Carroll, PhD thesis, MIT, 1965"
    tunable: ClassVar[dict[str, Range]] = TardinessRule.tunable | {"floor": Range(1e-9, 1.0, logarithmic=True)}

    floor: float = 1e-6

    def __post_init__(self) -> None:
        super().__post_init__()
        if not 0 <= self.floor <= 1:
            raise SpecError(f"Covert.floor is {self.floor}: give a number from 0 to 1")

    @staticmethod
    def key(vm: Any, host: Any, params: Any) -> tuple[float, float]:
        """Minus the value, with what is left of it; then the slack."""
        u = urgency(vm, host, params[1], params[2], params[3], params[4])
        left = params[5]
        if vm.slo_us > 0:
            left = max(left, 1.0 - max(0.0, u.slack_us) / (params[0] * vm.slo_us))
        return -math.exp(u.log_value) * left, u.slack_us
