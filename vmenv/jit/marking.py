"""What sources say to the compiler: plain Python functions that mean the same interpreted.

A function marked `@jittable` stays an ordinary Python function, and that is the interpreted mode. Nothing here loads numba.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

import numpy as np

F = TypeVar("F", bound=Callable[..., Any])
T = TypeVar("T")

_waiting: list[Callable[..., Any]] = []


def jittable(function: F) -> F:
    """Marks a function that compiled code may call. The function itself is returned unchanged."""
    _waiting.append(function)
    return function


def drawing(function: F) -> F:
    """Marks a jittable function that draws from a `numpy.random.Generator` or makes arrays, which no other may when it is compiled."""
    function.draws = True  # type: ignore[attr-defined]  # a function takes any attribute
    return jittable(function)


def take_waiting() -> list[Callable[..., Any]]:
    """Returns the functions marked since the last time, for who compiles them for something else than this processor."""
    taken, _waiting[:] = list(_waiting), []
    return taken


@jittable
def unsigned(i: int) -> Any:
    """Returns the same number as an index that compiled code does not test for being negative, which would count from the end."""
    return np.uint64(i)


@jittable
def signed(i: int) -> Any:
    """Returns the same number: together with others that have a sign, one that has none would become a float."""
    return np.int64(i)


def name_apart(function: Callable[..., Any], name: str) -> None:
    """Gives a function that is made inside another one a name of its own.

    numba names machine code by qualified name and a number that starts anew in each process: without names of their own, code of one
    closure that was cached by one process would stand in for that of another, cached by another process.
    """
    function.__qualname__ = f"{function.__name__}_{name}".replace(".", "_")


def pinned(value: T) -> T:
    """Returns a named tuple of arrays; compiled code keeps it in one place until the caller returns, and hands on its address.

    A run's state is 21 arrays, more than a hundred words. Handed on as they are, they are taken apart and put together at each of some
    three hundred calls, which is nothing to the machine, where all calls are inlined, but much to the compiler.
    """
    return value


def with_sizes(**sizes: tuple[int, ...]) -> Callable[[type[T]], type[T]]:
    """Marks a class of named tuples: the last axes of these fields always have these sizes.

    Where such a tuple is `pinned`, compiled code takes them for constants: to find a row is then a shift, and no multiplication.
    """

    def mark(named_tuple: type[T]) -> type[T]:
        named_tuple.SIZES = sizes  # type: ignore[attr-defined]  # a named tuple cannot declare what is no field
        return named_tuple

    return mark


def lend(value: Any) -> Any:
    """Returns what a function that is handed over takes for a `pinned` value: interpreted, the value itself; compiled, an address.

    A call through a function pointer would copy all its words: a third of the time of a decision. The address is good until the function
    that lends returns.
    """
    return value
