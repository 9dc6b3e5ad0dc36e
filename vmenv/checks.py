"""What is given by a caller, checked at the border."""

from __future__ import annotations

import functools
import inspect
import operator
from collections.abc import Callable, Iterable
from typing import Any, ParamSpec, TypeVar

import numpy as np

from vmenv.errors import SpecError, suggestion

LARGEST = 2**31 - 1  # of a capacity, demand or parameter: products with times then fit 64 bits
P = ParamSpec("P")
R = TypeVar("R")


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


def check_names(what: str, given: Iterable[str], known: Iterable[str]) -> None:
    """Checks that something has all of the names that are given.

    Raises:
        SpecError: It has not; the message tells the nearest.
    """
    names = list(known)
    for name in given:
        if name not in names:
            raise SpecError(f"{what} has no {name!r}: {suggestion(name, names)}")


def with_known_names(what: str) -> Callable[[Callable[P, R]], Callable[P, R]]:
    """Lets a function answer names that it does not take with the nearest that it does, before it misses any.

    Args:
        what: What it makes of them, as in "a workload".
    """

    def decorated(function: Callable[P, R]) -> Callable[P, R]:
        known = [name for name in inspect.signature(function).parameters if name != "cls"]

        @functools.wraps(function)
        def checked(*args: P.args, **kwargs: P.kwargs) -> R:
            check_names(what, kwargs, known)
            return function(*args, **kwargs)

        return checked

    return decorated
