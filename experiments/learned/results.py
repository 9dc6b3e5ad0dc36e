"""All costs on the evaluation episodes that the page is made from."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from experiments.learned.plan import Claim, Plan
from experiments.learned.runs import index_policies, tuned_heuristics
from experiments.learned.yardsticks import GANG_OPTIMAL, limits, rivals, yardstick
from vmenv.dispatch.scenario import DispatchScenario
from vmenv.dispatch.scheduler import Scheduler
from vmenv.episodes.evaluation import evaluate
from vmenv.episodes.scenario import make_scenario
from vmenv.episodes.seeds import EVALUATION_SEEDS
from vmenv.host.state import Floats
from vmenv.leaderboard.score import Interval, paired_ratio


@dataclass(frozen=True)
class Verdict:
    """A claim and what came out.

    Attributes:
        claim: The claim.
        rival: The policy that it came to.
        cost: Mean cost of the rival.
        ratio: Cost of the learned policies / that of the rival, with its interval.
        text: What follows.
    """

    claim: Claim
    rival: str
    cost: float
    ratio: Interval
    text: str


@dataclass(frozen=True)
class Results:
    """The costs of a scenario.

    Attributes:
        plan: What was planned.
        scenario: The scenario.
        seeds: (E,) of the evaluation episodes.
        learned: (R, E) costs of the learned policies.
        heuristics: For each scheduler with its defaults (E,) costs.
        tuned: For each tuned heuristic (E,) costs, the best on the validation episodes first.
        limits: For each of `yardsticks.limits` (E,) costs.
    """

    plan: Plan
    scenario: DispatchScenario
    seeds: Sequence[int]
    learned: Floats
    heuristics: dict[str, Floats]
    tuned: dict[str, Floats]
    limits: dict[str, Floats]

    def rival(self, claim: Claim) -> tuple[str, Floats]:
        """Returns name and costs of the policy that a claim speaks of."""
        if claim.rival == "best tuned":
            name = next(iter(self.tuned))
            return f"tuned {name}", self.tuned[name]
        if claim.rival == "best untuned":
            fair = [name for name in self.heuristics if name != GANG_OPTIMAL and yardstick(name).information != "clairvoyant"]
            name = min(fair, key=lambda name: self.heuristics[name].mean())
            return name, self.heuristics[name]
        if claim.rival.startswith("tuned "):
            return claim.rival, self.tuned[claim.rival.removeprefix("tuned ")]
        return claim.rival, self.heuristics[claim.rival]

    def verdict(self, claim: Claim) -> Verdict:
        """Returns what became of a claim: it holds if the whole interval lies within it."""
        name, costs = self.rival(claim)
        ratio = paired_ratio(self.learned, costs)
        if claim.is_optimal and ratio.high < 0.99:
            text = "better than the optimum: a mistake"
        elif ratio.high <= claim.at_most:
            text = "holds"
        elif ratio.mean <= claim.at_most:
            text = "holds in the mean, not the whole interval"
        else:
            text = "does not hold"
        return Verdict(claim, name, float(costs.mean()), ratio, text)


def collect(plan: Plan, runs: Path) -> Results:
    """Plays everything on the evaluation episodes."""
    scenario, seeds = make_scenario(plan.scenario), range(plan.episodes)
    return Results(
        plan=plan,
        scenario=scenario,
        seeds=seeds,
        learned=np.array([costs(policy, scenario, seeds) for policy in index_policies(plan, runs)]),
        heuristics={name: costs(yardstick(name), scenario, seeds) for name in rivals(plan.scenario)},
        tuned={name: costs(policy, scenario, seeds) for name, policy in tuned_heuristics(plan, runs).items()},
        limits=limits(scenario, seeds, plan.searches),
    )


def costs(policy: Scheduler, scenario: DispatchScenario, seeds: Sequence[int] = EVALUATION_SEEDS) -> Floats:
    """Returns (E,) the objective on each episode."""
    return np.array([row[scenario.objective] for row in evaluate(policy, scenario, seeds)], np.float64)
