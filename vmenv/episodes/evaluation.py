"""Evaluation: one row of metrics for each frozen episode, whatever is decided and whatever the kind of policy."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from vmenv.episodes.policy import find_policy
from vmenv.episodes.scenario import Scenario, resolve_scenario
from vmenv.episodes.seeds import EVALUATION_SEEDS, check_seeds


def evaluate(
    policy: Any, scenario: str | Scenario = "thrash", seeds: Iterable[int] = EVALUATION_SEEDS, **parameters: Any
) -> list[dict[str, Any]]:
    """Plays a policy on the episodes with these seeds.

    Args:
        policy: A name of `vmenv.list_schedulers` or `vmenv.list_policies`, "my_module:MyScheduler", a heuristic, or a learned policy, of
            the scenario's kind of decision.
        scenario: A name or a scenario, of any kind.
        seeds: Of the episodes; 0..99 are the frozen evaluation episodes.
        **parameters: Of the scenario.

    Returns:
        One row an episode: seed, every metric of the kind of decision, num_decisions, and the run's digest.
    """
    chosen = resolve_scenario(scenario, parameters)
    kind = chosen.kind
    numbers, player = check_seeds(seeds), find_policy(policy, kind)
    size = kind.play_batch
    runs = [run for k in range(0, len(numbers), size) for run in kind.play(player, chosen, numbers[k : k + size])]
    return [
        {"seed": seed, **run.metrics(), "num_decisions": run.num_decisions, "digest": run.digest()}
        for seed, run in zip(numbers, runs, strict=True)
    ]
