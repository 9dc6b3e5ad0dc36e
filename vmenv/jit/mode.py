"""Either mode: plain Python, or machine code with the same results. Here is what does not depend on what is played."""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any, NamedTuple

from vmenv.jit.compile import bind
from vmenv.jit.meanwhile import bind_soon
from vmenv.jit.threads import divide


class Mode(NamedTuple):
    """How the functions of a batch are carried out.

    Attributes:
        bind: Turns a function and its first arguments into a function of the last two, `first` and `past`.
        divide: `vmenv.jit.threads.divide`, or a loop in its place.
    """

    bind: Callable[[Callable[..., int], tuple[Any, ...]], Callable[[int, int], int]]
    divide: Callable[..., None]


def _bind_interpreted(function: Callable[..., int], arguments: tuple[Any, ...]) -> Callable[[int, int], int]:
    return functools.partial(function, *arguments)


def _alone(function: Callable[[int, int], object], length: int, least: int = 1) -> None:
    function(0, length)


INTERPRETED = Mode(_bind_interpreted, _alone)
COMPILED = Mode(bind, divide)


def soon(recipe: str) -> Mode:
    """Returns the mode of a batch of one that is compiled as soon as it can be, and not waited for; see `vmenv.jit.meanwhile`."""
    return Mode(functools.partial(bind_soon, recipe), _alone)


def mode(interpreted: bool = False) -> Mode:
    """Returns the mode, compiled unless told otherwise."""
    return INTERPRETED if interpreted else COMPILED
