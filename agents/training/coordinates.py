"""The space in which the parameters of a heuristic are searched."""

from __future__ import annotations

import dataclasses
from typing import Any

import numpy as np

from vmenv.host.state import Floats


class Coordinates:
    """The search space of a scheduler: one coordinate a parameter, [0, 1] covering its range, reflected at the ends.

    Args:
        scheduler: Where the search starts: a heuristic of any kind of decision, whose `tunable` says which parameters and where.
    """

    def __init__(self, scheduler: Any) -> None:
        self.scheduler = scheduler
        self._ranges = scheduler.tunable
        self.start = np.array([r.place(float(getattr(scheduler, name))) for name, r in self._ranges.items()])

    def scheduler_at(self, point: Floats) -> Any:
        """Returns the scheduler with the parameters at a point."""
        values: dict[str, Any] = {}
        for (name, allowed), x in zip(self._ranges.items(), point, strict=True):
            x = abs(x) % 2.0
            value = allowed.at(min(x, 2.0 - x))
            kind = type(getattr(self.scheduler, name))
            values[name] = kind(value) if kind is not float else value
        return dataclasses.replace(self.scheduler, **values)
