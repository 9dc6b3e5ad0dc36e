"""All costs on the evaluation episodes that the page is made from."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from agents.training.checkpoint import BEST
from experiments.learned import yardsticks
from experiments.learned.plan import Claim, Plan
from experiments.learned.playing import Player
from experiments.learned.rivals import Rival, find_rival
from experiments.learned.runs import FORMULA, GENERALIST, INDEX, PPO, best_run, card, folders, policies, tuned_heuristics
from vmenv.dispatch.formula.policy import FormulaPolicy
from vmenv.dispatch.scenario import DispatchScenario
from vmenv.dispatch.scheduler import Scheduler
from vmenv.episodes.saved import load_policy
from vmenv.episodes.scenario import make_scenario
from vmenv.episodes.schedulers import list_schedulers
from vmenv.host.state import Floats
from vmenv.leaderboard.score import Interval, paired_ratio


@dataclass(frozen=True)
class Results:
    """The costs of a scenario.

    Attributes:
        plan: What was planned.
        scenario: The scenario.
        seeds: (E,) of the evaluation episodes.
        rival: Who the learned policies are compared with.
        formula: The best formula on the validation episodes.
        costs: (R, E) for the rival's policies, as "rival", and for each agent that has runs here, one row a training seed.
        heuristics: For each scheduler with its defaults (E,) costs.
        tuned: For each heuristic as the first run tuned it (E,) costs.
        limits: (E,) costs of yardsticks and bounds by name; of searched schedules on the first episodes only.
        policies: The tuned heuristics.
    """

    plan: Plan
    scenario: DispatchScenario
    seeds: Sequence[int]
    rival: Rival
    formula: FormulaPolicy
    costs: dict[str, Floats]
    heuristics: dict[str, Floats]
    tuned: dict[str, Floats]
    limits: dict[str, Floats]
    policies: dict[str, Scheduler] = field(default_factory=dict)

    @property
    def name(self) -> str:
        """Of the scenario."""
        return self.plan.scenario

    @property
    def rival_costs(self) -> Floats:
        """(Q, E) costs of the rival."""
        return self.costs["rival"]

    @property
    def learned(self) -> Floats:
        """(R, E) costs of the learned networks."""
        return self.costs[INDEX]

    def against(self, claim: Claim) -> tuple[str, Floats]:
        """Returns name and costs of the policy that a claim speaks of."""
        if claim.against in self.limits:
            return claim.against, self.limits[claim.against]
        return self.rival.name, self.rival_costs

    def ratio(self, agent: str = INDEX, statistic: str = "mean") -> Interval:
        """Returns cost of an agent's policies / cost of the rival."""
        return paired_ratio(self.costs[agent], self.rival_costs, statistic=statistic)


def collect(plan: Plan, runs: Path, player: Player) -> Results:
    """Plays everything on the evaluation episodes."""
    scenario, seeds = make_scenario(plan.scenario), range(plan.episodes)
    rival = find_rival(plan, runs, player)
    costs = {"rival": np.array([player.costs(policy, scenario, seeds) for policy in rival.policies])}
    for agent in (FORMULA, INDEX, GENERALIST, PPO):
        found = policies(plan.scenario, agent, runs)
        if found:
            cards = [str(card(folder / BEST)) for folder in folders(plan.scenario, agent, runs)]
            costs[agent] = np.array([player.costs(policy, scenario, seeds, of) for policy, of in zip(found, cards, strict=True)])
    tuned = {} if plan.optimum else tuned_heuristics(plan.scenario, runs)
    return Results(
        plan=plan,
        scenario=scenario,
        seeds=seeds,
        rival=rival,
        formula=load_policy(best_run(plan.scenario, FORMULA, runs)),
        costs=costs,
        heuristics={} if plan.optimum else {name: player.costs(name, scenario, seeds) for name in list_schedulers()},
        tuned={name: player.costs(policy, scenario, seeds) for name, policy in tuned.items()},
        limits=limits(plan, scenario, seeds, player),
        policies=tuned,
    )


def limits(plan: Plan, scenario: DispatchScenario, seeds: range, player: Player) -> dict[str, Floats]:
    """Returns what yardsticks cost, and where they are known what no policy can pass and what searched schedules cost."""
    found = {name: player.costs(yardsticks.yardstick(name), scenario, seeds) for name in plan.yardsticks}
    if yardsticks.has_bound(scenario):
        told = yardsticks.LOWER_BOUND
        found[told] = player.kept(lambda: yardsticks.bounds(scenario, seeds), scenario, seeds, told)
    if plan.searches:
        told, first = yardsticks.SEARCHED, seeds[: yardsticks.NUM_SEARCHED]
        found[told] = player.kept(lambda: yardsticks.searched(scenario, first), scenario, first, told)
    return found
