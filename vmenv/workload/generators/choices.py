"""Draws from a few values with given probabilities, and orders of a few things."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from vmenv.host.state import Ints
from vmenv.jit import drawing


@drawing
def draw_from(rng: np.random.Generator, values: Sequence[Any], number: int, probabilities: Sequence[float]) -> NDArray[Any]:
    """Returns (number,) values: those that `rng.choice(values, number, p=probabilities)` draws, without the time that its checks take."""
    below = np.cumsum(np.array(probabilities))
    return np.array(values)[np.searchsorted(below / below[-1], rng.random(number), side="right")]


@drawing
def draw_order(rng: np.random.Generator, number: int) -> Ints:
    """Returns what `rng.permutation(number)` returns, which numba takes seconds to compile.

    A place is drawn as numpy does: as many of 32 bits as the largest place has, until they are no larger than it.
    """
    order = np.arange(number)
    for i in range(number - 1, 0, -1):
        mask = i
        for shift in (1, 2, 4, 8, 16):
            mask |= mask >> shift
        place = rng.integers(0, 2**32) & mask
        while place > i:
            place = rng.integers(0, 2**32) & mask
        order[i], order[place] = order[place], order[i]
    return order
