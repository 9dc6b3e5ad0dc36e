"""The incumbent of a search: the best point so far, by whatever episodes say so.

Validation episodes choose while the search goes on. Of many points one looks better there by chance, where nothing is: so episodes that had
no part in choosing say whether it beats the start, and at the end which of the last incumbents wins.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Generic, Protocol

import numpy as np

from agents.training.finalists import Finalists, P
from vmenv.episodes.seeds import CONFIRMATION_SEEDS
from vmenv.host.state import Floats

FEW = 100  # confirmation episodes of a test while a search goes on
CERTAIN = 3.0  # standard errors: where nothing is better than the start, one test in some 600 of a hundred episodes says otherwise


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


class Incumbent(Generic[P]):
    """The best point of a search so far.

    Args:
        trials: Plays the candidates.
        encode: Turns C points of the search space into (C, m) parameters of what plays.
        start: Where the search starts, the first incumbent.
        validation: Seeds of the validation episodes.

    Attributes:
        point: The best point.
        figure: Its mean cost on the validation episodes.
        start: Where the search starts.
        trials: What plays the candidates.
        finalists: The last incumbents.
    """

    def __init__(self, trials: Trials, encode: Callable[[Sequence[P]], Floats], start: P, validation: Sequence[int]) -> None:
        self.trials, self.start, self._encode, self._validation = trials, start, encode, validation
        self.point, self.figure = start, float("inf")
        self.finalists: Finalists[P] = Finalists()

    def warm_up(self) -> None:
        """Plays the start on one episode, which compiles what is played."""
        self._costs([self.start], self._validation[:1])

    def evaluate_start(self) -> None:
        """Plays the start on the validation episodes: what is found is then no worse than it there."""
        self.figure = self._figure(self.start)

    def challenge(self, point: P) -> tuple[float, bool]:
        """Plays a point on the validation episodes; if it is the best so far, it is the incumbent and a finalist.

        Returns:
            Its mean cost, and whether that is the best so far.
        """
        figure = self._figure(point)
        improved = figure < self.figure
        if improved:
            self.point, self.figure = point, figure
            self.finalists.add(point)
        return figure, improved

    def beats_start(self) -> bool:
        """Returns whether the best point costs less than the start on the confirmation episodes, by more than chance explains."""
        return self._is_gain(CONFIRMATION_SEEDS[:FEW])

    def judge(self, seeds: Sequence[int], confirms: bool) -> bool:
        """Takes the best of the finalists on these episodes for the best point; returns whether there are any.

        Args:
            seeds: Of the episodes.
            confirms: Whether it must then cost less than the start on as many other episodes, by more than chance explains; else the start
                is the best point.
        """
        if self.finalists.points:
            self.point = self.finalists.winner(self._costs, seeds)
            if confirms and not self._is_gain(CONFIRMATION_SEEDS[: len(seeds)]):
                self.point = self.start
            self.figure = self._figure(self.point)
        return bool(self.finalists.points)

    def _is_gain(self, seeds: Sequence[int]) -> bool:
        costs = self._costs([self.start, self.point], seeds)
        return is_gain(costs[0] - costs[1])

    def _costs(self, points: Sequence[P], seeds: Sequence[int]) -> Floats:
        return self.trials.costs(self._encode(points), seeds)

    def _figure(self, point: P) -> float:
        return self.trials.figure(self._encode([point])[0], self._validation)


def is_gain(differences: Floats) -> bool:
    """Returns whether the mean of (E,) differences on the same episodes lies more than CERTAIN standard errors above 0."""
    return bool(differences.mean() > CERTAIN * differences.std(ddof=1) / np.sqrt(len(differences)))
