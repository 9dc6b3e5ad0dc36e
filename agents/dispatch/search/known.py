"""What a search knows of a rule that has played: a mean over all of its episodes, and how sure that is."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from agents.dispatch.search.shapes import Rule
from vmenv.host.state import Floats


@dataclass
class Known:
    """What is known of a rule.

    Attributes:
        rule: The rule.
        mean: Of how its costs feel, less the difficulty of the episode.
        squares: Sum of the squared deviations from that.
        episodes: That it has played.
    """

    rule: Rule
    mean: float = 0.0
    squares: float = 0.0
    episodes: int = 0

    def take(self, values: Floats) -> None:
        """Takes in (E,) further values (Chan, Golub and LeVeque 1983)."""
        number, mean = len(values), float(values.mean())
        total = self.episodes + number
        apart = mean - self.mean
        self.squares += float(((values - mean) ** 2).sum()) + apart * apart * self.episodes * number / total
        self.mean += apart * number / total
        self.episodes = total

    @property
    def error(self) -> float:
        """Standard error of the mean."""
        return float(np.sqrt(self.squares / max(1, self.episodes - 1) / max(1, self.episodes)))
