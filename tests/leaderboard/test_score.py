"""Intervals and paired differences."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from vmenv.errors import SpecError
from vmenv.host.state import Floats
from vmenv.leaderboard.resampling import STATISTICS
from vmenv.leaderboard.score import Interval, bootstrap_mean, paired_difference, paired_ratio


def test_interval_covers_the_mean_as_often_as_it_says() -> None:
    """400 samples of 50 normal numbers: coverage of a 95 % percentile interval is about .94 (it is slightly short at this size).

    The number of hits is binomial(400, .94); fewer than 360 or more than 395 has probability below .002.
    """
    rng = np.random.default_rng(0)
    hits = 0
    for k in range(400):
        interval = bootstrap_mean(rng.normal(3.0, 2.0, 50), resamples=400, seed=k)
        hits += interval.low <= 3.0 <= interval.high
    assert 360 <= hits <= 395


def test_the_interval_of_a_coin_is_that_of_the_binomial() -> None:
    """Means of resampled zeros and ones are binomial(100, 1/2) / 100, whose quantiles 2.5 % and 97.5 % are .40 and .60.

    Those of 5 % and 95 % are .42 and .58. With 40,000 resamples the lower end would be another only if the number of means of .40 and
    less, binomial(40,000, .0284), fell below 1,000, which is 4.1 standard deviations away; likewise that of .39 and less, .0176, above.
    """
    interval = bootstrap_mean(np.repeat([0.0, 1.0], 50), resamples=40_000)
    assert (interval.mean, interval.low, interval.high) == (0.5, 0.40, 0.60)
    ratio = paired_ratio(np.repeat([0.0, 1.0], 50), np.ones(100), resamples=40_000)
    assert (ratio.mean, ratio.low, ratio.high) == (0.5, 0.40, 0.60)


def test_pairing_removes_what_episodes_have_in_common() -> None:
    rng = np.random.default_rng(1)
    common = rng.exponential(100.0, 200)
    noise = rng.normal(0.0, 0.1, 200)
    difference = paired_difference(common - 1.0 + noise, common)
    assert difference.excludes_zero
    assert difference.high - difference.low < 0.1
    assert difference.mean == pytest.approx(-1.0 + noise.mean())


def test_same_seed_same_interval() -> None:
    values = np.arange(20.0)
    assert bootstrap_mean(values) == bootstrap_mean(values)
    assert str(bootstrap_mean(values, resamples=100)).startswith("9.50 [")


def test_refuses_what_has_no_interval() -> None:
    with pytest.raises(SpecError, match="at least 2 episodes"):
        bootstrap_mean(np.array([1.0]))
    with pytest.raises(SpecError, match="give both on the same episodes"):
        paired_difference(np.zeros(3), np.zeros(4))


def test_a_ratio_resamples_runs_and_episodes() -> None:
    rng = np.random.default_rng(2)
    reference = rng.exponential(100.0, 200)
    exact = paired_ratio(0.8 * reference, reference, resamples=200)
    assert (exact.mean, exact.low, exact.high) == pytest.approx((0.8, 0.8, 0.8))
    runs = paired_ratio(np.array([[0.7], [0.9]]) * reference, reference, resamples=400)  # the runs differ, the episodes do not
    assert (runs.mean, runs.low, runs.high) == pytest.approx((0.8, 0.7, 0.9))
    with pytest.raises(SpecError, match="same episodes"):
        paired_ratio(reference[:-1], reference)


def test_a_ratio_is_one_of_means() -> None:
    """Costs of 1 and 9 against 2 and 3: 10 / 5. The mean of the ratios would be 1.75, and tell nothing of what is spent."""
    assert paired_ratio(np.array([1.0, 9.0]), np.array([2.0, 3.0]), resamples=10).mean == 2.0


@pytest.mark.parametrize(
    ("low", "high", "excludes"), [(0.0, 2.0, False), (-2.0, 0.0, False), (0.1, 2.0, True), (-2.0, -0.1, True), (-1, 1, False)]
)
def test_an_interval_that_ends_at_zero_does_not_exclude_it(low: float, high: float, excludes: bool) -> None:
    assert Interval((low + high) / 2, low, high).excludes_zero == excludes


def plain_ratios(rows: Floats, reference: Floats, statistic: str, resamples: int) -> tuple[float, float]:
    """The same interval a resample at a time."""
    of: dict[str, Any] = {
        "mean": np.mean,
        "median": np.median,
        "trimmed mean": lambda costs: np.sort(costs)[: len(costs) - max(1, len(costs) // 100)].mean(),
    }
    rng = np.random.default_rng(0)
    ratios: list[float] = []
    for _ in range(resamples):
        runs, episodes = rng.integers(0, len(rows), len(rows)), rng.integers(0, reference.shape[1], reference.shape[1])
        others = rng.integers(0, len(reference), len(reference)) if len(reference) > 1 else [0]
        own = [of[statistic](rows[run][episodes]) for run in runs]
        ratios.append(np.mean(own) / np.mean([of[statistic](reference[run][episodes]) for run in others]))
    low, high = np.percentile(ratios, [2.5, 97.5])
    return float(low), float(high)


@pytest.mark.parametrize("statistic", STATISTICS)
@pytest.mark.parametrize("num_others", [1, 3])
@pytest.mark.parametrize("num_episodes", [2, 61, 230])
def test_ratios_are_those_of_resampling_one_by_one(statistic: str, num_others: int, num_episodes: int) -> None:
    rng = np.random.default_rng(4)
    rows, reference = rng.pareto(2.0, (4, num_episodes)) + 1, rng.pareto(2.0, (num_others, num_episodes)) + 1
    reference[:, 1] = reference[:, 0]  # ties
    ratio = paired_ratio(rows, reference, resamples=60, statistic=statistic)
    assert (ratio.low, ratio.high) == pytest.approx(plain_ratios(rows, reference, statistic, 60), rel=1e-12)
    if num_others == 1:
        assert paired_ratio(rows, reference[0], resamples=60, statistic=statistic) == ratio


def test_the_runs_of_both_sides_are_resampled() -> None:
    reference = np.random.default_rng(5).exponential(100.0, 100)
    ratio = paired_ratio(np.array([[0.7], [0.9]]) * reference, np.array([[1.0], [2.0]]) * reference, resamples=1000)
    assert (ratio.mean, ratio.low, ratio.high) == pytest.approx((0.8 / 1.5, 0.7 / 2.0, 0.9))


def test_runs_that_belong_together_are_drawn_together() -> None:
    reference = np.random.default_rng(5).exponential(100.0, 100)
    runs = np.array([[0.5], [1.0], [2.0]]) * reference
    ratio = paired_ratio(0.9 * runs, runs, resamples=200, same_runs=True)
    assert (ratio.low, ratio.high) == pytest.approx((0.9, 0.9))
    assert paired_ratio(0.9 * runs, runs, resamples=200).high > 1.5
    with pytest.raises(SpecError, match="3 runs against 2"):
        paired_ratio(runs, runs[:2], same_runs=True)


def test_median_and_trimmed_mean_leave_a_jam_out() -> None:
    costs = np.ones(200)
    costs[7:9] = 1e6  # two of two hundred are trimmed
    ones = np.ones(200)
    assert paired_ratio(costs, ones, resamples=10).mean > 5000
    assert paired_ratio(costs, ones, resamples=10, statistic="median").mean == 1.0
    assert paired_ratio(costs, ones, resamples=10, statistic="trimmed mean").mean == 1.0
    with pytest.raises(SpecError, match="did you mean 'median'"):
        paired_ratio(costs, ones, statistic="medain")


def test_there_is_no_interval_where_the_reference_costs_nothing() -> None:
    ratio = paired_ratio(np.arange(5.0), np.array([0.0, 0.0, 0.0, 1.0, 1.0]), resamples=50, statistic="median")
    assert ratio.mean == np.inf
    assert np.isnan([ratio.low, ratio.high]).all()
    assert np.isnan(paired_ratio(np.zeros(3), np.zeros(3), resamples=50).mean)
