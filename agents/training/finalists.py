"""Who wins a training: the last of its best points, judged on episodes that had no part in choosing them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Generic, TypeVar

import numpy as np

from vmenv.host.state import Floats

MOST_FINALISTS = 10
FIRST_PART = 4  # of the episodes, a quarter: by these the worse half is left out
JAM = 20.0  # times what an episode mostly costs: what it costs beyond that does not count
WORST_PART = 0.1  # of the episodes, which do not count in what one mostly costs
P = TypeVar("P")


def robust_mean(costs: Floats) -> Floats:
    """Returns (C,) the mean of (C, E) costs, none counting for more than JAM times the mean without the worst tenth.

    It feels jams, in which nothing moves for long, but none decides by itself: with a cost of 331 where .5 is usual, one episode of 500
    would count for more than all others together.
    """
    usual = usual_cost(costs)
    return np.asarray(np.minimum(costs, JAM * usual).mean(axis=1) if usual > 0 else costs.mean(axis=1))


def usual_cost(costs: Floats) -> float:
    """Returns the mean of costs without the worst tenth."""
    return float(np.sort(costs.ravel())[: max(1, int(costs.size * (1.0 - WORST_PART)))].mean())


class Finalists(Generic[P]):
    """The last points that were the best of a search when they were found.

    Attributes:
        points: They, oldest first.
    """

    def __init__(self) -> None:
        self.points: list[P] = []

    def add(self, point: P) -> None:
        """Takes in a new best point."""
        self.points = [*self.points, point][-MOST_FINALISTS:]

    def winner(self, play: Callable[[Sequence[P], Sequence[int]], Floats], seeds: Sequence[int]) -> P:
        """Returns the one that costs least; the worse half, by the first quarter of the episodes, plays no more.

        Args:
            play: Plays points on the episodes of seeds, and returns (C, E) costs.
            seeds: Of the episodes.
        """
        points, first = self.points, seeds[: len(seeds) // FIRST_PART]
        costs = play(points, first)
        better = np.argsort(robust_mean(costs), kind="stable")[: -(-len(points) // 2)]
        points, costs = [points[k] for k in better], costs[better]
        if len(points) > 1:
            costs = np.concatenate([costs, play(points, seeds[len(first) :])], axis=1)
        return points[int(robust_mean(costs).argmin())]

    @staticmethod
    def num_plays(num_episodes: int) -> int:
        """Returns how many episodes `winner` plays at the most."""
        first = num_episodes // FIRST_PART
        return MOST_FINALISTS * first + -(-MOST_FINALISTS // 2) * (num_episodes - first)
