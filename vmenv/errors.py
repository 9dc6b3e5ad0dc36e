"""Every error that vmenv raises on purpose, in one tree."""

from __future__ import annotations

import difflib
from collections.abc import Iterable


class VmenvError(Exception):
    """Root of the tree: catching it catches every error that vmenv raises on purpose."""


class SpecError(VmenvError, ValueError):
    """A host, workload, scenario or parameter that cannot be meant."""


class UnknownNameError(VmenvError, KeyError):
    """A name that no registry holds.

    Args:
        kind: What was looked up, in the singular ("scheduler").
        name: The name that was given.
        known: The names that exist.
    """

    def __init__(self, kind: str, name: str, known: Iterable[str]) -> None:
        self.name = name
        self.known = sorted(known)
        super().__init__(f"unknown {kind} {name!r}: {suggestion(name, self.known)}")

    def __str__(self) -> str:  # KeyError would show the repr of the message
        return str(self.args[0])


class TraceError(VmenvError, ValueError):
    """A row of a trace file that cannot be read; the message starts with file and line."""


class ActionError(VmenvError, ValueError):
    """An action that the current state does not allow."""


class SimulationError(VmenvError, RuntimeError):
    """A run that cannot go on, for instance because its clock would go too far."""


class ServiceError(VmenvError, RuntimeError):
    """A host in another process that cannot be reached, or that does not take the call."""


def suggestion(given: object, known: Iterable[str]) -> str:
    """Returns "did you mean ...?" for the nearest known name, and the whole list."""
    names, name = sorted(known), str(given)
    near = difflib.get_close_matches(name.lower(), names, n=5, cutoff=0.5)
    # Of names that are equally near, the one that begins like it and has the same letters: two of them have changed places.
    best = max(near, key=lambda other: _nearness(name.lower(), other), default=None)
    lead = f"did you mean {best!r}? " if best else ""
    return f"{lead}there are: {', '.join(names) or '(none)'}"


def _nearness(name: str, other: str) -> tuple[float, bool, bool]:
    return difflib.SequenceMatcher(None, name, other).ratio(), sorted(name) == sorted(other), name[:1] == other[:1]


class NamedNumbers(dict[str, float]):
    """Numbers by name; to ask for a name that there is not is answered with the nearest."""

    def __missing__(self, name: str) -> float:
        raise UnknownNameError("metric", str(name), self)
