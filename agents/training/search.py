"""Search for parameters by CMA-ES, every candidate of a generation on the same episodes.

Source: Hansen and Ostermeier, "Completely derandomized self-adaptation in evolution strategies", Evolutionary Computation 9, 2001, by the
library `cma`. What is minimised is the mean logarithm of the cost: an episode in which everything is slow then counts no more than
another. The search is judged by the plain mean on validation episodes. While that improves, few episodes a generation do; when it does not,
their number is doubled, up to a limit; then, if this is the best place so far, the search looks around it more closely, with half the step
and twice the population, and at last it starts anew, with twice the population. Of many points one looks better than the start by chance,
where nothing is: `Search.beats_start` asks episodes that had no part in choosing it.
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

import cma
import numpy as np
from threadpoolctl import ThreadpoolController

from vmenv.checks import check_integer
from vmenv.episodes.seeds import CONFIRMATION_SEEDS, FIRST_TRAINING_SEED, TRAINING_EPISODES
from vmenv.errors import SpecError
from vmenv.host.state import Floats

Encode = Callable[[Floats], Floats]
STATE = ("generation", "population", "episodes", "stale", "own_best", "looks_closely")  # of a search, beside its distribution
CERTAIN = 3.0  # standard errors: where nothing is better than the start, one test in some 600 of a hundred episodes says otherwise


@dataclass(frozen=True, kw_only=True)
class SearchSettings:
    """How to search.

    Args:
        sigma: Standard deviation of the first candidates.
        population: Candidates of a generation.
        episodes: Training episodes of a generation at the beginning.
        most_episodes: At the most.
        eval_every: Generations between evaluations.
        patience: Evaluations without improvement after which the number of episodes is doubled, or the search starts anew.
    """

    sigma: float = 0.3
    population: int = 32
    episodes: int = 8
    most_episodes: int = 64
    eval_every: int = 5
    patience: int = 4

    def check_search(self) -> None:
        """Checks the settings.

        Raises:
            SpecError: One is out of range.
        """
        for name in ("population", "episodes", "most_episodes", "eval_every", "patience"):
            check_integer(f"agent.{name}", getattr(self, name), least=1, most=TRAINING_EPISODES)
        if not 0 < self.sigma < np.inf:
            raise SpecError(f"agent.sigma is {self.sigma}: give a number above 0")


class Trials(Protocol):
    """What plays candidates side by side on the same episodes, so that what they differ in is not drowned by what the episodes differ in.

    Attributes:
        decisions: Made so far.
    """

    decisions: int

    def costs(self, candidates: Floats, seeds: Sequence[int]) -> Floats:
        """Returns (C, E) costs."""

    def figure(self, candidate: Floats, seeds: Sequence[int]) -> float:
        """Returns the mean cost of one."""


class Search:
    """A search, a generation at a time.

    Args:
        trials: Plays the candidates.
        encode: Turns (C, n) points of the search space into (C, m) parameters of the scheduler.
        start: (n,) where it starts.
        settings: How.
        validation: Seeds of the validation episodes.
        seed: Of the candidates and the choice of training episodes.

    Attributes:
        best: (n,) the best point so far, by validation.
        best_figure: Its mean cost on the validation episodes.
        trials: What plays the candidates.
        differs: Whether any two candidates of a generation ever differed.
    """

    def __init__(
        self, trials: Trials, encode: Encode, start: Floats, settings: SearchSettings, validation: Sequence[int], seed: int
    ) -> None:
        self.best, self.best_figure = np.array(start, np.float64), np.inf
        self.trials, self._encode, self._start, self._settings = trials, encode, self.best, settings
        self._validation, self._seed = validation, seed
        self._generation, self.differs = 0, False
        self._begin(self._start, settings.sigma, settings.population)

    def _begin(self, mean: Floats, sigma: float, population: int) -> None:
        self._episodes, self._own_best, self._looks_closely = self._settings.episodes, np.inf, False
        self._spread(mean, sigma, population)

    def _look_closely(self) -> None:
        self._looks_closely = True
        self._spread(self.best, 0.5 * float(self._es.sigma), 2 * self._population, np.array(self._es.sm.C))

    def _spread(self, mean: Floats, sigma: float, population: int, covariance: Floats | None = None) -> None:
        """Makes a distribution of candidates; without a covariance they spread equally in all directions."""
        self._rng = np.random.default_rng([self._seed, self._generation])
        self._population, self._stale = population, 0
        draw = self._rng.standard_normal
        # The library would draw from numpy's global stream, and print.
        options = {"popsize": population, "randn": lambda *shape: draw(shape), "seed": np.nan, "verbose": -9}
        self._es = cma.CMAEvolutionStrategy(mean, sigma, options)
        if covariance is not None:
            self._es.sm.C[:] = covariance
            self._es.sm.update_now(-1)

    def warm_up(self) -> None:
        """Plays the start on one episode, which compiles what is played."""
        self.trials.costs(self._encode(self._start[None]), self._validation[:1])

    def step(self) -> None:
        """Plays one generation. One thread of linear algebra: on small matrices more get in each other's way."""
        seeds = FIRST_TRAINING_SEED + self._rng.choice(TRAINING_EPISODES, self._episodes, replace=False)
        with _libraries().limit(limits=1, user_api="blas"):
            candidates = self._es.ask()
            costs = self.trials.costs(self._encode(np.array(candidates)), [int(seed) for seed in seeds])
            self._es.tell(candidates, log_costs(costs).mean(axis=1).tolist())
        self.differs = self.differs or bool(np.ptp(costs, axis=0).any())
        self._generation += 1

    @property
    def evaluation_is_due(self) -> bool:
        """Whether enough generations have passed."""
        return self._generation % self._settings.eval_every == 0

    def evaluate_start(self) -> None:
        """Plays the start on the validation episodes: what is found is then no worse than it there."""
        self.best_figure = self.trials.figure(self._encode(self._start[None])[0], self._validation)

    def evaluate(self) -> tuple[float, bool]:
        """Plays the mean of the candidates' distribution on the validation episodes.

        Returns:
            Its mean cost, and whether that is the best so far.
        """
        mean = np.array(self._es.mean)
        figure = self.trials.figure(self._encode(mean[None])[0], self._validation)
        improved = figure < self.best_figure
        if improved:
            self.best, self.best_figure = mean, figure
        if figure < self._own_best:
            self._own_best, self._stale = figure, 0
        else:
            self._stale += 1
        if self._stale > self._settings.patience:
            self._stale = 0
            if self._episodes < self._settings.most_episodes:
                self._episodes = min(2 * self._episodes, self._settings.most_episodes)
            elif self._own_best <= self.best_figure and not self._looks_closely:
                self._look_closely()
            else:
                self._begin(self._start, self._settings.sigma, 2 * self._population)
        return figure, improved

    def beats_start(self) -> bool:
        """Returns whether the best point costs less than the start on the confirmation episodes, by more than chance explains."""
        costs = self.trials.costs(self._encode(np.stack([self._start, self.best])), CONFIRMATION_SEEDS)
        return is_gain(costs[0] - costs[1])

    def state(self) -> tuple[dict[str, Floats], dict[str, Any]]:
        """Returns arrays and numbers from which `restore` goes on."""
        arrays = {"mean": np.array(self._es.mean), "covariance": np.array(self._es.sm.C), "best": self.best}
        numbers = {name: getattr(self, f"_{name}") for name in STATE}
        return arrays, numbers | {"sigma": float(self._es.sigma), "best_figure": self.best_figure}

    def restore(self, arrays: dict[str, Floats], numbers: dict[str, Any]) -> None:
        """Goes on from `state()` of an earlier search; the streams of candidates and episodes, and the evolution paths, start anew.

        Raises:
            SpecError: It is the state of a search of another version.
        """
        missing = [name for name in STATE if name not in numbers]
        if missing:
            raise SpecError(
                f"the run was begun by another version, which did not note {', '.join(missing)}: train anew without resume=true"
            )
        self._generation = numbers["generation"]
        self._spread(arrays["mean"], numbers["sigma"], numbers["population"], arrays["covariance"])
        self.best, self.best_figure = arrays["best"], numbers["best_figure"]
        for name in STATE:
            setattr(self, f"_{name}", numbers[name])


@functools.cache
def _libraries() -> ThreadpoolController:
    """Returns the hold on the libraries of this process that have threads; to look for them takes milliseconds."""
    return ThreadpoolController()


def is_gain(differences: Floats) -> bool:
    """Returns whether the mean of (E,) differences on the same episodes lies more than CERTAIN standard errors above 0."""
    return bool(differences.mean() > CERTAIN * differences.std(ddof=1) / np.sqrt(len(differences)))


def log_costs(costs: Floats) -> Floats:
    """Returns the logarithms of (C, E) costs. A cost of 0 counts as a hundredth of the candidates' mean on that episode."""
    mean = costs.mean(axis=0)
    return np.log(np.where(costs > 0, costs, np.where(mean > 0, 0.01 * mean, 1.0)))
