"""Gittins for slowdown, with paging: the largest learned index goes first, a completion counting 1 / size, less what a grant pages.

With `size_power` 1 the index is the best ratio of what completions take off the sum of slowdowns to the service that they need, by the
sizes that the run has shown; with 0 it is that of `gittins_learned`. Demands and paging are weighed as in `las_paging`.

Source: Gittins, "Bandit processes and dynamic allocation indices", JRSS B 41, 1979: the reward of a completion may be any function of its
time; costs of changing over as in Asawa and Teneketzis, IEEE TAC 41, 1996.
Information: demands, attained service and the label. Good for the mean slowdown where the law of the sizes has to be found out. Fails while
little has been seen.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any, ClassVar

from vmenv.dispatch.loop.experience import learn_weighted, learned_index
from vmenv.dispatch.scheduler import SCHEDULERS, Scheduler
from vmenv.dispatch.schedulers.las_paging import changeover
from vmenv.dispatch.schedulers.srpt import dominant_share
from vmenv.episodes.ranges import Range
from vmenv.host.state import Floats, State


@SCHEDULERS.register("gittins_paging")
@dataclass(frozen=True, kw_only=True)
class GittinsPaging(Scheduler):
    """The learned Gittins index for slowdown with the costs of paging.

    Args:
        size_power: A completion counts 1 / size to this power: 1 for the mean slowdown, 0 for the mean response time.
        demand_power: Power of the dominant share by which the index is divided.
        page_in: What paging in the whole memory takes off the logarithm of the index.
        page_out: What paging others out for all of it takes off.
        goes_on: What is added if the last grant ended at this instant.
    """

    information = "demands"
    source = "Gittins, JRSS B 41, 1979; Asawa and Teneketzis, IEEE TAC 41, 1996"
    tunable: ClassVar[dict[str, Range]] = {
        "size_power": Range(-1.0, 5.0),
        "demand_power": Range(-6.0, 6.0),
        "page_in": Range(-20.0, 40.0),
        "page_out": Range(-20.0, 40.0),
        "goes_on": Range(-5.0, 10.0),
    }

    size_power: float = 1.0
    demand_power: float = 1.0
    page_in: float = 5.0
    page_out: float = 5.0
    goes_on: float = 0.5

    @staticmethod
    def update(s: State, params: Floats) -> None:
        """Takes in what has come to its end."""
        learn_weighted(s, params[0])

    @staticmethod
    def key(vm: Any, host: Any, params: Any) -> tuple[float, float]:
        """Minus the logarithm of the index, with the costs; then the place in the queue."""
        index = learned_index(host.run_memory, vm.tenant, vm.attained_us, host.quantum_us)
        value = math.log(index) - params[1] * math.log(max(1e-9, dominant_share(vm, host)))
        return changeover(vm, host, params[2], params[3], params[4]) - value, float(vm.queue_place)
