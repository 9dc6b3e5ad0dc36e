"""Search for parameters by CMA-ES, every candidate of a generation on the same episodes.

Source: Hansen and Ostermeier, "Completely derandomized self-adaptation in evolution strategies", Evolutionary Computation 9, 2001, by the
library `cma`. What is minimised is how costs feel, see `felt_costs`. The search is judged by the mean on validation episodes. While that
improves, few episodes a generation do; when it does not, their number is doubled, up to a limit; then, if this is the best place so far,
the search looks around it more closely, with half the step and twice the population, and at last it starts anew, with twice the
population.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from agents.training.distribution import Distribution, one_thread
from agents.training.finalists import JAM, usual_cost
from agents.training.incumbent import Incumbent, Trials
from agents.training.settings import GenerationSettings
from vmenv.episodes.saved import Arrays
from vmenv.errors import SpecError
from vmenv.host.state import Floats

Encode = Callable[[Floats], Floats]
STATE = ("generation", "episodes", "stale", "own_best", "looks_closely", "differs")  # of a search, beside its distribution
OF_DISTRIBUTION = "distribution."  # before the names of its arrays


@dataclass(frozen=True, kw_only=True)
class SearchSettings(GenerationSettings):
    """How to search by CMA-ES.

    Args:
        most_episodes: Training episodes of a generation at the most.
        patience: Evaluations without improvement after which the number of episodes is doubled, or the search starts anew.
    """

    most_episodes: int = 64
    patience: int = 4

    def check_search(self) -> None:
        """See `GenerationSettings.check_search`."""
        super().check_search()
        self.check_counts("most_episodes", "patience")


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
        incumbent: The best point (n,) so far, which begins as the start.
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
        self._trials, self._encode, self._settings, self._seed = trials, encode, settings, seed
        self.incumbent = Incumbent(trials, lambda points: encode(np.array(points)), np.array(start, np.float64), validation)
        self.generation, self.differs = 0, False
        self._begin(settings.population)

    def _begin(self, population: int) -> None:
        self.episodes, self.own_best, self.looks_closely = self._settings.episodes, np.inf, False
        self._spread(self.incumbent.start, self._settings.sigma, population)

    def _look_closely(self) -> None:
        self.looks_closely = True
        self._spread(self.incumbent.point, 0.5 * self.candidates.sigma, 2 * self.candidates.population, self.candidates.covariance)

    def _spread(self, mean: Floats, sigma: float, population: int, covariance: Floats | None = None) -> None:
        self.candidates = Distribution(mean, sigma, population, [self._seed, self.generation], covariance)
        self.stale = 0

    def step(self) -> None:
        """Plays one generation."""
        candidates, seeds = self.candidates.draw(self.episodes)
        with one_thread():
            costs = self._trials.costs(self._encode(np.array(candidates)), seeds)
        self.candidates.tell(candidates, felt_costs(costs).mean(axis=1))
        self.differs = self.differs or bool(np.ptp(costs, axis=0).any())
        self.generation += 1

    @property
    def evaluation_is_due(self) -> bool:
        """Whether enough generations have passed."""
        return self.generation % self._settings.eval_every == 0

    def evaluate(self) -> tuple[float, bool]:
        """Lets the mean of the candidates' distribution challenge the incumbent; see `Incumbent.challenge`."""
        figure, improved = self.incumbent.challenge(self.candidates.mean)
        if figure < self.own_best:
            self.own_best, self.stale = figure, 0
        else:
            self.stale += 1
        if self.stale > self._settings.patience:
            self.stale = 0
            if self.episodes < self._settings.most_episodes:
                self.episodes = min(2 * self.episodes, self._settings.most_episodes)
            elif self.own_best <= self.incumbent.figure and not self.looks_closely:
                self._look_closely()
            else:
                self._begin(2 * self.candidates.population)
        return figure, improved

    def state(self) -> tuple[Arrays, dict[str, Any]]:
        """Returns arrays and numbers from which `restore` goes on."""
        arrays = {f"{OF_DISTRIBUTION}{name}": array for name, array in self.candidates.state().items()}
        best, figure = self.incumbent.point, self.incumbent.figure
        finalists = np.array(self.incumbent.finalists.points).reshape(-1, len(best))
        numbers = {name: getattr(self, name) for name in STATE}
        return {**arrays, "best": best, "finalists": finalists}, {**numbers, "best_figure": figure}

    def restore(self, arrays: Arrays, numbers: dict[str, Any]) -> None:
        """Goes on from `state()` of an earlier search with the same settings: what follows is what would have followed there.

        Raises:
            SpecError: It is the state of a search of another version.
        """
        missing = [name for name in (*STATE, "best_figure") if name not in numbers]
        missing += [name for name in ("best", "finalists") if name not in arrays]
        if missing:
            raise SpecError(
                f"the run was begun by another version, which did not note {', '.join(missing)}: train anew without resume=true"
            )
        of_distribution = {name.removeprefix(OF_DISTRIBUTION): array for name, array in arrays.items() if name.startswith(OF_DISTRIBUTION)}
        self.candidates = Distribution.from_state(of_distribution)
        self.incumbent.point, self.incumbent.figure = arrays["best"], numbers["best_figure"]
        self.incumbent.finalists.points = list(arrays["finalists"])
        for name in STATE:
            setattr(self, name, numbers[name])


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
