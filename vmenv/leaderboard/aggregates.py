"""What is said of many scenarios together: interquartile mean, probability of improvement, performance profiles, and their intervals.

Source: Agarwal, Schwarzer, Castro, Courville and Bellemare, "Deep reinforcement learning at the edge of the statistical precipice",
NeurIPS 2021 (the library rliable). The bootstrap is stratified: within each scenario, training runs and episodes are drawn anew, and
scenarios stay as they are. Unlike there, policies are compared on the same episode, which is what common random numbers are for.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from vmenv.host.state import Floats
from vmenv.leaderboard.score import Interval

RESAMPLES = 2_000
TRIMMED_EACH_SIDE = 0.25


class Drawn(NamedTuple):
    """How often each episode of a scenario was drawn, in K resamples.

    Attributes:
        episodes: (E, K) counts.
    """

    episodes: Floats

    def means(self, values: Floats) -> Floats:
        """Returns (..., K) the means of (..., E) values on each resample."""
        return np.asarray(values @ self.episodes / len(self.episodes))


def draw_episodes(num_episodes: int, rng: np.random.Generator, resamples: int = RESAMPLES) -> Drawn:
    """Draws episodes with replacement."""
    return Drawn(rng.multinomial(num_episodes, np.full(num_episodes, 1 / num_episodes), size=resamples).T.astype(np.float64))


def over_runs(values: Floats, rng: np.random.Generator) -> Floats:
    """Returns (R, K) of (R, K) values in which each resample has drawn its training runs with replacement; a single one stays."""
    if len(values) == 1:
        return values
    return np.take_along_axis(values, rng.integers(0, len(values), values.shape), axis=0)


def interquartile_mean(values: Floats) -> Floats:
    """Returns the mean of the middle half of (N, ...) values: without the lowest and highest N // 4."""
    cut = int(TRIMMED_EACH_SIDE * len(values))
    return np.asarray(np.sort(values, axis=0)[cut : len(values) - cut].mean(axis=0))


def improvements(own: Floats, other: Floats) -> Floats:
    """Returns (R, E) 1 where an episode costs less than another policy's, a half where it costs the same, the mean over the other's runs.

    Args:
        own: (R, E) costs.
        other: (Q, E) costs.
    """
    return np.asarray(((own[:, None] < other) + 0.5 * (own[:, None] == other)).mean(axis=1))


def profile(own: Floats, other: Floats, ratios: Floats) -> Floats:
    """Returns (T,) the share of episodes that cost at most so many times what they cost another policy, on the mean over its runs.

    Args:
        own: (R, E) costs.
        other: (Q, E) costs.
        ratios: (T,) how many times.
    """
    return np.asarray((own[..., None] <= ratios * other.mean(axis=0)[:, None] * (1 + 1e-12)).mean(axis=(0, 1)))


def interval_of(point: float, resampled: Floats) -> Interval:
    """Returns an estimate with its 95 % percentile interval; not a number where a resample is none."""
    low, high = np.percentile(resampled, [2.5, 97.5]) if np.isfinite(resampled).all() else (np.nan, np.nan)
    return Interval(float(point), float(low), float(high))
