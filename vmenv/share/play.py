"""How policies of shares are played: heuristics look at the arrays, learned ones at observations; all episodes side by side."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from numpy.typing import NDArray

from vmenv.episodes.batch import Episodes
from vmenv.episodes.play import Decide, play_out
from vmenv.episodes.policy import Policy, refuse
from vmenv.share.episodes import ShareEpisodes
from vmenv.share.kind import KIND
from vmenv.share.run import ShareRun
from vmenv.share.scenario import ShareScenario
from vmenv.share.scheduler import Seen, ShareScheduler, to_actions


def play(policy: Any, scenario: ShareScenario, seeds: Sequence[int], *, interpreted: bool = False) -> list[ShareRun]:
    """Returns the runs of a policy on the episodes with these seeds."""
    decide = decides(policy)
    return play_out(ShareEpisodes(scenario, len(seeds), interpreted=interpreted), seeds, decide) if seeds else []


def decides(policy: Any) -> Decide:
    """Returns how a heuristic or a learned policy decides.

    Raises:
        SpecError: It is neither.
    """
    if isinstance(policy, ShareScheduler):
        return lambda episodes, going: to_actions(policy.weights(Seen.read(episodes.runs)))  # type: ignore[attr-defined]  # a batch of this kind
    if isinstance(policy, Policy):
        return lambda episodes, going: _look(policy, episodes)
    raise refuse(policy, KIND, "vmenv.ShareScheduler")


def _look(policy: Policy, episodes: Episodes) -> NDArray[Any]:
    # At all runs: what a policy makes of one may depend in the last digit on how many stand beside it.
    return policy.actions(episodes.observations._asdict())
