"""Scores with their uncertainty: means over episodes, and paired differences between policies on the same episodes."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from vmenv.errors import SpecError, suggestion
from vmenv.host.state import Floats
from vmenv.leaderboard.resampling import STATISTICS, draw, point


@dataclass(frozen=True)
class Interval:
    """An estimate and its 95 % percentile bootstrap interval."""

    mean: float
    low: float
    high: float

    @property
    def excludes_zero(self) -> bool:
        """Whether 0 lies outside."""
        return self.low > 0 or self.high < 0

    def times(self, factor: float) -> Interval:
        """Returns the interval of the estimate times a positive factor, such as a change of unit."""
        return Interval(self.mean * factor, self.low * factor, self.high * factor)

    def __str__(self) -> str:
        return f"{self.mean:.2f} [{self.low:.2f}, {self.high:.2f}]"


def bootstrap_mean(values: Floats, resamples: int = 10_000, seed: int = 0) -> Interval:
    """Returns the mean of (E,) values, one an episode, with the interval of resampling episodes.

    Source: Efron, "Bootstrap methods: another look at the jackknife", Annals of Statistics 7, 1979.
    """
    values = np.asarray(values, np.float64)
    if len(values) < 2:
        raise SpecError(f"an interval needs at least 2 episodes: {len(values)} given")
    rng = np.random.default_rng(seed)
    means = np.array([values[rng.integers(0, len(values), len(values))].mean() for _ in range(resamples)])
    low, high = np.percentile(means, [2.5, 97.5])
    return Interval(float(values.mean()), float(low), float(high))


def paired_difference(values: Floats, reference: Floats, resamples: int = 10_000, seed: int = 0) -> Interval:
    """Returns the mean of `values` - `reference`, paired episode by episode: what the episodes have in common cancels."""
    values, reference = np.asarray(values, np.float64), np.asarray(reference, np.float64)
    if values.shape != reference.shape:
        raise SpecError(f"{len(values)} values against {len(reference)}: give both on the same episodes")
    return bootstrap_mean(values - reference, resamples, seed)


def paired_ratio(
    values: Floats, reference: Floats, resamples: int = 10_000, seed: int = 0, statistic: str = "mean", same_runs: bool = False
) -> Interval:
    """Returns cost / cost of a reference on the same episodes, over several training runs of one kind; on both sides, if both have them.

    The interval is that of resampling training runs and episodes, so that it holds for another training seed too. It is not a number where
    a resample of the reference costs nothing.

    Args:
        values: (R, E), a row for each training run, or (E,) of a single policy.
        reference: (Q, E) or (E,), the same of the reference.
        resamples: Of the bootstrap.
        seed: Of the resampling.
        statistic: What counts of the costs of a run, whose mean is taken over runs: one of `vmenv.leaderboard.resampling.STATISTICS`.
        same_runs: Whether row k of both belongs to one training run, so that runs are drawn together.

    Raises:
        SpecError: The numbers of episodes differ, or of runs that belong together, or there is no such statistic.
    """
    own, other = np.atleast_2d(np.asarray(values, np.float64)), np.atleast_2d(np.asarray(reference, np.float64))
    if own.shape[1] != other.shape[1]:
        raise SpecError(f"{own.shape[1]} values against {other.shape[1]}: give both on the same episodes")
    if statistic not in STATISTICS:
        raise SpecError(f"statistic is {statistic!r}: {suggestion(statistic, STATISTICS)}")
    if same_runs and len(own) != len(other):
        raise SpecError(f"{len(own)} runs against {len(other)}: give as many, or same_runs=False")
    drawn = draw(len(own), len(other), own.shape[1], resamples, seed)
    others = drawn.own_runs if same_runs else drawn.other_runs
    with np.errstate(divide="ignore", invalid="ignore"):
        ratios = drawn.statistics(own, drawn.own_runs, statistic) / drawn.statistics(other, others, statistic)
        ratio = np.float64(point(own, statistic)) / point(other, statistic)
    low, high = np.percentile(ratios, [2.5, 97.5]) if np.isfinite(ratios).all() else (np.nan, np.nan)
    return Interval(float(ratio), float(low), float(high))
