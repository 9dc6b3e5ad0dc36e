"""Named tuples that compiled code keeps in one place: the same as handing them on as they are."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
import pytest
from numpy.typing import NDArray

from vmenv.jit import compiled, jittable, numba_module, pinned


class Pair(NamedTuple):
    numbers: NDArray[np.int64]
    weights: NDArray[np.float64]


@jittable
def row_of(pair: Pair, r: int) -> Pair:
    return Pair(pair.numbers[r], pair.weights[r])


@jittable
def count(s: Pair) -> None:
    s.numbers[0] += 1
    s.weights[s.numbers[0] % s.weights.shape[0]] += 0.5


@jittable
def count_twice(s: Pair) -> float:
    count(s)
    count(s)
    return float(s.weights.sum())


def count_all(pair: Pair) -> float:
    total = 0.0
    for r in range(pair.numbers.shape[0]):
        s = pinned(row_of(pair, r))  # each time round in the same place
        total += count_twice(s)
    return total


def unknown_field(pair: Pair) -> int:
    return int(pinned(pair).nobody[0])  # type: ignore[attr-defined]  # which is what is tested


def pairs() -> Any:
    return Pair(np.arange(6).reshape(3, 2), np.arange(12.0).reshape(3, 4))


def test_what_is_pinned_is_read_and_written_where_it_is() -> None:
    interpreted, machine = pairs(), pairs()
    assert compiled(count_all, cache=False)(machine) == count_all(interpreted)
    for a, b in zip(machine, interpreted, strict=True):
        np.testing.assert_array_equal(a, b)
    assert (machine.numbers[:, 0] == [2, 4, 6]).all()


def test_a_field_that_it_does_not_have_is_not_compiled() -> None:
    from numba.core.errors import TypingError

    numba_module()
    with pytest.raises(TypingError, match="nobody"):
        compiled(unknown_field, cache=False)(pairs())
