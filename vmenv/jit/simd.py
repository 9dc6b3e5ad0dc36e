"""Four numbers at a time: slices of an array for Python, a vector register for compiled code, and the same results to the last bit.

numba leaves loops over a few numbers scalar. `four(array, i) * x + y` is an operation or two on all four. Such values are added, multiplied
and divided with one another and with single numbers, and have an absolute value.
"""

from __future__ import annotations

import operator
from typing import Any

import numpy as np
from numpy.typing import NDArray

FOUR = 4
OPERATIONS = {operator.add: "fadd", operator.mul: "fmul", operator.truediv: "fdiv"}


def four(array: NDArray[np.float64], first: Any) -> Any:
    """Returns the four numbers of a contiguous array from `first` on; all four must be there."""
    return array[int(first) : int(first) + FOUR].copy()


def put_four(array: NDArray[np.float64], first: Any, numbers: Any) -> None:
    """Writes four numbers to a contiguous array from `first` on."""
    array[int(first) : int(first) + FOUR] = numbers


def sum_of(numbers: Any) -> float:
    """Returns the sum of four numbers, added from the first to the last."""
    return float(((numbers[0] + numbers[1]) + numbers[2]) + numbers[3])
