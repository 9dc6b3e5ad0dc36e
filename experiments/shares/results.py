"""All costs on the evaluation episodes that the page is made from."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from agents.training.curve import mean_cost
from agents.training.telling import steps
from vmenv.episodes.evaluation import evaluate
from vmenv.episodes.schedulers import make_scheduler
from vmenv.episodes.seeds import EVALUATION_SEEDS, VALIDATION_SEEDS
from vmenv.host.state import Floats
from vmenv.leaderboard.score import Interval, paired_ratio
from vmenv.share.scenario import ShareScenario
from vmenv.share.scheduler import ShareScheduler

Rows = Sequence[Mapping[str, Any]]
HEADROOMS = (0.0, 0.003, 0.01, 0.03, 0.1, 0.3)
NUM_VALIDATION = 50
BLOCK = 10  # neighbouring windows that are resampled as one
UNAVOIDABLE, LINEAR = "unavoidable", "linear tuned"


@dataclass(frozen=True)
class Results:
    """What came out on a scenario.

    Attributes:
        name: Of the scenario.
        scenario: The scenario.
        rows: For each heuristic, each learned policy ("<agent> seed <k>") and UNAVOIDABLE its rows of `vmenv.evaluate`.
        agents: For each agent the names of its runs in `rows`.
        unlearned: Agents whose best checkpoint on the validation episodes is what they started from.
    """

    name: str
    scenario: ShareScenario
    rows: Mapping[str, Rows]
    agents: dict[str, list[str]]
    unlearned: tuple[str, ...] = ()

    def costs(self, name: str) -> Floats:
        """Returns (E,) the objective of a row."""
        return np.array([row[self.scenario.objective] for row in self.rows[name]], np.float64)

    def ratio(self, agent: str, rival: str, in_blocks: bool = False) -> Interval:
        """Returns cost of an agent's policies / that of a rival, paired by episode, over training seeds and episodes (or blocks)."""
        learned, reference = np.array([self.costs(name) for name in self.agents[agent]]), self.costs(rival)
        if in_blocks:
            learned, reference = (costs.reshape(*costs.shape[:-1], -1, BLOCK).mean(axis=-1) for costs in (learned, reference))
        return paired_ratio(learned, reference)


def heuristics(scenario: ShareScenario) -> dict[str, ShareScheduler]:
    """Returns all heuristics with their defaults, variants, and `demand` with the headroom that is best on the validation episodes."""
    found = {name: make_scheduler(name, kind="share") for name in ("equal", "size", "drf", "rap", "rrp", "demand", "linear")}
    found["rrp asc"] = make_scheduler("rrp", kind="share", order="asc")
    trials = [make_scheduler("demand", kind="share", headroom=headroom) for headroom in HEADROOMS]
    found["demand tuned"] = min(trials, key=lambda policy: mean_cost(policy, scenario, VALIDATION_SEEDS[:NUM_VALIDATION]))
    return found


def collect(name: str, scenario: ShareScenario, tuned: Any, learned: Mapping[str, Sequence[Any]], unlearned: Sequence[str] = ()) -> Results:
    """Plays everything on the evaluation episodes.

    Args:
        name: Of the scenario.
        scenario: The scenario.
        tuned: `linear`, tuned.
        learned: For each agent its policies, one a training seed.
        unlearned: See `Results`.
    """
    everyone: dict[str, Any] = heuristics(scenario) | {LINEAR: tuned}
    agents: dict[str, list[str]] = {}
    for agent, policies in learned.items():
        agents[agent] = [f"{agent} seed {seed}" for seed in range(len(policies))]
        everyone |= zip(agents[agent], policies, strict=True)
    rows = {}
    with steps(len(everyone), f"{name}: playing") as step:
        for label, policy in everyone.items():
            step(label)
            rows[label] = evaluate(policy, scenario, EVALUATION_SEEDS)
    # With spare shares given to others at once, only what exceeds the whole host is lost: on one scarce device, whatever the weights.
    rows[UNAVOIDABLE] = evaluate("equal", replace(scenario, spare="shared"), EVALUATION_SEEDS)
    return Results(name, scenario, rows, agents, tuple(unlearned))
