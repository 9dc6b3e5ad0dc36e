"""The registry of metrics. A metric is a function of a `Run` that returns a float."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from vmenv.registry import Registry

if TYPE_CHECKING:
    from vmenv.dispatch.run import Run

METRICS: Registry[Callable[[Run], float]] = Registry("metric", "vmenv.dispatch.metrics")


def list_metrics() -> list[str]:
    """Returns the names of all metrics."""
    return METRICS.names()


def compute_metrics(run: Run) -> dict[str, float]:
    """Returns every metric of `run` by name."""
    return {name: float(METRICS[name](run)) for name in METRICS.names()}
