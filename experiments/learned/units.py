"""Costs as people read them."""

from __future__ import annotations

ABSENT = "\N{EN DASH}"  # in a table, where there is nothing to say


def in_unit(cost: float, objective: str) -> str:
    """Returns a cost: slowdowns as they are, times in milliseconds."""
    return f"{cost / 1e3:.1f}" if objective.endswith("_us") else f"{cost:.3f}"


def unit(objective: str) -> str:
    """Returns name and unit of an objective."""
    return f"{objective.removesuffix('_us').replace('_', ' ')}, ms" if objective.endswith("_us") else objective.replace("_", " ")
