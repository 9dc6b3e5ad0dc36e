"""One episode under the best learned policy and under its rival: the same arrivals, side by side."""

from __future__ import annotations

from collections.abc import Collection
from typing import NamedTuple

import numpy as np

from vmenv.dispatch.formula.policy import FormulaPolicy
from vmenv.dispatch.metrics.slowdown import jain, slowdowns
from vmenv.dispatch.run import Run
from vmenv.dispatch.scenario import DispatchScenario
from vmenv.dispatch.simulation import simulate
from vmenv.errors import VmenvError
from vmenv.host.state import Floats
from vmenv.leaderboard.contests import costs_of
from vmenv.leaderboard.entrants import enter
from vmenv.leaderboard.report.charts import best_learned
from vmenv.leaderboard.standings import Standings

SHOWN_GRANTS = 40  # of a window, about
LEAST_US = 1_000


class Played(NamedTuple):
    """The episode under one policy.

    Attributes:
        policy: What leads to it.
        title: Its name, and what it is here.
        rule: Of a formula, its text; empty for others.
        run: With all grants.
        slowdowns: (V,) of the VMs.
        jain: Jain's index of them.
    """

    policy: str
    title: str
    rule: str
    run: Run
    slowdowns: Floats
    jain: float


class Episode(NamedTuple):
    """An episode.

    Attributes:
        seed: Of it: the one in which the policies differ as they do in the middle.
        from_us: Where the excerpt begins, around the time when most VMs wait under the rival.
        to_us: Where it ends.
        played: The learned policy first, then its rival.
    """

    seed: int
    from_us: int
    to_us: int
    played: tuple[Played, ...]


def episode_of(board: Standings, trusted: Collection[str]) -> Episode | None:
    """Returns the episode, or None where it is not about dispatch, nobody is learned, or code is not trusted.

    Args:
        board: Of a scenario.
        trusted: Modules whose policies may be run.
    """
    line, scenario = best_learned(board), board.contest.scenario
    if line is None or line.rival is None or not isinstance(scenario, DispatchScenario):
        return None
    objective = scenario.objective
    difference = costs_of(line.entry, objective).mean(axis=0) - costs_of(line.rival, objective).mean(axis=0)
    seed = board.contest.seeds[int(np.argsort(difference, kind="stable")[len(difference) // 2])]
    policies = [(line.entry.runs[0][0]["policy"], "learned"), (line.rival.runs[0][0]["policy"], "the best rival")]
    try:
        played = tuple(_play(policy, what, scenario, seed, trusted) for policy, what in policies)
    except VmenvError:
        return None
    return Episode(seed, *_busiest(played[-1].run), played)


def _play(policy: str, what: str, scenario: DispatchScenario, seed: int, trusted: Collection[str]) -> Played:
    player = enter(policy, scenario.kind, trusted).policy
    run = simulate(
        scenario.build_host(),
        scenario.episode(seed),
        player,
        seed=seed,
        num_slots=scenario.num_slots,
        horizon_us=scenario.horizon_us,
        objective=scenario.objective,
        record=True,
    )
    rule = str(player) if isinstance(player, FormulaPolicy) else ""
    return Played(policy, f"{policy}, {what}", rule, run, slowdowns(run), jain(run))


def _busiest(run: Run) -> tuple[int, int]:
    """Returns a window of about SHOWN_GRANTS grants around the time at which most VMs are there."""
    assert run.grants is not None
    left_us = np.where(run.completed, run.completion_us, run.end_us)[run.arrived]
    times = np.sort(run.arrival_us[run.arrived])
    present = np.arange(1, len(times) + 1) - np.searchsorted(np.sort(left_us), times, side="right")
    starts = np.sort(run.grants["grant_us"])
    middle = int(np.searchsorted(starts, times[int(np.argmax(present))]))
    first = max(0, min(middle - SHOWN_GRANTS // 2, len(starts) - SHOWN_GRANTS))
    past = min(first + SHOWN_GRANTS, len(starts) - 1)
    return int(starts[first]), max(int(starts[past]), int(starts[first]) + LEAST_US)
