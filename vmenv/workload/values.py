"""One column of a workload: whole numbers, checked and read-only from then on."""

from __future__ import annotations

import functools
from typing import Any, NamedTuple

import numpy as np

from vmenv.errors import SpecError
from vmenv.host.state import Ints


class Same(NamedTuple):
    """One value for all."""

    value: int
    length: int


def repeated(value: Any, length: int) -> Any:
    """Returns `length` times the value, as `Same` if it is a plain whole number, which is what it mostly is."""
    return Same(value, length) if type(value) is int else [value] * length


@functools.lru_cache(maxsize=256)
def constant(value: int, length: int) -> Ints:
    """Returns an array that workloads share; of a view of what is read-only nobody can make it writable."""
    return frozen(np.full(length, value, np.int64)).view()


def integers(name: str, values: Any, least: int, most: int) -> Ints:
    """Returns `values` as a read-only int64 array, after checking every one of them.

    Raises:
        SpecError: They are no flat sequence, or one is no whole number or out of range.
    """
    if isinstance(values, Same):
        if least <= values.value <= most:
            return constant(*values)
        values = [values.value] * values.length
    array = np.asarray(values)
    if array.ndim != 1:
        raise SpecError(f"{name} has {array.ndim} dimensions: give a flat sequence of whole numbers")
    if array.size and array.dtype.kind not in "iu":
        wrong = next((v for v in array.tolist() if not isinstance(v, int) or isinstance(v, bool)), None)
        if wrong is None:  # whole numbers, of which numpy makes no integers
            raise SpecError(f"{name} holds {max(array.tolist(), key=abs)}, which is too large: give whole numbers from {least} to {most}")
        raise SpecError(f"{name} holds {wrong!r}: give whole numbers (round them as you mean it)")
    if array.size and (array.min() < least or array.max() > most):
        outside = np.flatnonzero((array < least) | (array > most))
        raise SpecError(f"{name}[{outside[0]}] is {array[outside[0]]}: give whole numbers from {least} to {most}")
    return frozen(array.astype(np.int64))  # always a copy: the caller's array may change later


def frozen(array: Ints) -> Ints:
    """Returns the array, read-only from now on."""
    array.flags.writeable = False
    return array
