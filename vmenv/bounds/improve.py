"""How far clairvoyant SRPT is from the best on one episode: a local search over whole schedules, each played exactly.

A candidate gives every VM a factor, and the VM with the least factor x work left goes first; all factors 1 is SRPT. Some factors are
changed at random, all candidates of a round are played, and the best one goes on (a (1 + lambda) evolution strategy). What comes out is a
schedule that the host can carry out, so that the optimum lies between its cost and that of `vmenv.bounds.relaxation`.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np

from vmenv.checks import check_integer
from vmenv.dispatch.loop.engine import engine
from vmenv.dispatch.objective import cost_rates
from vmenv.dispatch.packing import check_clock, pack
from vmenv.dispatch.scenario import DispatchScenario
from vmenv.dispatch.scheduler import Scheduler
from vmenv.errors import SpecError
from vmenv.host import columns as c
from vmenv.host.spec import Host
from vmenv.host.state import Floats
from vmenv.workload.table import Workload

CHANGED = 0.04  # of the VMs, in one candidate
SIGMA = 1.0  # of the logarithm of a changed factor


@dataclass(frozen=True, kw_only=True)
class ScaledSrpt(Scheduler):
    """SRPT with a factor for each VM.

    Args:
        factors: By arrival number.
    """

    information = "clairvoyant"
    source = "shortest remaining processing time, with factors that a search found"

    factors: tuple[float, ...]

    def __post_init__(self) -> None:
        super().__post_init__()
        if not (np.asarray(self.factors) > 0).all():
            raise SpecError("ScaledSrpt.factors holds a number that is not above 0: give positive factors")

    def params(self, seed: int = 0) -> Floats:
        """Returns the factors."""
        return np.array(self.factors, np.float64)

    @staticmethod
    def key(vm: Any, host: Any, params: Any) -> tuple[float, float]:
        """Factor x work left."""
        return params[vm.number] * (vm.size_us - vm.attained_us), 0.0


class Improved(NamedTuple):
    """What the search found.

    Attributes:
        value: The objective of the best schedule, in its unit.
        srpt: That of SRPT.
        policy: What plays the best schedule.
    """

    value: float
    srpt: float
    policy: ScaledSrpt


def improve(
    host: Host, workload: Workload, objective: str, *, num_slots: int, rounds: int = 100, candidates: int = 32, seed: int = 0
) -> Improved:
    """Returns a better schedule than SRPT's, if the search finds one.

    Args:
        host: The host.
        workload: The episode.
        objective: One of `vmenv.dispatch.objective.OBJECTIVES`, deadlines included.
        num_slots: VMs present at the most.
        rounds: Rounds of the search.
        candidates: Schedules of a round.
        seed: Of the search.
    """
    check_integer("rounds", rounds)
    check_integer("candidates", candidates, least=2)
    rng = np.random.default_rng(seed)
    rates = cost_rates(objective, host, workload)
    runs = pack(host, [workload] * candidates, [rates] * candidates, num_slots=num_slots, horizon_us=None)
    best, value = np.ones(workload.num_vms), np.inf
    policy = ScaledSrpt(factors=tuple(best))
    srpt = np.inf
    for _ in range(1 + rounds):
        changed = rng.random((candidates, workload.num_vms)) < CHANGED
        changed[0] = False  # the first is the best so far, which in the first round is SRPT
        factors = best * np.exp(SIGMA * changed * rng.standard_normal(changed.shape))
        engine().play(runs, policy, factors)
        check_clock(runs)
        costs = runs.costs[:, c.COST] / workload.num_vms
        srpt = min(srpt, float(costs[0])) if value == np.inf else srpt
        if costs.min() < value:
            best, value = factors[costs.argmin()], float(costs.min())
    return Improved(value, srpt, ScaledSrpt(factors=tuple(best.tolist())))


def improve_episode(scenario: DispatchScenario, seed: int, rounds: int = 100) -> Improved:
    """Returns `improve` for an episode of a scenario."""
    return improve(scenario.build_host(), scenario.episode(seed), scenario.objective, num_slots=scenario.num_slots, rounds=rounds)
