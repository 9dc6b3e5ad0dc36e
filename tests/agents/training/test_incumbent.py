"""Who is the best of a search so far, what it takes for a gain, and what is judged at the end."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from agents.training.incumbent import CERTAIN, FEW, Incumbent, is_gain
from vmenv.episodes.seeds import CONFIRMATION_SEEDS, JUDGING_SEEDS
from vmenv.host.state import Floats

VALIDATION = range(4)


class Told:
    """Plays numbers: on validation episodes they cost what they are, on all others what they are told to."""

    def __init__(self, elsewhere: dict[float, float]) -> None:
        self.decisions, self._elsewhere = 0, elsewhere
        self.played: set[int] = set()

    def costs(self, candidates: Floats, seeds: Sequence[int]) -> Floats:
        self.played.update(seeds)
        return np.array([[self._elsewhere.get(x, x)] * len(seeds) for x in candidates[:, 0]])

    def figure(self, candidate: Floats, seeds: Sequence[int]) -> float:
        assert seeds == VALIDATION
        return float(candidate[0])


def incumbent_of(elsewhere: dict[float, float]) -> tuple[Incumbent[float], Told]:
    trials = Told(elsewhere)
    best = Incumbent(trials, lambda points: np.array([[x] for x in points]), 5.0, VALIDATION)
    best.evaluate_start()
    return best, trials


def test_chance_is_no_gain() -> None:
    """Of a hundred normal differences with mean 0, P(t_99 > 3) = .0017 are taken for a gain: 34 of 20,000 on average.

    The seed is fixed; another would make more than 60 of them with a chance below 1e-4 (Poisson).
    """
    noise = np.random.default_rng(0).standard_normal((20_000, 100))
    assert 12 < sum(is_gain(row) for row in noise) < 60


def test_a_gain_is_one() -> None:
    """Mean and standard error of (0, 2) are 1: a third of what is asked for, whatever is scaled; a shift makes it enough."""
    pair = np.array([0.0, 2.0])
    assert not is_gain(pair)
    assert not is_gain(pair + CERTAIN - 1.0)
    assert is_gain(pair + CERTAIN - 1.0 + 1e-9)
    assert not is_gain(-pair - 5.0)


def test_who_costs_less_is_the_incumbent_and_a_finalist() -> None:
    best, _ = incumbent_of({})
    assert [best.challenge(x) for x in (6.0, 4.0, 4.0, 3.0)] == [(6.0, False), (4.0, True), (4.0, False), (3.0, True)]
    assert (best.point, best.figure, best.start) == (3.0, 3.0, 5.0)
    assert best.finalists.points == [4.0, 3.0]


def test_other_episodes_say_whether_it_beats_the_start() -> None:
    """By validation 3 is better than 5; elsewhere it costs as much."""
    best, trials = incumbent_of({3.0: 5.0})
    best.challenge(4.0)
    assert best.beats_start()
    best.challenge(3.0)
    assert not best.beats_start()
    assert trials.played == set(CONFIRMATION_SEEDS[:FEW])


def test_judges_choose_among_the_finalists() -> None:
    best, _ = incumbent_of({3.0: 4.5})
    best.challenge(4.0)
    best.challenge(3.0)
    assert best.judge(JUDGING_SEEDS[:8], confirms=True)
    assert (best.point, best.figure) == (4.0, 4.0)


def test_a_winner_that_does_not_beat_the_start_gives_way_to_it() -> None:
    for confirms, point in ((False, 4.0), (True, 5.0)):
        best, _ = incumbent_of({4.0: 7.0})
        best.challenge(4.0)
        assert best.judge(JUDGING_SEEDS[:8], confirms)
        assert (best.point, best.figure) == (point, point)


def test_without_finalists_nobody_is_judged() -> None:
    best, trials = incumbent_of({})
    best.challenge(6.0)
    assert not best.judge(JUDGING_SEEDS[:8], confirms=True)
    assert best.point == 5.0
    assert not trials.played
