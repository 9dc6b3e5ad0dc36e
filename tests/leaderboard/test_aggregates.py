"""What is said of many scenarios together, against closed forms."""

from __future__ import annotations

import numpy as np
import pytest

from vmenv.leaderboard.aggregates import draw_episodes, improvements, interquartile_mean, interval_of, over_runs, profile


@pytest.mark.parametrize(
    ("values", "mean"),
    [(range(8), 3.5), ([0.0, 1.0, 2.0, 103.0], 1.5), ([-1e9, 1.0, 2.0, 3.0, 1e9], 2.0), ([1.0, 2.0, 6.0], 3.0), ([7.0], 7.0)],
)
def test_the_interquartile_mean_is_that_of_the_middle_half(values: object, mean: float) -> None:
    assert interquartile_mean(np.array(values, float)) == mean  # as scipy.stats.trim_mean(values, 0.25)


def test_a_resample_is_one_with_replacement() -> None:
    """Means of resampled zeros and ones are binomial(100, 1/2) / 100, whose quantiles 2.5 % and 97.5 % are .40 and .60.

    With 40,000 resamples an end is another with a chance below 1e-4, as in the test of `bootstrap_mean`.
    """
    drawn = draw_episodes(100, np.random.default_rng(0), 40_000)
    assert (drawn.episodes.sum(axis=0) == 100).all()
    interval = interval_of(0.5, drawn.means(np.repeat([0.0, 1.0], 50)))
    assert (interval.low, interval.high) == (0.40, 0.60)


def test_the_generator_decides() -> None:
    first, again, other = (draw_episodes(20, np.random.default_rng(seed), 50).episodes for seed in (1, 1, 2))
    assert (first == again).all()
    assert (first != other).any()


def test_training_runs_are_drawn_within_a_scenario() -> None:
    """Two runs of .7 and .9: the mean of two draws is .7, .8 or .9 with a chance of 1/4, 1/2 and 1/4."""
    drawn = over_runs(np.repeat([[0.7], [0.9]], 4000, axis=1), np.random.default_rng(0)).mean(axis=0)
    assert [abs(np.isclose(drawn, mean).mean() - chance) < 0.03 for mean, chance in ((0.7, 0.25), (0.8, 0.5), (0.9, 0.25))] == [True] * 3
    one = np.array([[1.0, 2.0]])
    assert over_runs(one, np.random.default_rng(0)) is one


def test_improvement_counts_ties_half_and_pairs_episodes() -> None:
    own, other = np.array([[1.0, 5.0, 3.0, 9.0]]), np.array([[2.0, 5.0, 2.0, 10.0]])
    assert improvements(own, other).tolist() == [[1.0, 0.5, 0.0, 1.0]]
    assert improvements(own, np.vstack([other, own])).tolist() == [[0.75, 0.5, 0.25, 0.75]]


def test_a_profile_is_the_share_of_episodes_within_a_ratio() -> None:
    shares = profile(np.array([[1.0, 2.0, 6.0, 40.0]]), np.full((1, 4), 2.0), np.array([0.4, 0.5, 1.0, 3.0, 20.0]))
    assert shares.tolist() == [0.0, 0.25, 0.5, 0.75, 1.0]


def test_where_a_resample_is_no_number_there_is_no_interval() -> None:
    interval = interval_of(1.0, np.array([1.0, np.inf]))
    assert interval.mean == 1.0
    assert np.isnan([interval.low, interval.high]).all()
