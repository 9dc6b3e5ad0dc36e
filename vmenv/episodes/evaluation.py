"""Evaluation: one row of metrics for each frozen episode, whatever the kind of policy."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from vmenv.dispatch.env import resolve_scenario
from vmenv.dispatch.policy import Policy, play
from vmenv.dispatch.saved import find_policy
from vmenv.dispatch.scenario import EVALUATION_SEEDS, Scenario
from vmenv.dispatch.scheduler import Scheduler
from vmenv.dispatch.simulation import simulate_many
from vmenv.errors import SpecError

BATCH = 256  # episodes of a learned policy that are played side by side


def evaluate(
    policy: str | Scheduler | Policy, scenario: str | Scenario = "thrash", seeds: Iterable[int] = EVALUATION_SEEDS, **parameters: Any
) -> list[dict[str, Any]]:
    """Plays a policy on the episodes with these seeds.

    Args:
        policy: A scheduler's name, a scheduler, or a learned policy.
        scenario: A name or a scenario.
        seeds: Of the episodes; 0..99 are the frozen evaluation episodes.
        **parameters: Of the scenario.

    Returns:
        One row an episode: seed, every metric, num_decisions, and the run's digest.
    """
    chosen = resolve_scenario(scenario, parameters)
    numbers = [int(seed) for seed in seeds]
    if isinstance(policy, str):
        policy = find_policy(policy)
    if isinstance(policy, Scheduler):
        runs = simulate_many(
            chosen.build_host(),
            [chosen.episode(seed) for seed in numbers],
            policy,
            seeds=numbers,
            num_slots=chosen.num_slots,
            horizon_us=chosen.horizon_us,
            objective=chosen.objective,
        )
    elif isinstance(policy, Policy):
        runs = [run for k in range(0, len(numbers), BATCH) for run in play(policy, chosen, numbers[k : k + BATCH])]
    else:
        raise SpecError(f"policy is {policy!r}: give a scheduler's name, a vmenv.Scheduler, or an object with actions() and clairvoyant")
    return [
        {"seed": seed, **run.metrics(), "num_decisions": run.num_decisions, "digest": run.digest()}
        for seed, run in zip(numbers, runs, strict=True)
    ]
