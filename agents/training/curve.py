"""The learning curve of a run, as a CSV file that grows: decisions, seconds, mean cost on the validation episodes."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from vmenv.episodes.evaluation import evaluate
from vmenv.episodes.scenario import Scenario

CURVE = "curve.csv"
HEADINGS = "decisions,seconds,validation"


class Curve:
    """Writes the curve.

    Args:
        folder: Of the run.
        resume: Whether to go on with the curve that is there; the seconds count on from its last row.
    """

    def __init__(self, folder: Path, resume: bool) -> None:
        self._file = folder / CURVE
        self._before_s = 0.0
        if resume and self._file.exists():
            rows = self._file.read_text().splitlines()[1:]
            self._before_s = float(rows[-1].split(",")[1]) if rows else 0.0
        else:
            self._file.parent.mkdir(parents=True, exist_ok=True)
            self._file.write_text(HEADINGS + "\n")

    def add(self, decisions: int, seconds: float, figure: float) -> None:
        """Adds a point."""
        with self._file.open("a") as file:
            file.write(f"{decisions},{self._before_s + seconds:.1f},{figure!r}\n")


def mean_cost(policy: Any, scenario: Scenario, seeds: Sequence[int]) -> float:
    """Returns the mean of the scenario's objective over the episodes; the policy is one of its kind, or a name."""
    return float(np.mean([row[scenario.objective] for row in evaluate(policy, scenario, seeds)]))
