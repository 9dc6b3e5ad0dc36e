"""Fresh episodes: does a policy do as well on episodes that nobody knew beforehand as on the frozen ones?

The seeds are drawn by whoever verifies, from a range that is used for nothing else. If a policy knows nothing of the frozen episodes, its
costs on both are draws from one distribution, and any division of them into two groups was as likely as the one there is. So a permutation
test of the difference of the means has exactly the level that it says, however heavy the tails (Fisher, "The design of experiments", 1935).
It is one-sided: what is suspicious is to cost less on the frozen episodes.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from vmenv.host.state import Floats
from vmenv.leaderboard.aggregates import draw_episodes, interval_of
from vmenv.leaderboard.score import Interval

FRESH_SEEDS = range(2**31, 2**32)  # above all frozen seeds, below those of training
FALSE_ALARM = 1e-3  # the chance that an honest policy is suspected on a scenario
PERMUTATIONS = 20_000


class Fresh(NamedTuple):
    """How the fresh episodes compare with the frozen ones.

    Attributes:
        difference: Mean cost of the fresh minus that of the frozen episodes, with its 95 % bootstrap interval.
        chance: How often a division into two groups by chance differs as much.
    """

    difference: Interval
    chance: float

    @property
    def is_suspicious(self) -> bool:
        """Whether the frozen episodes cost less than chance explains."""
        return self.chance < FALSE_ALARM


def draw_seeds(number: int, rng: np.random.Generator) -> list[int]:
    """Returns so many different fresh seeds."""
    found: dict[int, None] = {}
    while len(found) < number:
        found[int(rng.integers(FRESH_SEEDS.start, FRESH_SEEDS.stop))] = None
    return list(found)


def compare(frozen: Floats, fresh: Floats, rng: np.random.Generator, permutations: int = PERMUTATIONS) -> Fresh:
    """Returns how (N,) costs of fresh episodes compare with (E,) of frozen ones."""
    pool, number = np.concatenate([fresh, frozen]), len(fresh)
    observed = fresh.mean() - frozen.mean()
    shuffled = rng.permuted(np.broadcast_to(pool, (permutations, len(pool))), axis=1)
    differences = shuffled[:, :number].mean(axis=1) - shuffled[:, number:].mean(axis=1)
    at_least = int((differences >= observed - 1e-9 * abs(pool).mean()).sum())  # ties are equal but for rounding
    resampled = draw_episodes(number, rng).means(fresh) - draw_episodes(len(frozen), rng).means(frozen)
    return Fresh(interval_of(observed, resampled), (1 + at_least) / (1 + permutations))
