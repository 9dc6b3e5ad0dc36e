"""Who wins among the last best points of a training."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pytest

from agents.training.finalists import JAM, MOST_FINALISTS, Finalists, robust_mean
from vmenv.host.state import Floats

SEEDS = range(40)


def test_the_last_ten_stay() -> None:
    finalists: Finalists[int] = Finalists()
    for point in range(MOST_FINALISTS + 3):
        finalists.add(point)
    assert finalists.points == list(range(3, MOST_FINALISTS + 3))


def test_the_cheapest_wins_and_the_worse_half_plays_a_quarter() -> None:
    played: list[int] = []

    def play(points: Sequence[int], seeds: Sequence[int]) -> Floats:
        played.append(len(points) * len(seeds))
        # In the first quarter the points 4 to 8 look best; on all episodes it is 6.
        return np.array([[abs(point - 6) + 1.0 + 0.1 * (seed < 10) for seed in seeds] for point in points])

    finalists: Finalists[int] = Finalists()
    for point in range(MOST_FINALISTS):
        finalists.add(point)
    assert finalists.winner(play, SEEDS) == 6
    assert played == [10 * 10, 5 * 30]
    assert sum(played) == Finalists.num_plays(len(SEEDS))


def test_one_finalist_wins() -> None:
    finalists: Finalists[str] = Finalists()
    finalists.add("only")
    assert finalists.winner(lambda points, seeds: np.ones((len(points), len(seeds))), SEEDS) == "only"


def test_a_jam_counts_for_so_much_and_no_more() -> None:
    """One episode of 500 with a cost of 331 where .5 is usual: in the plain mean it would be worth more than all others."""
    calm, jams = np.full(500, 0.5), np.full(500, 0.45)
    jams[7] = 331.0
    worse = np.full(500, 0.6)
    figures = robust_mean(np.stack([calm, jams, worse]))
    usual = np.sort(np.concatenate([calm, jams, worse]))[:1350].mean()
    assert figures[1] == pytest.approx((499 * 0.45 + JAM * usual) / 500)
    assert figures[1] < figures[0] < figures[2]
    assert jams.mean() > worse.mean()


def test_costs_of_nothing_have_a_mean() -> None:
    costs = np.zeros((2, 20))
    costs[1, 0] = 3.0
    np.testing.assert_allclose(robust_mean(costs), [0.0, 0.15])
