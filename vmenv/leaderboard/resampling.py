"""Resampled training runs and episodes by how often each was drawn: what a statistic is on ten thousand resamples takes no loop.

A resample of episodes is a row of counts. Its mean is a product with the costs; its order statistics are found in the running sums of the
counts, the costs once being sorted.
"""

from __future__ import annotations

from functools import lru_cache
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from vmenv.host.state import Floats

STATISTICS = ("mean", "median", "trimmed mean")  # the last without the worst episodes, TRIMMED of them, at least one
TRIMMED = 0.01
Counts = NDArray[Any]


class Resamples(NamedTuple):
    """How often each run and each episode was drawn, in K resamples.

    Attributes:
        own_runs: (K, R) of the policies that are judged.
        other_runs: (K, Q) of those that they are compared with.
        episodes: (E, K): what is summed up lies in rows.
    """

    own_runs: Counts
    other_runs: Counts
    episodes: Counts

    def statistics(self, costs: Floats, runs: Counts, statistic: str) -> Floats:
        """Returns (K,) the statistic of (R, E) costs, the mean over the (K, R) runs that were drawn, on each resample of episodes."""
        if statistic == "mean":
            found = costs @ self.episodes / costs.shape[1]
        else:
            found = np.array([self._of_ranks(row, statistic) for row in costs])
        return np.asarray((runs.T * found).sum(axis=0) / len(costs))

    def _of_ranks(self, costs: Floats, statistic: str) -> Floats:
        number, order = len(costs), np.argsort(costs, kind="stable")
        ascending, until = costs[order], self.episodes[order]
        np.cumsum(until, axis=0, out=until)
        if statistic == "median":
            middles = [ascending[(until < rank).sum(axis=0)] for rank in ((number + 1) // 2, number // 2 + 1)]
            return np.asarray(0.5 * (middles[0] + middles[1]))
        kept = number - num_trimmed(number)
        steps = ascending - np.append(ascending[1:], 0.0)  # by parts: a sum over costs is one over how many are at most as large
        return np.asarray(steps @ np.minimum(until, kept, out=until) / kept)


def num_trimmed(number: int) -> int:
    """Returns how many of so many episodes the trimmed mean leaves out; never all."""
    return min(max(1, int(TRIMMED * number)), number - 1)


def point(costs: Floats, statistic: str) -> float:
    """Returns the statistic of (R, E) costs as they are, the mean over runs."""
    if statistic == "mean":
        return float(costs.mean())
    if statistic == "median":
        return float(np.median(costs, axis=1).mean())
    kept = costs.shape[1] - num_trimmed(costs.shape[1])
    return float(np.sort(costs, axis=1)[:, :kept].mean())


@lru_cache(maxsize=4)
def draw(num_own: int, num_other: int, num_episodes: int, resamples: int, seed: int) -> Resamples:
    """Draws runs and episodes with replacement; what was drawn is kept. A single reference takes no random numbers."""
    rng = np.random.default_rng(seed)
    own, other = np.zeros((resamples, num_own), np.int64), np.zeros((resamples, num_other), np.int64)
    episodes = np.zeros((resamples, num_episodes), np.float32)  # counts, which it holds exactly
    for k in range(resamples):
        own[k] = np.bincount(rng.integers(0, num_own, num_own), minlength=num_own)
        episodes[k] = np.bincount(rng.integers(0, num_episodes, num_episodes), minlength=num_episodes)
        if num_other > 1:
            other[k] = np.bincount(rng.integers(0, num_other, num_other), minlength=num_other)
    return Resamples(own, other if num_other > 1 else np.ones_like(other), np.ascontiguousarray(episodes.T))
