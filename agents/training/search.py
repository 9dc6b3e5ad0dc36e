"""Search for parameters by CMA-ES, every candidate of a generation on the same episodes.

Source: Hansen and Ostermeier, "Completely derandomized self-adaptation in evolution strategies", Evolutionary Computation 9, 2001, by the
library `cma`. What is minimised is how costs feel, see `felt_costs`. The search is judged by the mean on validation episodes. While that
improves, few episodes a generation do; when it does not, their number is doubled, up to a limit; then, if this is the best place so far,
the search looks around it more closely, with half the step and twice the population, and at last it starts anew, with twice the
population. Of many points one looks better than the start by chance, where nothing is: `Search.beats_start` asks episodes that had no part
in choosing it.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np

from agents.training.distribution import Distribution, one_thread
from agents.training.finalists import JAM, Finalists, usual_cost
from vmenv.checks import check_integer
from vmenv.episodes.saved import Arrays
from vmenv.episodes.seeds import CONFIRMATION_SEEDS, JUDGING_SEEDS, TRAINING_EPISODES
from vmenv.errors import SpecError
from vmenv.host.state import Floats

Encode = Callable[[Floats], Floats]
STATE = ("generation", "episodes", "stale", "own_best", "looks_closely", "differs", "best_figure")  # of a search, beside its distribution
OF_DISTRIBUTION = "distribution."  # before the names of its arrays
FEW = 100  # confirmation episodes of a test while a search goes on
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
        judged_episodes: Fresh episodes on which the last ten of the best points are judged at the end, 0 to 1000; 0: validation decides.
    """

    sigma: float = 0.3
    population: int = 32
    episodes: int = 8
    most_episodes: int = 64
    eval_every: int = 5
    patience: int = 4
    judged_episodes: int = 1000

    def check_search(self) -> None:
        """Checks the settings.

        Raises:
            SpecError: One is out of range.
        """
        for name in ("population", "episodes", "most_episodes", "eval_every", "patience"):
            check_integer(f"agent.{name}", getattr(self, name), least=1, most=TRAINING_EPISODES)
        check_integer("agent.judged_episodes", self.judged_episodes, most=len(JUDGING_SEEDS))
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
        candidates: Their distribution.
        generation: Number of generations played.
        episodes: Training episodes of a generation now.
        stale: Evaluations since the last that improved on `own_best`.
        own_best: Best figure since the search last began at the start.
        looks_closely: Whether it looks around its best point.
    """

    def __init__(
        self, trials: Trials, encode: Encode, start: Floats, settings: SearchSettings, validation: Sequence[int], seed: int
    ) -> None:
        self.best, self.best_figure = np.array(start, np.float64), float("inf")
        self.trials, self._encode, self._start, self._settings = trials, encode, self.best, settings
        self._validation, self._seed = validation, seed
        self.generation, self.differs = 0, False
        self._finalists: Finalists[Floats] = Finalists()
        self._begin(self._start, settings.sigma, settings.population)

    def _begin(self, mean: Floats, sigma: float, population: int) -> None:
        self.episodes, self.own_best, self.looks_closely = self._settings.episodes, np.inf, False
        self._spread(mean, sigma, population)

    def _look_closely(self) -> None:
        self.looks_closely = True
        self._spread(self.best, 0.5 * self.candidates.sigma, 2 * self.candidates.population, self.candidates.covariance)

    def _spread(self, mean: Floats, sigma: float, population: int, covariance: Floats | None = None) -> None:
        self.candidates = Distribution(mean, sigma, population, [self._seed, self.generation], covariance)
        self.stale = 0

    def warm_up(self) -> None:
        """Plays the start on one episode, which compiles what is played."""
        self.trials.costs(self._encode(self._start[None]), self._validation[:1])

    def step(self) -> None:
        """Plays one generation."""
        candidates, seeds = self.candidates.draw(self.episodes)
        with one_thread():
            costs = self.trials.costs(self._encode(np.array(candidates)), seeds)
        self.candidates.tell(candidates, felt_costs(costs).mean(axis=1))
        self.differs = self.differs or bool(np.ptp(costs, axis=0).any())
        self.generation += 1

    @property
    def evaluation_is_due(self) -> bool:
        """Whether enough generations have passed."""
        return self.generation % self._settings.eval_every == 0

    def evaluate_start(self) -> None:
        """Plays the start on the validation episodes: what is found is then no worse than it there."""
        self.best_figure = self.trials.figure(self._encode(self._start[None])[0], self._validation)

    def evaluate(self) -> tuple[float, bool]:
        """Plays the mean of the candidates' distribution on the validation episodes.

        Returns:
            Its mean cost, and whether that is the best so far.
        """
        mean = self.candidates.mean
        figure = self.trials.figure(self._encode(mean[None])[0], self._validation)
        improved = figure < self.best_figure
        if improved:
            self.best, self.best_figure = mean, figure
        if figure < self.own_best:
            self.own_best, self.stale = figure, 0
        else:
            self.stale += 1
        if self.stale > self._settings.patience:
            self.stale = 0
            if self.episodes < self._settings.most_episodes:
                self.episodes = min(2 * self.episodes, self._settings.most_episodes)
            elif self.own_best <= self.best_figure and not self.looks_closely:
                self._look_closely()
            else:
                self._begin(self._start, self._settings.sigma, 2 * self.candidates.population)
        return figure, improved

    def beats_start(self) -> bool:
        """Returns whether the best point costs less than the start on the confirmation episodes, by more than chance explains."""
        return self._is_gain(CONFIRMATION_SEEDS[:FEW])

    def _is_gain(self, seeds: Sequence[int]) -> bool:
        costs = self.trials.costs(self._encode(np.stack([self._start, self.best])), seeds)
        return is_gain(costs[0] - costs[1])

    def add_finalist(self) -> None:
        """Makes the best point one of those that are judged at the end."""
        self._finalists.add(self.best)

    def judge(self, seeds: Sequence[int], confirms: bool) -> bool:
        """Takes the best of the finalists on these episodes for the best point; see `agents.training.searching.Searching`."""
        if self._finalists.points:
            self.best = self._finalists.winner(lambda points, of: self.trials.costs(self._encode(np.array(points)), of), seeds)
            if confirms and not self._is_gain(CONFIRMATION_SEEDS[: len(seeds)]):
                self.best = self._start
            self.best_figure = self.trials.figure(self._encode(self.best[None])[0], self._validation)
        return bool(self._finalists.points)

    def state(self) -> tuple[Arrays, dict[str, Any]]:
        """Returns arrays and numbers from which `restore` goes on."""
        arrays = {f"{OF_DISTRIBUTION}{name}": array for name, array in self.candidates.state().items()}
        finalists = np.array(self._finalists.points).reshape(-1, len(self.best))
        return {**arrays, "best": self.best, "finalists": finalists}, {name: getattr(self, name) for name in STATE}

    def restore(self, arrays: Arrays, numbers: dict[str, Any]) -> None:
        """Goes on from `state()` of an earlier search with the same settings: what follows is what would have followed there.

        Raises:
            SpecError: It is the state of a search of another version.
        """
        missing = [name for name in STATE if name not in numbers] + [name for name in ("best", "finalists") if name not in arrays]
        if missing:
            raise SpecError(
                f"the run was begun by another version, which did not note {', '.join(missing)}: train anew without resume=true"
            )
        of_distribution = {name.removeprefix(OF_DISTRIBUTION): array for name, array in arrays.items() if name.startswith(OF_DISTRIBUTION)}
        self.candidates = Distribution.from_state(of_distribution)
        self.best, self._finalists.points = arrays["best"], list(arrays["finalists"])
        for name in STATE:
            setattr(self, name, numbers[name])


def is_gain(differences: Floats) -> bool:
    """Returns whether the mean of (E,) differences on the same episodes lies more than CERTAIN standard errors above 0."""
    return bool(differences.mean() > CERTAIN * differences.std(ddof=1) / np.sqrt(len(differences)))


def felt_costs(costs: Floats) -> Floats:
    """Returns how (C, E) costs feel: their logarithms, and beside them the costs over the usual cost, at most JAM.

    The logarithm makes an episode in which everything is slow count no more than another; the cost itself lets a jam be felt, which a
    policy pays for in the mean though it comes once in hundreds of episodes. A cost of 0 counts as a hundredth of the candidates' mean on
    that episode.
    """
    mean = costs.mean(axis=0)
    logs = np.log(np.where(costs > 0, costs, np.where(mean > 0, 0.01 * mean, 1.0)))
    usual = usual_cost(costs)
    return logs + np.minimum(costs / usual, JAM) if usual > 0 else logs
