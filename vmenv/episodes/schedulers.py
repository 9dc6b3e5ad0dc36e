"""Heuristics by name, for every kind of decision."""

from __future__ import annotations

from typing import Any

from vmenv.episodes.kinds import KINDS

DEFAULT = "dispatch"


def list_schedulers(kind: str = DEFAULT) -> list[str]:
    """Returns the names of all heuristics of a kind of decision."""
    return KINDS[kind].schedulers.names()


def make_scheduler(name: str, *, kind: str = DEFAULT, **parameters: Any) -> Any:
    """Returns a heuristic by name.

    Args:
        name: One of `list_schedulers(kind)`, or "my_module:MyScheduler".
        kind: The kind of decision.
        **parameters: Its parameters; those left out keep their defaults.

    Raises:
        UnknownNameError: No heuristic has this name, or there is no such kind.
        SpecError: It has no such parameter, or the value is not allowed.
    """
    return KINDS[kind].schedulers.make(name, **parameters)
