"""What every search by generations is told, whatever it searches for."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from vmenv.checks import check_integer
from vmenv.episodes.seeds import JUDGING_SEEDS, TRAINING_EPISODES
from vmenv.errors import SpecError


@dataclass(frozen=True, kw_only=True)
class GenerationSettings:
    """How to search, a generation at a time.

    Args:
        sigma: Standard deviation of the first candidates.
        population: Candidates of a generation.
        episodes: Training episodes of a generation, at the beginning.
        eval_every: Generations between evaluations.
        judged_episodes: Fresh episodes on which the last ten of the best points are judged at the end, 0 to 1000; 0: validation decides.
            With a limit of minutes they are as many as a small part of the time allows.
    """

    sigma: float = 0.3
    population: int = 32
    episodes: int = 8
    eval_every: int = 5
    judged_episodes: int = 1000

    def check_search(self) -> None:
        """Checks the settings.

        Raises:
            SpecError: One is out of range.
        """
        self.check_counts("population", "episodes", "eval_every")
        check_integer("agent.judged_episodes", self.judged_episodes, most=len(JUDGING_SEEDS))
        if not 0 < self.sigma < np.inf:
            raise SpecError(f"agent.sigma is {self.sigma}: give a number above 0")

    def check_counts(self, *names: str) -> None:
        """Checks that each named field is at least 1, and no more than there are training episodes.

        Raises:
            SpecError: One is not.
        """
        for name in names:
            check_integer(f"agent.{name}", getattr(self, name), least=1, most=TRAINING_EPISODES)
