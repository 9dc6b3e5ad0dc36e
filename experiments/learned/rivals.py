"""The rival of the learned policies on a scenario: the best that people's rules can do there, tuned or not, chosen by validation."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from experiments.learned.plan import Plan
from experiments.learned.playing import Player
from experiments.learned.runs import tuned_picks, validation
from experiments.learned.yardsticks import fair_schedulers
from vmenv.dispatch.scheduler import SCHEDULERS, Scheduler
from vmenv.episodes.saved import load_policy
from vmenv.episodes.scenario import make_scenario
from vmenv.episodes.schedulers import make_scheduler
from vmenv.episodes.seeds import VALIDATION_SEEDS


@dataclass(frozen=True)
class Rival:
    """Who learned policies are compared with.

    Attributes:
        name: As the page calls it.
        policies: One a tuning run; a single one if nothing was tuned.
        best: That of them which is best on the validation episodes.
    """

    name: str
    policies: tuple[Scheduler, ...]
    best: Scheduler

    @property
    def kind(self) -> str:
        """Name of the best one's rule."""
        return SCHEDULERS.name_of(self.best)


def find_rival(plan: Plan, runs: Path, player: Player) -> Rival:
    """Returns the optimum on a control; else the tuned heuristics, or a scheduler with its defaults if that is better on validation."""
    if plan.optimum:
        return untuned(plan.optimum)
    picks = tuned_picks(plan.scenario, runs)
    tuned = Rival(
        tuned_name([stem.name for stem in picks]), tuple(load_policy(stem) for stem in picks), load_policy(min(picks, key=validation))
    )
    scenario, seeds = make_scenario(plan.scenario), VALIDATION_SEEDS[: plan.validation]

    def cost(policies: tuple[Scheduler, ...]) -> float:
        return float(np.mean([player.costs(policy, scenario, seeds) for policy in policies]))

    plain = min((untuned(name) for name in fair_schedulers()), key=lambda rival: cost(rival.policies))
    return plain if cost(plain.policies) < cost(tuned.policies) else tuned


def untuned(name: str) -> Rival:
    """Returns a scheduler with its defaults as a rival."""
    scheduler = make_scheduler(name)
    return Rival(name, (scheduler,), scheduler)


def tuned_name(names: list[str]) -> str:
    """Returns what the heuristics of several tuning runs are called together: how many of each, where they are not alike."""
    counted = Counter(names).most_common()
    return "tuned " + (names[0] if len(counted) == 1 else ", ".join(f"{name} ({number} of {len(names)})" for name, number in counted))
