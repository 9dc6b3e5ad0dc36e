"""What a policy of shares is: a frozen set of parameters and a rule that gives weights, found by name."""

from __future__ import annotations

import dataclasses
from abc import ABC, abstractmethod
from dataclasses import dataclass
from typing import Any, ClassVar, NamedTuple, Protocol, runtime_checkable

import numpy as np
from numpy.typing import NDArray

from vmenv.errors import SpecError, suggestion
from vmenv.host import columns as h
from vmenv.host.state import Floats, Ints
from vmenv.registry import Registry
from vmenv.share import columns as c
from vmenv.share.state import Runs

Observation = dict[str, NDArray[Any]]


class Seen(NamedTuple):
    """What a rule may look at: a batch of B runs with S slots, after the interval that ended last. Nothing of the next one is in it."""

    present: NDArray[np.bool_]  # (B, S)
    asks: Ints  # (B, S, 3): mean demand of the last interval, and what would drain the backlog in one; rates, rounded up
    size: Ints  # (B, S): millicores that it can use at the most
    weight: Ints  # (B, S): what the workload gave it
    places: Ints  # (B, S, 3): the device of each use
    capacity: Ints  # (D,)

    @classmethod
    def read(cls, runs: Runs) -> Seen:
        """Returns what the arrays show now."""
        waiting = -(-runs.uses[..., c.BACKLOG] // runs.host[c.INTERVAL_US])
        return cls(
            present=runs.slots[..., c.VM] != h.NOBODY,
            asks=-(-runs.uses[..., c.NOW] // c.GRAIN) + waiting,
            size=runs.slots[..., c.LIMIT],
            weight=np.maximum(1, runs.slots[..., c.GIVEN_WEIGHT]),
            places=runs.places,
            capacity=runs.capacity,
        )


@dataclass(frozen=True, kw_only=True)
class SharePolicy(ABC):
    """A heuristic.

    To write one, subclass as a frozen dataclass whose fields are its parameters and write `weights`. `@SHARE_POLICIES.register("name")`
    makes it known.

    Attributes:
        information: "blind" (to demands), "demands" (of the last interval).
        source: Where the rule comes from.
    """

    information: ClassVar[str]
    source: ClassVar[str]

    @abstractmethod
    def weights(self, seen: Seen) -> Floats:
        """Returns (B, S) weights, not negative, in any unit; those of empty slots do not matter."""


@runtime_checkable
class LearnedSharePolicy(Protocol):
    """What evaluation asks of a policy that looks at observations, as a learner does."""

    def actions(self, observation: Observation) -> NDArray[Any]:
        """Returns (B, S) numbers from 0 to 1."""


SHARE_POLICIES: Registry[type[SharePolicy]] = Registry("share policy", "vmenv.share.schedulers")


def to_actions(weights: Floats) -> Floats:
    """Returns weights as actions: in each run the largest is 1; all are 1 where all are 0."""
    most = weights.max(axis=1, keepdims=True)
    return np.where(most > 0, weights / np.where(most > 0, most, 1.0), 1.0)


def list_share_policies() -> list[str]:
    """Returns the names of all heuristics."""
    return SHARE_POLICIES.names()


def make_share_policy(name: str, **parameters: Any) -> SharePolicy:
    """Returns a heuristic by name.

    Raises:
        UnknownNameError: None has this name.
        SpecError: It has no such parameter, or the value is not allowed.
    """
    kind = SHARE_POLICIES[name]
    known = {field.name for field in dataclasses.fields(kind)}
    for parameter in parameters:
        if parameter not in known:
            raise SpecError(f"share policy {name!r} has no parameter {parameter!r}: {suggestion(parameter, known)}")
    return kind(**parameters)
