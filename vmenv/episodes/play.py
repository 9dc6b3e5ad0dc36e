"""Playing episodes to their end with a policy that decides from outside."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from vmenv.episodes.batch import Episodes
from vmenv.episodes.policy import Policy, refuse
from vmenv.episodes.scenario import Scenario

Decide = Callable[[Episodes, NDArray[np.bool_]], Any]


def play_out(episodes: Episodes, seeds: Sequence[int], decide: Decide) -> list[Any]:
    """Returns the runs of the episodes with these seeds.

    Args:
        episodes: A batch of as many runs as there are seeds.
        seeds: Of the episodes.
        decide: Returns (B, ...) actions, given the batch and (B,) which of its runs go on.
    """
    episodes.restart(range(len(seeds)), seeds)
    while not (over := episodes.terminated | episodes.truncated).all():
        episodes.step(decide(episodes, ~over))
    return [episodes.run(r) for r in range(len(seeds))]


def look(policy: Policy) -> Decide:
    """Returns how a policy decides that looks at observations: at those of the runs that go on."""

    def decide(episodes: Episodes, going: NDArray[np.bool_]) -> Any:
        observed = {name: buffer[going] for name, buffer in episodes.observations._asdict().items()}
        actions = episodes.some_actions()
        actions[going] = policy.actions(observed)
        return actions

    return decide


def play(policy: Any, scenario: Scenario, seeds: Sequence[int]) -> list[Any]:
    """Returns the runs of a policy, the way in which kinds of decision play that have no quicker one."""
    if not isinstance(policy, Policy):
        raise refuse(policy, scenario.kind, "heuristic of that kind")
    return play_out(scenario.kind.episodes(scenario, len(seeds)), seeds, look(policy)) if seeds else []
