"""What is given by a caller, checked at the border."""

from __future__ import annotations

import operator
from typing import Any

import numpy as np

from vmenv.errors import SpecError

LARGEST = 2**31 - 1  # of a capacity, demand or parameter: products with times then fit 64 bits


def check_integer(name: str, value: Any, least: int = 0, most: int = LARGEST) -> int:
    """Returns `value` as an int.

    Raises:
        SpecError: It is not a whole number, or lies outside [least, most].
    """
    try:
        number = operator.index(value)
    except TypeError:
        number = None
    if number is None or isinstance(value, bool):
        raise SpecError(f"{name} is {value!r}: give a whole number from {least} to {most}")
    if not least <= number <= most:
        raise SpecError(f"{name} is {number}: give a whole number from {least} to {most}")
    return number


def check_bool(name: str, value: Any) -> bool:
    """Returns `value` as a bool.

    Raises:
        SpecError: It is neither True nor False.
    """
    if not isinstance(value, (bool, np.bool_)):
        raise SpecError(f"{name} is {value!r}: give True or False")
    return bool(value)
