"""Metrics by name: functions of a run that return a float, those of a kind of decision in a registry of their own."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from vmenv.errors import NamedNumbers
from vmenv.registry import Registry

Metrics = Registry[Callable[[Any], float]]


def measure(metrics: Metrics, run: Any) -> dict[str, float]:
    """Returns every metric of `run` by name."""
    return NamedNumbers({name: float(metrics[name](run)) for name in metrics.names()})
