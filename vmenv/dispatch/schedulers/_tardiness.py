"""What rules of tardiness have in common: the value of serving a VM, the slack that it has left, and how they are weighed.

Sizes being hidden, the Gittins index that the run has taught of a VM's label takes the place of 1 / size, as in `gittins_learned`.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any, ClassVar, NamedTuple

from vmenv.dispatch.loop.experience import learn, learned_index
from vmenv.dispatch.scheduler import Scheduler
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


class DeadlineRule(Scheduler):
    """A rule about deadlines that goes by what the run has taught."""

    information = "demands"
    needs = ("slo_us",)

    @staticmethod
    def update(s: State, params: Floats) -> None:
        """Takes in what has come to its end."""
        learn(s)


@dataclass(frozen=True, kw_only=True)
class TardinessRule(DeadlineRule):
    """A rule by which a value falls with the slack. Its key gets the parameters in the order below, then its own.

    Args:
        lookahead: Slack over which the value falls, as a part of the VM's objective `slo_us`.
        index_power: Power to which the index is raised; as only the order counts, 1 / index_power is a power of the weight.
        demand_power: Power of the CPU share by which the value is divided: 1 counts value per pCPU.
        attained_power: Power of 1 + attained service in quanta by which it is divided besides: above 0 the young come first.
        margin: How many times the expected service is taken off the slack; 1 is the rule itself.
    """

    tunable: ClassVar[dict[str, Range]] = {
        "lookahead": Range(1e-6, 1e2, logarithmic=True),
        "index_power": Range(-1.0, 4.0),
        "demand_power": Range(-4.0, 20.0),
        "attained_power": Range(-4.0, 4.0),
        "margin": Range(-2.0, 6.0),
    }

    lookahead: float = 0.1
    index_power: float = 1.0
    demand_power: float = 1.0
    attained_power: float = 0.0
    margin: float = 1.0

    def __post_init__(self) -> None:
        super().__post_init__()
        if not self.lookahead > 0:
            raise SpecError(f"{type(self).__name__}.lookahead is {self.lookahead}: give a part of the objective above 0")
