"""The learning curve of a run, as a CSV file that grows: decisions, seconds, mean cost on the validation episodes."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from vmenv.episodes.evaluation import evaluate
from vmenv.episodes.files import write_whole
from vmenv.episodes.scenario import Scenario

CURVE = "curve.csv"
HEADINGS = "decisions,seconds,validation"


class Curve:
    """Writes the curve.

    Args:
        folder: Of the run.
        kept: Decisions of the checkpoint that the run goes on from: points of work beyond it, which is lost, are dropped. None: it is new.
    """

    def __init__(self, folder: Path, kept: int | None) -> None:
        self._file = folder / CURVE
        points = [] if kept is None or not self._file.exists() else self._file.read_text().splitlines()[1:]
        whole = (point for point in points if point.count(",") == HEADINGS.count(",") and point[0] != ",")  # a kill may have cut the last
        write_whole(self._file, "\n".join([HEADINGS, *(p for p in whole if int(p.split(",")[0]) <= (kept or 0))]) + "\n")

    def add(self, decisions: int, seconds: float, figure: float) -> None:
        """Adds a point."""
        with self._file.open("a") as file:
            file.write(f"{decisions},{seconds:.1f},{figure!r}\n")


def mean_cost(policy: Any, scenario: Scenario, seeds: Sequence[int]) -> float:
    """Returns the mean of the scenario's objective over the episodes; the policy is one of its kind, or a name."""
    return float(np.mean([row[scenario.objective] for row in evaluate(policy, scenario, seeds)]))
