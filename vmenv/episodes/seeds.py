"""Which seeds are for what, and the streams from which environments draw them.

Seeds of evaluation are small numbers that papers can print; seeds of training come from above FIRST_TRAINING_SEED. So no policy is ever
evaluated on an episode that it was trained on, whoever trained it.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import numpy as np

from vmenv.checks import check_integer
from vmenv.errors import SpecError

EVALUATION_SEEDS = range(100)
VALIDATION_SEEDS = range(1000, 1200)
CONFIRMATION_SEEDS = range(2000, 3000)  # of episodes that had no part in choosing what they judge
JUDGING_SEEDS = range(10_000, 11_000)  # of episodes that decide between the best points of a training
FIRST_TRAINING_SEED = 2**32
PAST_SEEDS = 2**63
TRAINING_EPISODES = 4096  # of an environment that is not told otherwise: more than policies can learn by heart, few enough to be kept


def check_seed(seed: Any) -> int:
    """Returns the seed of an episode.

    Raises:
        SpecError: It is no whole number from 0 to 2**63 - 1.
    """
    return check_integer("seed", seed, most=PAST_SEEDS - 1)


def check_seeds(seeds: Any) -> list[int]:
    """Returns the seeds of episodes.

    Raises:
        SpecError: It is no collection of seeds.
    """
    if isinstance(seeds, (str, bytes)) or not isinstance(seeds, Iterable):
        raise SpecError(f"seeds is {seeds!r}: give several, such as range(100) or [0, 1]")
    return [check_seed(seed) for seed in seeds]


def training_seeds(training_episodes: int | None) -> range:
    """Returns the seeds that resets without a seed draw from; None: no limit.

    Raises:
        SpecError: The number is not positive.
    """
    if training_episodes is None:
        return range(FIRST_TRAINING_SEED, PAST_SEEDS)
    check_integer("training_episodes", training_episodes, least=1, most=2**32)
    return range(FIRST_TRAINING_SEED, FIRST_TRAINING_SEED + training_episodes)


class EpisodeSeeds:
    """One stream of episode seeds for each environment; none depends on how many there are.

    Args:
        num_envs: Number of streams.
        seed: Stream i starts at seed + i; None: from the system's entropy.
        training_episodes: Number of episodes to draw from; None: no limit.

    Attributes:
        streams: The generator of each environment.
    """

    def __init__(self, num_envs: int, seed: int | None = None, training_episodes: int | None = TRAINING_EPISODES) -> None:
        self._range = training_seeds(training_episodes)
        self.streams = [np.random.default_rng(None if seed is None else seed + i) for i in range(num_envs)]

    def start(self, i: int, seed: int | None) -> int:
        """Restarts stream `i` at `seed` and returns the seed of the first episode: `seed` itself, as in the single environment."""
        if seed is None:
            return self.next(i)
        self.streams[i] = np.random.default_rng(seed)
        return seed

    def next(self, i: int) -> int:
        """Returns the seed of the next episode of environment `i`, from the range of training seeds."""
        return int(self.streams[i].integers(self._range.start, self._range.stop))
