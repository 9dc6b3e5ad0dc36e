"""Four numbers at a time: vectors give what slices of arrays give, to the last bit."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from vmenv.errors import SpecError
from vmenv.jit import compiled
from vmenv.jit.simd import FOUR, four, put_four, sum_of

Numbers = NDArray[np.float64]


def everything(array: Numbers, first: int, number: float) -> float:
    x, y = four(array, first), four(array, first + 1)
    put_four(array, 0, (x + y) * number + 1.0 / (2.0 + abs(x * y)) + y / (abs(x) + abs(number) + 1.0))
    return sum_of(number + y)


def with_loop(array: Numbers, times: int) -> None:
    x = four(array, 0)
    for j in range(times):
        x = x * array[j] + four(array, j)
    put_four(array, times, x)


def first_of_matrix(array: NDArray[np.float64]) -> float:
    return sum_of(four(array, 0))


@pytest.fixture(scope="module")
def machine() -> Any:
    function = compiled(everything, cache=False)
    function(np.ones(12), 0, 1.0)  # compiles it: no example is to take so long
    return function


numbers = st.floats(allow_nan=False, allow_infinity=False, width=32)


@given(array=st.lists(numbers, min_size=12, max_size=12), first=st.integers(0, 7), number=numbers)
def test_compiled_and_interpreted_give_the_same_bits(machine: Any, array: list[float], first: int, number: float) -> None:
    one, other = np.array(array), np.array(array)
    assert machine(one, first, number) == everything(other, first, number)
    assert one.tobytes() == other.tobytes()


def test_a_vector_is_handed_on_from_round_to_round() -> None:
    one = np.linspace(0.1, 1.9, 12)
    other = one.copy()
    compiled(with_loop, cache=False)(one, 6)
    with_loop(other, 6)
    assert one.tobytes() == other.tobytes()


def test_nothing_else_is_written() -> None:
    array = np.arange(12.0)
    put_four(array, 4, four(array, 0))
    assert array.tolist() == [0, 1, 2, 3, 0, 1, 2, 3, 8, 9, 10, 11]
    assert len(four(array, 3)) == FOUR


@pytest.mark.parametrize("array", [np.zeros((4, 4)), np.zeros(8, np.int64), np.zeros(16)[::2]])
def test_only_contiguous_arrays_of_floats_have_fours(array: Any) -> None:
    with pytest.raises(SpecError, match="first_of_matrix cannot be compiled"):
        compiled(first_of_matrix, cache=False)(array)
