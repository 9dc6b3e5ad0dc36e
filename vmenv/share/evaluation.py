"""Evaluation of policies of shares: one row of metrics for each frozen episode, whatever the kind of policy."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np

from vmenv.dispatch.scenario import EVALUATION_SEEDS
from vmenv.errors import SpecError
from vmenv.share.env import resolve_share_scenario
from vmenv.share.episodes import ShareEpisodes
from vmenv.share.run import ShareRun
from vmenv.share.saved import list_trained_share_policies, load_share_policy
from vmenv.share.scenario import ShareScenario
from vmenv.share.scheduler import LearnedSharePolicy, Seen, SharePolicy, make_share_policy, to_actions

BATCH = 128  # episodes that are played side by side


def evaluate_shares(
    policy: str | SharePolicy | LearnedSharePolicy,
    scenario: str | ShareScenario = "share_spells",
    seeds: Iterable[int] = EVALUATION_SEEDS,
    **parameters: Any,
) -> list[dict[str, Any]]:
    """Plays a policy of shares on the episodes with these seeds.

    Args:
        policy: A name of `vmenv.list_share_policies()` or `vmenv.list_trained_share_policies()`, a heuristic, or a learned policy.
        scenario: A name of `vmenv.list_share_scenarios()`, or a scenario.
        seeds: Of the episodes; 0..99 are the frozen evaluation episodes.
        **parameters: Of the scenario.

    Returns:
        One row an episode: seed, every metric (`vmenv.share.run.ShareRun.metrics`), num_intervals, and the run's digest.
    """
    chosen = resolve_share_scenario(scenario, parameters)
    if isinstance(policy, str):
        policy = load_share_policy(policy) if policy in list_trained_share_policies() else make_share_policy(policy)
    if not isinstance(policy, (SharePolicy, LearnedSharePolicy)):
        raise SpecError(f"policy is {policy!r}: give a name of vmenv.list_share_policies(), a SharePolicy, or an object with actions()")
    numbers = [int(seed) for seed in seeds]
    runs = [run for k in range(0, len(numbers), BATCH) for run in play_shares(policy, chosen, numbers[k : k + BATCH])]
    return [
        {"seed": seed, **run.metrics(), "num_intervals": run.num_intervals, "digest": run.digest()}
        for seed, run in zip(numbers, runs, strict=True)
    ]


def play_shares(
    policy: SharePolicy | LearnedSharePolicy, scenario: ShareScenario, seeds: Sequence[int], interpreted: bool = False
) -> list[ShareRun]:
    """Returns the runs of a policy on the episodes with these seeds, played side by side."""
    if not seeds:
        return []
    episodes = ShareEpisodes(scenario, len(seeds), interpreted=interpreted)
    episodes.restart(np.arange(len(seeds)), seeds)
    while not (episodes.terminated | episodes.truncated).all():
        if isinstance(policy, SharePolicy):
            actions = to_actions(policy.weights(Seen.read(episodes.runs)))
        else:
            actions = policy.actions(episodes.observations._asdict())
        episodes.step(actions)
    return [episodes.run(r) for r in range(len(seeds))]
