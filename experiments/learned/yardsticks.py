"""What the learned policies are measured by besides rivals: lower bounds, searched schedules, and the optimum where it is known."""

from __future__ import annotations

from functools import cache

import numpy as np

from vmenv.bounds.gang_optimal import GangOptimal, gang_optimal
from vmenv.bounds.improve import improve_episode
from vmenv.bounds.relaxation import BOUNDED_OBJECTIVES, lower_bounds
from vmenv.dispatch.scenario import DispatchScenario
from vmenv.dispatch.scenarios.gang import Gang
from vmenv.dispatch.scheduler import Scheduler
from vmenv.episodes.scenario import make_scenario
from vmenv.episodes.schedulers import list_schedulers, make_scheduler
from vmenv.host.state import Floats

GANG_OPTIMAL = "gang_optimal"  # the one policy that must be solved for before it can play
ROUNDS = 100  # of the search over schedules of an episode
NUM_SEARCHED = 100  # episodes for which schedules are searched, the first
LOWER_BOUND, SEARCHED = "lower bound", "searched schedules"


@cache
def _solved() -> GangOptimal:
    scenario = make_scenario("gang")
    assert isinstance(scenario, Gang)
    return gang_optimal(scenario)


def yardstick(name: str) -> Scheduler:
    """Returns a registered scheduler, or the optimum of `gang`."""
    return _solved() if name == GANG_OPTIMAL else make_scheduler(name)


def fair_schedulers() -> list[str]:
    """Returns the names of the heuristics that know no more than a learned policy."""
    return [name for name in list_schedulers() if make_scheduler(name).information != "clairvoyant"]


def has_bound(scenario: DispatchScenario) -> bool:
    """Returns whether lower bounds are known for what the scenario minimises."""
    return scenario.objective in BOUNDED_OBJECTIVES


def bounds(scenario: DispatchScenario, seeds: range) -> Floats:
    """Returns (E,) what no policy can pass."""
    return np.asarray(lower_bounds(scenario, seeds), np.float64)


def searched(scenario: DispatchScenario, seeds: range) -> Floats:
    """Returns (E,) what schedules cost that a search with knowledge of each episode found."""
    return np.array([improve_episode(scenario, seed, rounds=ROUNDS).value for seed in seeds])
