"""Many rows at a time are what each row is for itself."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from vmenv.workload.traces._kept import Kept
from vmenv.workload.traces._rows import numbers_in

ODD = ["1_0", "0x1", "1e999", "-0", "+5", ".5", "5.", "1d2", "nan(1)", "infinity", "", "x", "1\r", "\x1f2", "3\x85", "\x00", "'4'", "#"]
FIELDS = st.one_of(st.floats().map(str), st.integers(-(10**20), 10**20).map(str), st.sampled_from(ODD))


@given(rows=st.lists(st.lists(FIELDS, min_size=1, max_size=4), max_size=6), separator=st.sampled_from([None, ";"]))
def test_a_row_is_what_float_makes_of_its_fields(rows: list[list[str]], separator: str | None) -> None:
    lines = [line for line in ((separator or " ").join(row) for row in rows) if line.strip()]
    found = numbers_in(lines, 3, separator)
    assert found.shape == (len(lines), 3)
    for line, numbers in zip(lines, found, strict=True):
        try:
            expected = [float(field) for field in line.split(separator)]
        except ValueError:
            expected = []
        np.testing.assert_array_equal(numbers, expected if len(expected) == 3 else [np.nan] * 3)


def test_what_is_kept_is_bounded_and_the_oldest_goes() -> None:
    kept: Kept[str] = Kept(most_bytes=10)
    for key in "abc":
        kept.put(key, key.upper(), 3)
    assert [kept.get(key) for key in "abc"] == ["A", "B", "C"]
    assert kept.get("a") == "A"  # so that "b" was asked for longest ago
    kept.put("d", "D", 3)
    assert [kept.get(key) for key in "abcd"] == ["A", None, "C", "D"]
    kept.put("e", "E", 11)
    assert kept.get("e") is None
    kept.put("f", "F", 10)
    assert [kept.get(key) for key in "acdf"] == [None, None, None, "F"]


@pytest.mark.parametrize("separator", [None, ";"])
def test_no_rows(separator: str | None) -> None:
    assert numbers_in([], 18, separator).shape == (0, 18)
