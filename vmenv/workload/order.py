"""The order of things by whole numbers, in compiled code."""

from __future__ import annotations

import numpy as np

from vmenv.host.state import Ints
from vmenv.jit import drawing, jittable


@drawing
def stable_order(keys: Ints) -> Ints:
    """Returns what `np.argsort(keys, kind="stable")` returns, by merging runs that are in order already.

    What is sorted here consists of a few such runs. numba's own merge sort takes five times as long for them, and a second to compile.
    """
    order, merged = np.arange(len(keys)), np.empty(len(keys), np.int64)
    while True:
        first, num_runs = 0, 0
        while first < len(keys):
            middle = _run_end(keys, order, first)
            past = _run_end(keys, order, middle)
            _merge(keys, order, merged, first, middle, past)
            first, num_runs = past, num_runs + 1
        order, merged = merged, order
        if num_runs <= 1:
            return order


@jittable
def _run_end(keys: Ints, order: Ints, first: int) -> int:
    """Returns where the run that begins at `first` ends; the end of all if nothing begins there."""
    past = min(first + 1, len(keys))
    while past < len(keys) and keys[order[past]] >= keys[order[past - 1]]:
        past += 1
    return past


@jittable
def _merge(keys: Ints, order: Ints, merged: Ints, first: int, middle: int, past: int) -> None:
    i, j = first, middle
    for k in range(first, past):
        if j >= past or (i < middle and keys[order[i]] <= keys[order[j]]):
            merged[k] = order[i]
            i += 1
        else:
            merged[k] = order[j]
            j += 1
