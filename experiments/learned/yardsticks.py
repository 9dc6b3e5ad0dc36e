"""What the learned policies are measured by besides heuristics: lower bounds, searched schedules, and the optimum where it is known."""

from __future__ import annotations

from collections.abc import Sequence
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
LOWER_BOUND, SEARCHED = "lower bound", "searched schedules"


@cache
def _solved() -> GangOptimal:
    scenario = make_scenario("gang")
    assert isinstance(scenario, Gang)
    return gang_optimal(scenario)


def yardstick(name: str) -> Scheduler:
    """Returns a registered scheduler, or the optimum of `gang`."""
    return _solved() if name == GANG_OPTIMAL else make_scheduler(name)


def rivals(scenario_name: str) -> list[str]:
    """Returns the policies that a scenario's learned ones are compared with."""
    return [*list_schedulers(), *([GANG_OPTIMAL] if scenario_name == "gang" else [])]


def limits(scenario: DispatchScenario, seeds: Sequence[int], searches: bool = True) -> dict[str, Floats]:
    """Returns (E,) what no policy can pass, where that is known, and, if asked for, what searched schedules cost.

    Args:
        scenario: The scenario.
        seeds: Of the episodes.
        searches: Whether to search, with knowledge of each episode.
    """
    found = {LOWER_BOUND: lower_bounds(scenario, seeds)} if has_bound(scenario) else {}
    if searches:
        found[SEARCHED] = np.array([improve_episode(scenario, seed, rounds=ROUNDS).value for seed in seeds])
    return found


def has_bound(scenario: DispatchScenario) -> bool:
    """Returns whether lower bounds are known for what the scenario minimises."""
    return scenario.objective in BOUNDED_OBJECTIVES
