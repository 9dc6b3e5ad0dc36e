"""The distribution of a search's candidates: CMA-ES by the library `cma`, in a way that a checkpoint can go on from exactly.

What the library keeps (paths, step sizes, decompositions that are renewed now and then) is its own business. It follows from where the
distribution began, its stream of random numbers, and what the candidates cost; so a checkpoint holds these, and going on means to tell the
library the same once more, some milliseconds a generation.
"""

from __future__ import annotations

import functools
from typing import Any

import numpy as np
from threadpoolctl import ThreadpoolController

from vmenv.episodes.saved import Arrays
from vmenv.episodes.seeds import FIRST_TRAINING_SEED, TRAINING_EPISODES
from vmenv.host.state import Floats


class Distribution:
    """Candidates of one generation after the other.

    Args:
        mean: (n,) where it begins.
        sigma: Standard deviation of the first candidates.
        population: Candidates of a generation.
        stream: Seed of candidates and of the choice of training episodes.
        covariance: (n, n) shape of the first candidates' distribution; None: equal in all directions.
    """

    def __init__(self, mean: Floats, sigma: float, population: int, stream: list[int], covariance: Floats | None = None) -> None:
        self._begun: Arrays = {"mean": np.array(mean), "sigma": np.array(sigma), "stream": np.array(stream)}
        if covariance is not None:
            self._begun["covariance"] = np.array(covariance)
        import cma  # as slow to import as torch: it brings all of scipy.stats and pyplot, and most programs draw no candidates

        self.population = population
        self._told: list[Floats] = []
        self._num_episodes: list[int] = []
        self._rng = np.random.default_rng(stream)
        draw = self._rng.standard_normal
        # The library would draw from numpy's global stream, and print.
        options = {"popsize": population, "randn": lambda *shape: draw(shape), "seed": np.nan, "verbose": -9}
        self._es = cma.CMAEvolutionStrategy(mean, sigma, options)
        if covariance is not None:
            self._es.sm.C[:] = covariance
            self._es.sm.update_now(-1)

    @property
    def mean(self) -> Floats:
        """(n,) of the candidates to come."""
        return np.array(self._es.mean)

    @property
    def sigma(self) -> float:
        """Step size."""
        return float(self._es.sigma)

    @property
    def covariance(self) -> Floats:
        """(n, n) shape of the distribution."""
        return np.array(self._es.sm.C)

    def draw(self, num_episodes: int) -> tuple[list[Floats], list[int]]:
        """Returns the candidates of the next generation, and the seeds of the training episodes that they are to play."""
        self._num_episodes.append(num_episodes)
        seeds = FIRST_TRAINING_SEED + self._rng.choice(TRAINING_EPISODES, num_episodes, replace=False)
        with one_thread():
            return self._es.ask(), [int(seed) for seed in seeds]

    def tell(self, candidates: list[Floats], costs: Floats) -> None:
        """Moves the distribution towards the candidates whose (population,) costs are low."""
        self._told.append(costs)
        with one_thread():
            self._es.tell(candidates, costs.tolist())

    def state(self) -> Arrays:
        """Returns what `from_state` goes on from, after a `tell`."""
        told = np.array(self._told).reshape(-1, self.population)
        return {**self._begun, "told": told, "num_episodes": np.array(self._num_episodes, np.int64)}

    @classmethod
    def from_state(cls, state: Arrays) -> Distribution:
        """Returns the distribution that had this state: what it draws from now on is the same."""
        population, stream = state["told"].shape[1], state["stream"].tolist()
        same = cls(state["mean"], float(state["sigma"]), population, stream, state.get("covariance"))
        for num_episodes, costs in zip(state["num_episodes"].tolist(), state["told"], strict=True):
            candidates, _ = same.draw(num_episodes)
            same.tell(candidates, costs)
        return same


def one_thread() -> Any:
    """Returns a context in which linear algebra has one thread: on small matrices more get in each other's way."""
    return _libraries().limit(limits=1, user_api="blas")


@functools.cache
def _libraries() -> ThreadpoolController:
    """Returns the hold on the libraries of this process that have threads; to look for them takes milliseconds."""
    return ThreadpoolController()
