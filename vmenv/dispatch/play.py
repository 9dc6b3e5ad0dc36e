"""How policies of dispatch are played: heuristics inside the compiled loop, learned ones from outside, all episodes side by side."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from vmenv.dispatch.episodes import DispatchEpisodes
from vmenv.dispatch.kind import KIND
from vmenv.dispatch.packing import check_decisions
from vmenv.dispatch.rollouts import roll_out
from vmenv.dispatch.run import Run
from vmenv.dispatch.scenario import DispatchScenario
from vmenv.dispatch.scheduler import Scheduler
from vmenv.episodes.batch import Episodes
from vmenv.episodes.play import look, play_out
from vmenv.episodes.policy import Policy, refuse
from vmenv.host import columns as c


def play(policy: Any, scenario: DispatchScenario, seeds: Sequence[int]) -> list[Run]:
    """Returns the runs of a policy on the episodes with these seeds."""
    if isinstance(policy, Scheduler):
        return roll_out(
            scenario.build_host(),
            [scenario.episode(seed) for seed in seeds],
            policy,
            seeds=seeds,
            num_slots=scenario.num_slots,
            horizon_us=scenario.horizon_us,
            objective=scenario.objective,
            commit=scenario.commit,
            reservation=scenario.reservation,
        )
    if isinstance(policy, Policy):
        return play_learned(policy, scenario, seeds)
    raise refuse(policy, KIND, "vmenv.Scheduler")


def play_learned(
    policy: Policy,
    scenario: DispatchScenario,
    seeds: Sequence[int],
    *,
    log_length: int = 0,
    most_decisions: int = c.NEVER,
    interpreted: bool = False,
) -> list[Run]:
    """Returns the runs of a learned policy, with as much to observe as it asks for."""
    if not seeds:
        return []
    wants = {name: bool(getattr(policy, name, False)) for name in ("clairvoyant", "history")}
    episodes = DispatchEpisodes(scenario, len(seeds), log_length=log_length, interpreted=interpreted, **wants)
    decide = look(policy)

    def decide_within_limits(batch: Episodes, going: NDArray[np.bool_]) -> Any:
        check_decisions(episodes.runs, most_decisions)
        return decide(batch, going)

    runs: list[Run] = play_out(episodes, seeds, decide_within_limits)
    check_decisions(episodes.runs, most_decisions)
    return runs
