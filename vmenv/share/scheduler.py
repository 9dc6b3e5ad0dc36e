"""What a heuristic of shares is: a frozen set of parameters and a rule that gives weights, found by name."""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass
from typing import ClassVar, NamedTuple

import numpy as np
from numpy.typing import NDArray

from vmenv.episodes.ranges import Range
from vmenv.host import columns as h
from vmenv.host.state import Floats, Ints
from vmenv.registry import Registry
from vmenv.share import columns as c
from vmenv.share.state import Runs

PAST = ("missed", "short", "long", "swing", "peak")  # see `vmenv.share.observation.USE_FEATURES`


class Seen(NamedTuple):
    """What a rule may look at: a batch of B runs with S slots, after the interval that ended last. Nothing of the next one is in it."""

    present: NDArray[np.bool_]  # (B, S)
    asks: Ints  # (B, S, 3): mean demand of the last interval, and what would drain the backlog in one; rates, rounded up
    size: Ints  # (B, S): millicores that it can use at the most
    weight: Ints  # (B, S): what the workload gave it
    places: Ints  # (B, S, 3): the device of each use
    capacity: Ints  # (D,)
    past: Floats  # (B, S, 3, len(PAST)): what the intervals so far have shown, as parts of the device's capacity

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
            past=_past(runs),
        )


def _past(runs: Runs) -> Floats:
    """Returns the averages that observations tell too, and what was missed in the last interval."""
    length_us = np.maximum(1, runs.run[:, c.LAST_LENGTH_US])[:, None, None]
    columns = [runs.uses[..., c.MISSED] / length_us, *(runs.uses[..., column] / c.GRAIN for column in (c.SHORT, c.LONG, c.SWING, c.PEAK))]
    past: Floats = np.stack(columns, axis=-1) / runs.capacity[runs.places][..., None]
    return past


@dataclass(frozen=True, kw_only=True)
class ShareScheduler(ABC):
    """A heuristic.

    To write one, subclass as a frozen dataclass whose fields are its parameters and write `weights`. `@SCHEDULERS.register("name")`
    makes it known.

    Attributes:
        information: "blind" (to demands), "demands" (of the last interval).
        source: Where the rule comes from.
        tunable: Parameters that tuning may change, with where to look.
    """

    information: ClassVar[str]
    source: ClassVar[str]
    tunable: ClassVar[dict[str, Range]] = {}

    @abstractmethod
    def weights(self, seen: Seen) -> Floats:
        """Returns (B, S) weights, not negative, in any unit; those of empty slots do not matter."""


SCHEDULERS: Registry[type[ShareScheduler]] = Registry("scheduler", "vmenv.share.schedulers", base=ShareScheduler)


def to_actions(weights: Floats) -> Floats:
    """Returns weights as actions: in each run the largest is 1; all are 1 where all are 0."""
    most = weights.max(axis=1, keepdims=True)
    return np.where(most > 0, weights / np.where(most > 0, most, 1.0), 1.0)
