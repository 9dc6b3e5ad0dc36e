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

import math
from dataclasses import dataclass
from typing import Any, ClassVar, NamedTuple

from vmenv.dispatch.loop.experience import learn, learned_index
from vmenv.dispatch.scheduler import SCHEDULERS, Scheduler
from vmenv.episodes.ranges import Range
from vmenv.errors import SpecError
from vmenv.host import columns as c
from vmenv.host.state import Floats, State
from vmenv.jit import jittable

NO_DEADLINE = 2.0**62


class Urgency(NamedTuple):
    """What rules of tardiness go by.

    Attributes:
        log_value: Logarithm of weight x (index a us) ** index_power / CPU share ** demand_power / (1 + attained, quanta) ** attained_power.
        slack_us: Deadline - now - margin / index; NO_DEADLINE without a deadline.
    """

    log_value: float
    slack_us: float


@jittable
def index_per_us(vm: Any, host: Any) -> float:
    """Returns the Gittins index that the run has taught: completions a microsecond that a VM of this label and service promises."""
    return learned_index(host.run_memory, vm.tenant, vm.attained_us, host.quantum_us) / host.quantum_us


@jittable
def cpu_share(vm: Any, host: Any) -> float:
    """Returns the part of the CPU that a VM demands, above 0."""
    return float(max(1, vm.cpu_millicores) / host.capacity[c.CPU])


@jittable
def urgency(vm: Any, host: Any, index_power: float, demand_power: float, attained_power: float, margin: float) -> Urgency:
    """Returns the value of serving a VM by what the run has taught, and how long it can still wait."""
    index = index_per_us(vm, host)
    value = math.log(vm.weight) + index_power * math.log(index) - demand_power * math.log(cpu_share(vm, host))
    value -= attained_power * math.log(1.0 + vm.attained_us / host.quantum_us)
    if vm.slo_us == 0:
        return Urgency(value, NO_DEADLINE)
    return Urgency(value, vm.arrival_us + vm.slo_us - host.now_us - margin / index)


@SCHEDULERS.register("atc")
@dataclass(frozen=True, kw_only=True)
class Atc(Scheduler):
    """Apparent tardiness cost.

    Args:
        lookahead: Slack over which the value falls by a factor e, as a part of the VM's objective `slo_us`.
        index_power: Power to which the index is raised; as only the order counts, 1 / index_power is a power of the weight.
        demand_power: Power of the CPU share by which the value is divided: 1 counts value per pCPU.
        attained_power: Power of 1 + attained service in quanta by which it is divided besides: above 0 the young come first.
        margin: How many times the expected service is taken off the slack; 1 is the rule itself.
        late_bonus: Logarithm of what the value of a VM is multiplied by once its slack is gone.
    """

    information = "demands"
    source = "Vepsalainen and Morton, Management Science 33, 1987"
    needs = ("slo_us",)
    tunable: ClassVar[dict[str, Range]] = {
        "lookahead": Range(1e-6, 1e2, logarithmic=True),
        "index_power": Range(-1.0, 4.0),
        "demand_power": Range(-4.0, 20.0),
        "attained_power": Range(-4.0, 4.0),
        "margin": Range(-2.0, 6.0),
        "late_bonus": Range(-15.0, 15.0),
    }

    lookahead: float = 0.1
    index_power: float = 1.0
    demand_power: float = 1.0
    attained_power: float = 0.0
    margin: float = 1.0
    late_bonus: float = 0.0

    def __post_init__(self) -> None:
        super().__post_init__()
        if not self.lookahead > 0:
            raise SpecError(f"Atc.lookahead is {self.lookahead}: give a part of the objective above 0")

    @staticmethod
    def update(s: State, params: Floats) -> None:
        """Takes in what has come to its end."""
        learn(s)

    @staticmethod
    def key(vm: Any, host: Any, params: Any) -> tuple[float, float]:
        """Minus the logarithm of the value, with its discount; among equals the place in the queue."""
        u = urgency(vm, host, params[1], params[2], params[3], params[4])
        if vm.slo_us == 0:
            return NO_DEADLINE, -u.log_value
        late = params[5] if u.slack_us <= 0.0 else 0.0
        return max(0.0, u.slack_us) / (params[0] * vm.slo_us) - u.log_value - late, float(vm.queue_place)
