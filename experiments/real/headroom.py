"""How much can be gained: the best heuristic that may not see sizes, beside the best that does."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from vmenv.bounds import lower_bounds
from vmenv.dispatch.scenario import DispatchScenario
from vmenv.dispatch.scheduler import inputs_missing
from vmenv.episodes.evaluation import evaluate
from vmenv.episodes.kinds import KINDS
from vmenv.episodes.seeds import EVALUATION_SEEDS, VALIDATION_SEEDS
from vmenv.errors import VmenvError
from vmenv.host.state import Floats
from vmenv.leaderboard.score import Interval, paired_ratio

CHOOSING = VALIDATION_SEEDS[:30]
LEAST_GAIN = 0.03


class Headroom(NamedTuple):
    """What came out on one workload.

    Attributes:
        rival: The best heuristic that sees no sizes, by its cost on validation episodes.
        clairvoyant: The best that sees them, likewise.
        costs: Of the rival, an evaluation episode each.
        ratio: Clairvoyant / rival.
        bound: Lower bound / rival; None where the bounds say nothing.
    """

    rival: str
    clairvoyant: str
    costs: Floats
    ratio: Interval
    bound: float | None


def costs_of(policy: object, scenario: DispatchScenario, seeds: range) -> Floats:
    """Returns what the episodes of these seeds cost."""
    return np.array([row[scenario.objective] for row in evaluate(policy, scenario, seeds)])


def headroom(scenario: DispatchScenario, episodes: int) -> Headroom:
    """Returns what can be gained on a scenario, on the first so many evaluation episodes."""
    seeds, schedulers = EVALUATION_SEEDS[:episodes], KINDS["dispatch"].schedulers
    sample = scenario.episode(CHOOSING[0])
    found: dict[bool, list[tuple[float, str]]] = {True: [], False: []}
    for name in schedulers.names():
        scheduler = schedulers.make(name)
        if not inputs_missing(scheduler, sample):
            cost = float(costs_of(scheduler, scenario, CHOOSING).mean())
            found[scheduler.information == "clairvoyant"].append((cost, name))
    rival, clairvoyant = (min(found[told])[1] for told in (False, True))
    own, best = (costs_of(name, scenario, seeds) for name in (rival, clairvoyant))
    try:
        bound = float(np.mean(lower_bounds(scenario, seeds)) / own.mean())
    except VmenvError:
        bound = None
    return Headroom(rival, clairvoyant, own, paired_ratio(best, own), bound)
