"""Where a parameter of a heuristic may be looked for by who tunes it."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np


class Range(NamedTuple):
    """Where a parameter may be looked for; whole numbers and yes-or-no are rounded.

    Attributes:
        low: Least value.
        high: Largest value.
        logarithmic: Whether equal ratios count as equal steps.
        whole: Whether only whole numbers are meant (0 and 1 for yes-or-no).
    """

    low: float
    high: float
    logarithmic: bool = False
    whole: bool = False

    def at(self, x: float) -> float:
        """Returns the value at x in [0, 1]."""
        value = self.low * (self.high / self.low) ** x if self.logarithmic else self.low + (self.high - self.low) * x
        return float(round(value)) if self.whole else float(value)

    def place(self, value: float) -> float:
        """Returns the x at which a value lies."""
        value = min(max(value, self.low), self.high)
        if self.logarithmic:
            return float(np.log(value / self.low) / np.log(self.high / self.low))
        return (value - self.low) / (self.high - self.low)
