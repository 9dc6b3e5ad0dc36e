"""Rows of tables: read all at once or one by one, they are the same; what is out of the ordinary is decided one by one."""

from __future__ import annotations

from typing import Any
from unittest import mock

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from vmenv.workload.lines import Text
from vmenv.workload.traces import _columns
from vmenv.workload.traces._columns import Column, Layout, rows_in

NAMES = ("id", "when", "x", "day")
COLUMNS = (Column("x", most=1e6), Column("id", is_text=True), Column("when", may_miss=True), Column("day", date_format="%d.%m.%Y %H:%M:%S"))
LAYOUTS = {",": Layout(COLUMNS, NAMES), ";": Layout(COLUMNS, NAMES, ";", ",")}
ODD = ["", " ", "nan", "inf", "-0", "+5", ".5", "5.", "1e3", "1_0", "0x1", "NA", "null", "é", "1e7", "a;b", "\r", "\0"]
QUOTED = ['"7"', '"a,b"', '"a""b"', '"', 'a"b']
DATES = ["12.08.2013 13:40:46", '"12.08.2013 13:40:46"', "31.02.2013 00:00:00", "01.01.1970 00:00:00", "2013-08-12", "1.8.2013 1:2:3"]
fields = st.one_of(
    st.floats(0, 100).map(str), st.integers(0, 10**7).map(str), st.sampled_from(ODD + QUOTED), st.sampled_from(["a", "vm 1"])
)
dates = st.one_of(st.sampled_from(DATES[:1] * 6 + DATES), fields)
rows = st.one_of(st.tuples(fields, fields, fields, dates), st.tuples(st.just("a"), st.just("1"), st.just("2"), dates))


def told(content: bytes, layout: Layout) -> tuple[Any, int, Any]:
    found = rows_in(Text(10, content), NAMES, layout)
    return str(found.batch.to_pydict()), found.num_bad, found.fault  # as text, in which NaN equals NaN


@settings(max_examples=400, deadline=None)
@given(table=st.lists(rows, max_size=4), separator=st.sampled_from(list(LAYOUTS)), end=st.sampled_from(["\n", "\r\n", "\n\n"]))
@example(table=[("a", "", "2", '"12.08.2013 13:40:46"')], separator=";", end="\n")
def test_all_at_once_is_what_each_row_is_for_itself(table: list[tuple[str, ...]], separator: str, end: str) -> None:
    content = end.join(separator.join(row) for row in table).encode()
    found = told(content, LAYOUTS[separator])
    with mock.patch.object(_columns, "_at_once", return_value=None):
        assert found == told(content, LAYOUTS[separator])


def test_plain_tables_are_read_all_at_once() -> None:
    content = b'a,1,2.5,12.08.2013 13:40:46\r\n"b",,0,"13.08.2013 00:00:00"\n'
    with mock.patch.object(_columns, "_line_by_line", side_effect=AssertionError):
        batch = rows_in(Text(1, content), NAMES, LAYOUTS[","]).batch.to_pydict()
    assert batch["x"] == [2.5, 0.0]
    assert batch["id"] == ["a", "b"]
    assert batch["day"] == [1_376_314_846.0, 1_376_352_000.0]


FAULTS = {
    "a,1,2": "the row has 3 fields instead of 4",
    ",1,2,12.08.2013 13:40:46": "id is empty",
    "a,1,,12.08.2013 13:40:46": "x is empty",
    "a,x,2,12.08.2013 13:40:46": "when is 'x', which is no number",
    "a,1,1e7,12.08.2013 13:40:46": "x is 1e7: it must be 0 to 1000000",
    "a,1,2,yesterday": "day is 'yesterday', which is no date like %d.%m.%Y %H:%M:%S",
}


@pytest.mark.parametrize("row", FAULTS)
def test_the_first_fault_has_its_line_and_field(row: str) -> None:
    good = "a,1,2,12.08.2013 13:40:46"
    found = rows_in(Text(10, "\n".join([good, "", row, "x", good]).encode()), NAMES, LAYOUTS[","])
    assert (found.fault, found.num_bad, found.batch.num_rows) == ((12, FAULTS[row]), 2, 2)
