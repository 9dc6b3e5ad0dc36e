"""Entries over all scenarios: those of one information class beside each other, by the interquartile mean of their scores."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from vmenv.dispatch.scheduler import INFORMATION_CLASSES
from vmenv.leaderboard.aggregates import interquartile_mean, interval_of, over_runs
from vmenv.leaderboard.contests import family
from vmenv.leaderboard.score import Interval
from vmenv.leaderboard.standings import Standing, Standings


class Overall(NamedTuple):
    """A policy, or one for each scenario of one make, over all scenarios in which a score is defined.

    Attributes:
        name: Of the policy; a star stands for the scenario.
        role: What sort of entry it is, as `Entry.role` says.
        information: The widest that it looks at on any of them.
        score: Interquartile mean of the scores of all scenarios and training runs.
        scenarios: On how many scenarios the score is defined: not where nothing is known below the rival's cost.
        improvement: The probability that it costs less than its rival on the same episode, the mean over scenarios; None: it is the rival.
    """

    name: str
    role: str
    information: str
    score: Interval
    scenarios: int
    improvement: Interval | None


def overall(boards: Sequence[Standings], rng: np.random.Generator) -> list[Overall]:
    """Returns the entries that were played, and are ranked, on all scenarios in which a score is defined; those who see least first.

    Args:
        boards: Of the scenarios.
        rng: Draws training runs.
    """
    scored = _scored(boards)
    found: dict[str, list[Standing]] = defaultdict(list)
    for board in scored:
        scenario = board.contest.name.split()[0]
        best: dict[str, Standing] = {}
        for line in board.lines:
            for name in line.entry.names:
                best.setdefault(family(name, scenario), line)
        for name, line in best.items():
            found[name].append(line)
    everywhere = {
        name: lines for name, lines in found.items() if len(lines) == len(scored) and not any(line.entry.missing for line in lines)
    }
    entries = [_overall(name, lines, rng) for name, lines in everywhere.items() if any(line.score is not None for line in lines)]
    return sorted(entries, key=lambda entry: (_rank(entry.information), -entry.score.mean, entry.name))


def num_scored(boards: Sequence[Standings]) -> int:
    """Returns on how many scenarios a score is defined."""
    return len(_scored(boards))


def _scored(boards: Sequence[Standings]) -> list[Standings]:
    return [board for board in boards if any(line.score is not None for line in board.lines)]


def _overall(name: str, lines: list[Standing], rng: np.random.Generator) -> Overall:
    widest = max((line.entry.information for line in lines), key=_rank)
    lines = [line for line in lines if line.score is not None]
    runs = [line.score_runs for line in lines if line.score_runs is not None]
    points = np.concatenate([line.score_points for line in lines if line.score_points is not None])
    resampled = interquartile_mean(np.concatenate([over_runs(scores, rng) for scores in runs]))
    better = [line.improvement_runs for line in lines if line.improvement_runs is not None]
    halves = len(lines) - len(better)  # where it is its own rival it is as good as that
    improvement = None
    if better:
        drawn = (sum(over_runs(part, rng).mean(axis=0) for part in better) + 0.5 * halves) / len(lines)
        told = [line.improvement.mean if line.improvement is not None else 0.5 for line in lines]
        improvement = interval_of(float(np.mean(told)), np.asarray(drawn))
    return Overall(name, lines[0].entry.role, widest, interval_of(float(interquartile_mean(points)), resampled), len(lines), improvement)


def _rank(information: str) -> int:
    return INFORMATION_CLASSES.index(information) if information in INFORMATION_CLASSES else len(INFORMATION_CLASSES)
