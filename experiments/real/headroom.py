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


class Played(NamedTuple):
    """What came out of some episodes under a policy.

    Attributes:
        costs: (E,) of each.
        p99_slowdown: In the mean.
        longest_wait_us: In the mean.
    """

    costs: Floats
    p99_slowdown: float
    longest_wait_us: float


class Headroom(NamedTuple):
    """What came out on one workload.

    Attributes:
        rival: The best heuristic that sees no sizes, by its cost on validation episodes.
        clairvoyant: The best that sees them, likewise.
        played: The rival, on evaluation episodes.
        ratio: Clairvoyant / rival.
        bound: Lower bound / rival; None where the bounds say nothing.
    """

    rival: str
    clairvoyant: str
    played: Played
    ratio: Interval
    bound: float | None


def play(policy: object, scenario: DispatchScenario, seeds: range) -> Played:
    """Plays the episodes of these seeds."""
    rows = evaluate(policy, scenario, seeds)
    costs, p99, longest = (np.array([row[name] for row in rows]) for name in (scenario.objective, "p99_slowdown", "longest_wait_us"))
    return Played(costs, float(p99.mean()), float(longest.mean()))


def headroom(scenario: DispatchScenario, episodes: int) -> Headroom:
    """Returns what can be gained on a scenario, on the first so many evaluation episodes."""
    seeds, schedulers = EVALUATION_SEEDS[:episodes], KINDS["dispatch"].schedulers
    sample = scenario.episode(CHOOSING[0])
    found: dict[bool, list[tuple[float, str]]] = {True: [], False: []}
    for name in schedulers.names():
        scheduler = schedulers.make(name)
        if not inputs_missing(scheduler, sample):
            cost = float(play(scheduler, scenario, CHOOSING).costs.mean())
            found[scheduler.information == "clairvoyant"].append((cost, name))
    rival, clairvoyant = (min(found[told])[1] for told in (False, True))
    own, best = (play(name, scenario, seeds) for name in (rival, clairvoyant))
    try:
        bound = float(np.mean(lower_bounds(scenario, seeds)) / own.costs.mean())
    except VmenvError:
        bound = None
    return Headroom(rival, clairvoyant, own, paired_ratio(best.costs, own.costs), bound)
