"""What the search compares candidates by, and where it looks next."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pytest

from agents.training.finalists import JAM
from agents.training.search import Search, SearchSettings, felt_costs
from vmenv.errors import SpecError
from vmenv.host.state import Floats


def test_costs_that_are_nothing_have_a_logarithm() -> None:
    """Beside a cost of 2 nothing counts as a hundredth of the mean 1; where nobody costs anything all are equal. Usual is 1 here."""
    costs = np.array([[2.0, 0.0, 3.0], [0.0, 0.0, 5.0]])
    logs = np.log([[2.0, 1.0, 3.0], [0.01, 1.0, 5.0]])
    np.testing.assert_allclose(felt_costs(costs), logs + costs / 1.0)  # the worst of six is left out of what is usual


def test_a_jam_is_felt_but_does_not_decide_alone() -> None:
    costs = np.ones((1, 100))
    costs[0, :2] = 5.0, 1_000.0
    felt = felt_costs(costs)[0]
    assert felt[2] == pytest.approx(1.0)
    assert felt[0] == pytest.approx(np.log(5.0) + 5.0)
    assert felt[1] == pytest.approx(np.log(1_000.0) + JAM)


def test_where_nobody_costs_anything_all_feel_alike() -> None:
    assert not np.ptp(felt_costs(np.zeros((3, 4))))


class Scripted:
    """Says what it is told to; candidates cost nothing."""

    decisions = 0

    def __init__(self, figures: list[float]) -> None:
        self._figures = iter(figures)

    def costs(self, candidates: Floats, seeds: Sequence[int]) -> Floats:
        return np.zeros((len(candidates), len(seeds)))

    def figure(self, candidate: Floats, seeds: Sequence[int]) -> float:
        return next(self._figures)


def steps_of(figures: list[float]) -> list[tuple[int, int, bool]]:
    """Returns population, episodes, and whether the search looks closely, after the evaluation of each figure."""
    settings = SearchSettings(population=4, episodes=2, most_episodes=4, eval_every=1, patience=1)
    search = Search(Scripted(figures), lambda points: points, np.zeros(2), settings, range(2), seed=0)
    seen = []
    for _ in figures:
        search.step()
        search.evaluate()
        population = search.state()[0]["distribution.told"].shape[1]
        seen.append((population, search.episodes, search.looks_closely))
    return seen


def test_a_search_that_stalls_takes_more_episodes_looks_closely_and_starts_anew() -> None:
    """Patience 1: two evaluations without improvement are a stall. A start that never was the best is not looked at closely."""
    assert steps_of([5, 6, 6, 4, 6, 6, 3, 6, 6, 7, 8, 8, 8, 8]) == [
        (4, 2, False),
        (4, 2, False),
        (4, 4, False),  # the first stall
        (4, 4, False),
        (4, 4, False),
        (8, 4, True),  # the second, at the most episodes
        (8, 4, True),
        (8, 4, True),
        (16, 2, False),  # the third: from the start
        (16, 2, False),
        (16, 2, False),
        (16, 4, False),
        (16, 4, False),
        (32, 2, False),  # 7 is not the best so far
    ]


def test_looking_closely_keeps_the_shape_and_halves_the_step() -> None:
    settings = SearchSettings(population=4, episodes=1, most_episodes=1, eval_every=1, patience=1)
    search = Search(Scripted([5, 6, 6]), lambda points: points, np.ones(3), settings, range(2), seed=0)
    for _ in range(3):
        search.step()
        before = search.candidates
        search.evaluate()
    after = search.candidates
    assert search.looks_closely
    assert after.sigma == 0.5 * before.sigma
    np.testing.assert_array_equal(after.mean, search.incumbent.point)
    np.testing.assert_allclose(after.covariance, before.covariance, rtol=1e-12)
    assert not (before.mean == search.incumbent.point).all()
    assert not (before.covariance == np.eye(3)).all()


def test_the_state_of_another_version_is_refused() -> None:
    search = Search(Scripted([]), lambda points: points, np.ones(3), SearchSettings(), range(2), seed=0)
    arrays, numbers = search.state()
    del numbers["looks_closely"]
    with pytest.raises(SpecError, match="did not note looks_closely: train anew without resume=true"):
        search.restore(arrays, numbers)
