"""A small function that uses all of `vmenv.jit.fast`: if it compiles and computes what it should, so does the rest.

It has stand-ins for the functions that sources use: had they been taught before something fails, plain numba could not be taught them anew.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple, cast

import numpy as np
from numba import typeof
from numpy.typing import NDArray

from vmenv.jit import generators, seeding
from vmenv.jit import intrinsics as _intrinsics
from vmenv.jit import pinning as _pinning
from vmenv.jit.fast import Fast
from vmenv.jit.marking import drawing
from vmenv.jit.simd_types import teach_fours
from vmenv.jit.tools import Build, Tools

native, pinning = cast(Any, _intrinsics), cast(Any, _pinning)
ENTRY, ADDRESS, COUNT = range(3)


class Numbers(NamedTuple):
    """Some of all that is pinned."""

    counts: NDArray[np.int64]
    weights: NDArray[np.float64]


def pin(value: Any) -> Any:
    """Stands in for `vmenv.jit.pinned`."""
    raise NotImplementedError


def hand(value: Any) -> Any:
    """Stands in for `vmenv.jit.lend`."""
    raise NotImplementedError


def load(array: Any, first: Any) -> Any:
    """Stands in for `vmenv.jit.simd.four`."""
    raise NotImplementedError


def store(array: Any, first: Any, numbers: Any) -> None:
    """Stands in for `vmenv.jit.simd.put_four`."""
    raise NotImplementedError


def add_up(numbers: Any) -> Any:
    """Stands in for `vmenv.jit.simd.sum_of`."""
    raise NotImplementedError


def make(state_high: Any, state_low: Any, stream_high: Any, stream_low: Any) -> Any:
    """Stands in for `vmenv.jit.pcg64`."""
    raise NotImplementedError


@drawing
def draw(rng: Any) -> Any:
    """Draws one number, and several in an array."""
    return rng.random() + np.cumsum(rng.exponential(2.0, 5))[4] + rng.integers(0, 9) + rng.integers(0, 9)


def weigh(s: Any, first: int) -> Any:
    """Computes with vectors in what is borrowed."""
    x = load(s.weights, first)
    store(s.weights, 0, abs(x * -2.0) + x / 4.0)
    native.store_atomic(s.counts, COUNT, native.load_atomic(s.counts, COUNT) + 1)
    return add_up(load(s.weights, 0))


def try_out(fast: Fast, build: Build) -> None:
    """Does nothing if all works.

    Raises:
        Exception: Whatever numba raises, or that the result is not what it should be.
    """
    _pinning.teach(pin, hand)
    teach_fours(load, store, add_up)
    fast.register(weigh)
    numbers = Numbers(np.zeros(3, np.int64), np.arange(8.0))
    trial = make_trial(_intrinsics.tag_of(typeof(numbers)))
    bound = fast.bind(trial, (numbers,), build)
    numbers.counts[[ENTRY, ADDRESS]] = bound.entry, bound.address
    if (bound(4, 1), numbers.counts[COUNT], numbers.weights[:4].tolist()) != (55, 7, [9.0, 11.25, 13.5, 15.75]):
        raise RuntimeError("a small function computes something else than it should")


def try_out_drawing(ways: Tools, build: Build) -> None:
    """Does nothing if compiled code draws what numpy does.

    Raises:
        Exception: As `try_out`.
    """
    generators.teach(make)
    ways.register(draw)
    weights = np.zeros(1)
    ways.bind(draw_one, (weights,), build)(0, 1)
    if weights[0] != draw(seeding.pcg64(1, 2, 3, 4)):
        raise RuntimeError("a generator draws something else than numpy's")


def draw_one(weights: NDArray[np.float64], first: int, past: int) -> int:
    """Draws with a generator that is made in compiled code."""
    weights[first] = draw(make(1, 2, 3, 4))
    return past


def make_trial(tag: int) -> Callable[..., int]:
    """Returns the function that is tried."""

    def trial(numbers: Numbers, first: int, past: int) -> int:
        if past == 0:
            return first
        s = pin(numbers)
        total = weigh(pinning.borrowed(hand(s), tag), first)
        native.add_atomic(s.counts, COUNT, native.call_at(s.counts[ENTRY], s.counts[ADDRESS], 6, 0))
        return int(total) + 6

    return trial
