"""What a board says of an entry on one scenario: its cost, how it differs from others', and its share of the possible gain.

The score is (cost of the rival - own cost) / (cost of the rival - ceiling): 0 is the rival, 100 % the ceiling, less than nothing whoever
costs more than the rival. The rival is the best heuristic, tuned ones included, that looks at no more. The ceiling is a bound that no
policy passes; where none is known, what the best policy costs that knows the future, which others may pass.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from vmenv.host.state import Floats
from vmenv.leaderboard.aggregates import Drawn, draw_episodes, improvements, interval_of, over_runs
from vmenv.leaderboard.contests import Contest, Entry, costs_of
from vmenv.leaderboard.resampling import point
from vmenv.leaderboard.score import Interval

LEAST_GAP = 1e-3  # of the rival's cost: where less is to be gained, there is nothing to have a share of
BOUND, CLAIRVOYANT = "lower bound", "best clairvoyant"


@dataclass(frozen=True)
class Ceiling:
    """What there is to be reached.

    Attributes:
        by: BOUND or CLAIRVOYANT; empty where there is none.
        why_not: Why there is none.
        costs: (Q, E).
    """

    by: str
    why_not: str
    costs: Floats | None


@dataclass(frozen=True)
class Standing:
    """An entry on one scenario. Costs are in the objective's unit.

    Attributes:
        entry: Who.
        cost: The mean over training runs and episodes.
        median: Of the episodes.
        trimmed: The mean without the worst 1 % of the episodes, at least one.
        p99: The 99th percentile of the episodes.
        differences: From each reference that was played, paired by episode: own cost minus its.
        rival: Who it is measured by; None: no heuristic that looks at no more was played.
        behind_rival: Own cost minus the rival's; None: it is its own rival, or has none.
        score: Share of the gap from rival to ceiling that is closed; None: undefined, see `Standings.ceiling`.
        improvement: The probability that it costs less than its rival on the same episode, ties counting half.
        score_runs: (R, K) the score of each training run on resamples, for what is said over scenarios; None as above.
        score_points: (R,) the same on the episodes as they are.
        improvement_runs: (R, K).
    """

    entry: Entry
    cost: Interval
    median: float
    trimmed: float
    p99: float
    differences: dict[str, Interval]
    rival: Entry | None
    behind_rival: Interval | None
    score: Interval | None
    improvement: Interval | None
    score_runs: Floats | None
    score_points: Floats | None
    improvement_runs: Floats | None


@dataclass(frozen=True)
class Standings:
    """All entries on a scenario.

    Attributes:
        contest: Who and on which episodes.
        ceiling: What is to be reached.
        lines: In the order of the contest's entries.
    """

    contest: Contest
    ceiling: Ceiling
    lines: tuple[Standing, ...]

    def of(self, entry: Entry) -> Standing:
        """Returns the line of an entry."""
        return next(line for line in self.lines if line.entry is entry)


def standings(contest: Contest, rng: np.random.Generator) -> Standings:
    """Returns what can be said of all entries on a scenario.

    Args:
        contest: Entries and episodes.
        rng: Draws the resamples. All entries meet the same episodes in each, so that differences are paired.
    """
    ceiling = ceiling_of(contest)
    drawn = draw_episodes(len(contest.seeds), rng)
    return Standings(contest, ceiling, tuple(_standing(contest, ceiling, entry, drawn, rng) for entry in contest.entries))


def ceiling_of(contest: Contest) -> Ceiling:
    """Returns what there is to be reached on a scenario."""
    if contest.is_control:
        return Ceiling("", "a control: the optimum is known, and there is nothing to gain", None)
    if contest.bounds is not None:
        return Ceiling(BOUND, "", contest.bounds[None])
    clairvoyant = contest.ranked("clairvoyant")
    if not clairvoyant:
        return Ceiling("", "no bound is known, and no clairvoyant policy was played", None)
    return Ceiling(CLAIRVOYANT, "", costs_of(clairvoyant[0], contest.scenario.objective))


def _standing(contest: Contest, ceiling: Ceiling, entry: Entry, drawn: Drawn, rng: np.random.Generator) -> Standing:
    objective = contest.scenario.objective
    own, rival = costs_of(entry, objective), contest.rival(entry)
    references = {name: found for name in contest.kind.rivals if (found := contest.named(name)) is not None}
    other = None if rival is None else costs_of(rival, objective)
    score = None if other is None or entry.missing else _scores(own, other, ceiling, drawn)
    better = None if other is None or rival is entry else improvements(own, other)
    return Standing(
        entry=entry,
        cost=interval_of(own.mean(), over_runs(drawn.means(own), rng).mean(axis=0)),
        median=point(own, "median"),
        trimmed=point(own, "trimmed mean"),
        p99=float(np.percentile(own, 99, axis=1).mean()),
        differences={
            name: _difference(own, costs_of(found, objective), drawn, rng) for name, found in references.items() if found is not entry
        },
        rival=rival,
        behind_rival=None if other is None or rival is entry else _difference(own, other, drawn, rng),
        score=None if score is None else interval_of(score[1].mean(), over_runs(score[0], rng).mean(axis=0)),
        improvement=None if better is None else interval_of(better.mean(), over_runs(drawn.means(better), rng).mean(axis=0)),
        score_runs=None if score is None else score[0],
        score_points=None if score is None else score[1],
        improvement_runs=None if better is None else drawn.means(better),
    )


def _difference(own: Floats, other: Floats, drawn: Drawn, rng: np.random.Generator) -> Interval:
    resampled = over_runs(drawn.means(own), rng).mean(axis=0) - over_runs(drawn.means(other), rng).mean(axis=0)
    return interval_of(own.mean() - other.mean(), resampled)


def _scores(own: Floats, other: Floats, ceiling: Ceiling, drawn: Drawn) -> tuple[Floats, Floats] | None:
    """Returns (R, K) and (R,) scores; None where there is nothing to gain over the rival."""
    if ceiling.costs is None:
        return None
    rival, best = other.mean(), ceiling.costs.mean()
    rivals, bests = drawn.means(other).mean(axis=0), drawn.means(ceiling.costs).mean(axis=0)
    if rival - best < LEAST_GAP * rival or (rivals - bests).min() <= 0:
        return None
    return (rivals - drawn.means(own)) / (rivals - bests), (rival - own.mean(axis=1)) / (rival - best)
