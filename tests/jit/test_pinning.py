"""Named tuples that compiled code keeps in one place: the same as handing them on as they are."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
import pytest
from numpy.typing import NDArray

from vmenv.errors import SpecError
from vmenv.jit import compiled, jittable, pinned, with_sizes


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


@with_sizes(table=(3, 2))
class Tables(NamedTuple):
    table: NDArray[np.int64]  # (n, 3, 2)
    other: NDArray[np.float32]  # (n, m)
    strided: NDArray[np.int64]  # (n,), not contiguous


@jittable
def number_all(s: Tables) -> None:
    for i in range(s.table.shape[0]):
        for j in range(s.table.shape[1]):
            for k in range(s.table.shape[2]):
                s.table[i, j, k] = 100 * i + 10 * j + k
        for k in range(s.other.shape[1]):
            s.other[i, k] = s.table[i, 2, 1] + 0.5 * k
        s.strided[i] = s.table[i].sum()


def number_pinned(tables: Tables) -> int:
    s = pinned(tables)
    number_all(s)
    return s.table.shape[1] * 10 + s.table.shape[2]


def unknown_field(pair: Pair) -> int:
    return int(pinned(pair).nobody[0])  # which is what is tested


def pairs() -> Any:
    return Pair(np.arange(6).reshape(3, 2), np.arange(12.0).reshape(3, 4))


def test_what_is_pinned_is_read_and_written_where_it_is() -> None:
    interpreted, machine = pairs(), pairs()
    assert compiled(count_all, cache=False)(machine) == count_all(interpreted)
    for a, b in zip(machine, interpreted, strict=True):
        np.testing.assert_array_equal(a, b)
    assert (machine.numbers[:, 0] == [2, 4, 6]).all()


def test_a_field_that_it_does_not_have_is_not_compiled() -> None:
    with pytest.raises(SpecError, match="unknown_field cannot be compiled: Unknown attribute 'nobody'"):
        compiled(unknown_field, cache=False)(pairs())


def test_sizes_that_are_told_beforehand_change_nothing() -> None:
    interpreted, machine = (
        Tables(np.zeros((4, 3, 2), np.int64), np.zeros((4, 5), np.float32), np.zeros(8, np.int64)[::2]) for _ in range(2)
    )
    assert compiled(number_pinned, cache=False)(machine) == number_pinned(interpreted) == 32
    for a, b in zip(machine, interpreted, strict=True):
        np.testing.assert_array_equal(a, b)
    assert machine.table[3, 2, 1] == 321
