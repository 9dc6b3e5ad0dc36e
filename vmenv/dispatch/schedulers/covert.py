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

from vmenv.dispatch.loop.experience import learn
from vmenv.dispatch.scheduler import SCHEDULERS, Scheduler
from vmenv.dispatch.schedulers.atc import urgency
from vmenv.episodes.ranges import Range
from vmenv.errors import SpecError
from vmenv.host.state import Floats, State


@SCHEDULERS.register("covert")
@dataclass(frozen=True, kw_only=True)
class Covert(Scheduler):
    """Cost over time.

    Args:
        lookahead: Slack at which the value reaches its floor, as a part of the VM's objective `slo_us`.
        index_power: Power to which the index is raised.
        demand_power: Power of the CPU share by which the value is divided: 1 counts value per pCPU.
        attained_power: Power of 1 + attained service in quanta by which it is divided besides: above 0 the young come first.
        margin: How many times the expected service is taken off the slack; 1 is the rule itself.
        floor: Part of the value that is left beyond the look-ahead, from 0 to 1.
    """

    information = "demands"
    source = "Carroll, PhD thesis, MIT, 1965"
    needs = ("slo_us",)
    tunable: ClassVar[dict[str, Range]] = {
        "lookahead": Range(1e-6, 1e2, logarithmic=True),
        "index_power": Range(-1.0, 4.0),
        "demand_power": Range(-4.0, 20.0),
        "attained_power": Range(-4.0, 4.0),
        "margin": Range(-2.0, 6.0),
        "floor": Range(1e-9, 1.0, logarithmic=True),
    }

    lookahead: float = 0.1
    index_power: float = 1.0
    demand_power: float = 1.0
    attained_power: float = 0.0
    margin: float = 1.0
    floor: float = 1e-6

    def __post_init__(self) -> None:
        super().__post_init__()
        if not self.lookahead > 0:
            raise SpecError(f"Covert.lookahead is {self.lookahead}: give a part of the objective above 0")
        if not 0 <= self.floor <= 1:
            raise SpecError(f"Covert.floor is {self.floor}: give a number from 0 to 1")

    @staticmethod
    def update(s: State, params: Floats) -> None:
        """Takes in what has come to its end."""
        learn(s)

    @staticmethod
    def key(vm: Any, host: Any, params: Any) -> tuple[float, float]:
        """Minus the value, with what is left of it; then the slack."""
        u = urgency(vm, host, params[1], params[2], params[3], params[4])
        left = params[5]
        if vm.slo_us > 0:
            left = max(left, 1.0 - max(0.0, u.slack_us) / (params[0] * vm.slo_us))
        return -math.exp(u.log_value) * left, u.slack_us
