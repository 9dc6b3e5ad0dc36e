"""The R_quantum loop over what was demanded in the last interval, for a batch: what the policies RAP, RRP and DRF make their weights of."""

from __future__ import annotations

import functools
from typing import Any

import numpy as np

from vmenv.checks import LARGEST
from vmenv.host.columns import CPU, NUM_USES
from vmenv.host.state import Floats, Ints
from vmenv.jit import compiled
from vmenv.share.filling import MOST_WEIGHT, Filling, fill, loop

EXACT = -1  # `parts` that mean the filling itself


def fill_each(
    asks: Ints,
    places: Ints,
    weights: Ints,
    capacity: Ints,
    grants: Ints,
    free: Ints,
    trial: Ints,
    lead: Ints,
    quanta: Ints,
    status: Ints,
    key: int,
    parts: int,
) -> None:
    """Fills every run of a batch: `vmenv.share.filling.loop` with `key` and `parts`, or `fill` if `parts` is EXACT."""
    for r in range(asks.shape[0]):
        f = Filling(asks[r], places[r], weights[r], capacity, grants[r], free[r], trial, lead, quanta, status)
        if parts == EXACT:
            fill(f)
        else:
            loop(f, key, parts)


@functools.cache
def _compiled() -> Any:
    return compiled(fill_each)


def shares_of(asks: Ints, places: Ints, weights: Ints, capacity: Ints, key: int, parts: int, interpreted: bool = False) -> Floats:
    """Returns (B, S) the share of its dominant device that each VM is given, and an equal part of what is left of the CPU.

    What the loop leaves is dealt out evenly among those that ask: nobody knows who will need it.

    Args:
        asks: (B, S, 3) rates.
        places: (B, S, 3) the device of each.
        weights: (B, S), at least 1.
        capacity: (D,).
        key: See `vmenv.share.filling.loop`.
        parts: See `vmenv.share.filling.loop`, or EXACT.
        interpreted: Whether to run as plain Python.
    """
    asks = np.ascontiguousarray(np.minimum(asks, LARGEST))
    grants, free = np.zeros_like(asks), np.zeros((len(asks), len(capacity)), np.int64)
    trial, lead, quanta, status = (np.zeros(length, np.int64) for length in (len(capacity), *3 * asks.shape[1:2]))
    function = fill_each if interpreted else _compiled()
    function(asks, places, np.minimum(weights, MOST_WEIGHT), capacity, grants, free, trial, lead, quanta, status, key, parts)
    shares = (grants / capacity[places]).reshape(-1, asks.shape[1], NUM_USES).max(axis=2)
    there = (asks > 0).any(axis=2)
    num_there = np.maximum(1, there.sum(axis=1))
    return np.where(there, shares + (free[:, CPU] / capacity[CPU] / num_there)[:, None], 0.0)
