"""Fresh episodes beside frozen ones: the test of the difference has the level that it says, and power."""

from __future__ import annotations

import numpy as np

from vmenv.episodes.seeds import CONFIRMATION_SEEDS, EVALUATION_SEEDS, FIRST_TRAINING_SEED, JUDGING_SEEDS, VALIDATION_SEEDS
from vmenv.leaderboard.fresh import FRESH_SEEDS, compare, draw_seeds


def test_the_level_is_that_of_chance_however_heavy_the_tails() -> None:
    """400 pairs of samples of a Pareto law without variance: the chance is uniform, so that .1 is undercut by binomial(400, .1).

    Fewer than 20 or more than 62 have a probability below .001.
    """
    rng = np.random.default_rng(0)
    hits = sum(compare(1 + rng.pareto(1.5, 40), 1 + rng.pareto(1.5, 15), rng, 400).chance <= 0.1 for _ in range(400))
    assert 20 <= hits <= 62


def test_a_cost_that_rises_is_seen_and_one_that_falls_is_not() -> None:
    rng = np.random.default_rng(1)
    frozen = rng.exponential(1.0, 100)
    assert compare(frozen, 2 * rng.exponential(1.0, 50), rng).is_suspicious
    assert not compare(frozen, 0.5 * rng.exponential(1.0, 50), rng).is_suspicious


def test_equal_costs_are_no_surprise() -> None:
    found = compare(np.full(100, 0.1), np.full(20, 0.1), np.random.default_rng(0), 100)
    assert found.chance == 1.0
    assert abs(found.difference.mean) < 1e-12


def test_fresh_seeds_are_nobody_elses() -> None:
    seeds = draw_seeds(500, np.random.default_rng(0))
    assert len(set(seeds)) == 500
    for others in (EVALUATION_SEEDS, VALIDATION_SEEDS, CONFIRMATION_SEEDS, JUDGING_SEEDS):
        assert FRESH_SEEDS.start >= others.stop
    assert FRESH_SEEDS.stop <= FIRST_TRAINING_SEED
    assert all(seed in FRESH_SEEDS for seed in seeds)
    assert draw_seeds(3, np.random.default_rng(5)) != draw_seeds(3, np.random.default_rng(6))
