"""Tables of text: which columns a format has and what may stand in them, and rows that are read so, many at a time."""

from __future__ import annotations

import calendar
import csv
import math
import re
import time
from dataclasses import dataclass, field
from typing import Any, NamedTuple

import numpy as np

from vmenv.workload.lines import Text, lines_of
from vmenv.workload.traces._arrow import arrow

MOST = 2.0**53  # of any number, so that it is exact


class Column(NamedTuple):
    """A column that is read.

    Attributes:
        name: As the header says it, or as the format's description does.
        is_text: Whether it is text rather than a number.
        least: The least that a number may be.
        most: The greatest.
        may_miss: Whether it may be empty; a number is then NaN.
        date_format: How a date is written, as `datetime.strptime` has it, which becomes a number of Unix seconds (UTC); "": it is none.
    """

    name: str
    is_text: bool = False
    least: float = 0.0
    most: float = MOST
    may_miss: bool = False
    date_format: str = ""


@dataclass(frozen=True)
class Layout:
    """What a table of text looks like.

    Attributes:
        columns: Those that are read, in any order.
        names: Of all columns of a file without a header; None: the first line says them.
        separator: Between fields.
        decimal: The sign before decimals.
    """

    columns: tuple[Column, ...]
    names: tuple[str, ...] | None = None
    separator: str = ","
    decimal: str = "."

    def schema(self) -> Any:
        """Returns how the columns that are read are kept."""
        pa, _, _ = arrow("a table")
        return pa.schema([(column.name, pa.string() if column.is_text else pa.float64()) for column in self.columns])


@dataclass
class Rows:
    """The sound rows of some lines, as a record batch, and what was wrong with the others.

    Attributes:
        batch: The sound rows.
        num_bad: Malformed ones.
        fault: (line, what is wrong) of the first of these.
    """

    batch: Any
    num_bad: int = 0
    fault: tuple[int, str] | None = field(default=None)


def split(line: str, separator: str) -> list[str] | None:
    """Returns the fields of a line, None where it has none because of a quote or byte that no CSV has."""
    try:
        return next(csv.reader([line], delimiter=separator), [])
    except csv.Error:
        return None


def rows_in(text: Text, names: tuple[str, ...], layout: Layout) -> Rows:
    """Returns the rows in some lines of a table.

    Almost all text is read by pyarrow as a whole. Where anything is out of the ordinary, it is read again line by line, which decides.
    """
    batch = _at_once(text.content, names, layout)
    return _line_by_line(text, names, layout) if batch is None else Rows(batch)


def _at_once(content: bytes, names: tuple[str, ...], layout: Layout) -> Any:
    """Returns the rows of a text as a record batch; None where one may not be sound."""
    pa, pcsv, _ = arrow("a table")
    if b'"' in content:
        sign = re.escape(layout.separator.encode())
        plain = rb'(^|%s)"([^"\r\n%s]*)"(?=%s|\r?$)' % (sign, sign, sign)
        content = re.sub(plain, rb"\1\2", content, flags=re.MULTILINE)  # fields that need no quotes
    if b'"' in content or content.count(b"\r") != content.count(b"\r\n") or b"\0" in content:
        return None  # where readers of CSV differ
    schema = layout.schema()
    try:
        table = pcsv.read_csv(
            pa.py_buffer(content),
            read_options=pcsv.ReadOptions(use_threads=False, block_size=max(1, len(content) + 1), column_names=names),
            parse_options=pcsv.ParseOptions(delimiter=layout.separator, quote_char=False),
            convert_options=pcsv.ConvertOptions(
                column_types=[(c.name, pa.string() if c.date_format else schema.field(c.name).type) for c in layout.columns],
                include_columns=schema.names,
                null_values=[""],
                decimal_point=layout.decimal,
            ),
        )
    except pa.ArrowInvalid:
        return None
    if table.num_rows != sum(1 for line in content.split(b"\n") if line.strip()):
        return None
    for place, name in enumerate(schema.names):
        date_format = next(column.date_format for column in layout.columns if column.name == name)
        if date_format:
            seconds = _seconds(table[name], date_format)
            if seconds is None:
                return None
            table = table.set_column(place, name, seconds)
    for column in layout.columns:
        if column.is_text:
            if not column.may_miss and any(len(value) == 0 for value in table[column.name].unique().to_pylist()):
                return None
            continue
        numbers = table[column.name].to_numpy()
        sound = (numbers >= column.least) & (numbers <= column.most)
        if column.may_miss:
            sound |= np.isnan(numbers)
        if not sound.all():
            return None
    arrays = [table[name].combine_chunks() for name in schema.names]
    arrays = [array.fill_null(math.nan) if array.null_count else array for array in arrays]
    return pa.record_batch(arrays, schema=schema)


def _seconds(dates: Any, date_format: str) -> Any:
    """Returns a column of dates as Unix seconds, None if one is none or is written in another way than usual."""
    pa, _, _ = arrow("a table")
    import pyarrow.compute as pc

    times = pc.strptime(dates, format=date_format, unit="s", error_is_null=True)
    if times.null_count or not pc.all(pc.equal(pc.strftime(times, format=date_format), dates), min_count=0).as_py():
        return None  # it takes the 31st of February for the 3rd of March
    return times.cast(pa.int64()).cast(pa.float64())


def _line_by_line(text: Text, names: tuple[str, ...], layout: Layout) -> Rows:
    """Returns the sound rows of a text, and the first fault."""
    pa, _, _ = arrow("a table")
    places = [names.index(column.name) for column in layout.columns]
    kept: list[list[Any]] = [[] for _ in layout.columns]
    num_bad, fault = 0, None
    for k, line in enumerate(lines_of(text)):
        if not line.strip():
            continue
        values = _values(line, places, len(names), layout)
        if isinstance(values, str):
            num_bad += 1
            fault = fault or (text.first_line + k, values)
            continue
        for column, value in zip(kept, values, strict=True):
            column.append(value)
    schema = layout.schema()
    arrays = [pa.array(column, type=kind) for column, kind in zip(kept, schema.types, strict=True)]
    return Rows(pa.record_batch(arrays, schema=schema), num_bad, fault)


def _values(line: str, places: list[int], num_fields: int, layout: Layout) -> list[Any] | str:
    """Returns what a line holds in the columns that are read, or what is wrong with it."""
    fields = split(line, layout.separator)
    if fields is None:
        return "the row is no row of a table: a quote without its end, or a byte 0"
    if len(fields) != num_fields:
        return f"the row has {len(fields)} fields instead of {num_fields}"
    values: list[Any] = []
    for column, place in zip(layout.columns, places, strict=True):
        value = value_of(fields[place], column, layout.decimal)
        if value is None:
            return fault_of(fields[place], column, layout.decimal)
        values.append(value)
    return values


def value_of(text: str, column: Column, decimal: str = ".") -> str | float | None:
    """Returns what a field says, None if it is malformed."""
    if column.is_text:
        return text if text or column.may_miss else None
    number = _number(text, column, decimal)
    if not text.strip() or (number is not None and math.isnan(number)):
        return math.nan if column.may_miss else None
    return number if number is not None and column.least <= number <= column.most else None


def fault_of(text: str, column: Column, decimal: str = ".") -> str:
    """Returns what is wrong with a field."""
    number = _number(text, column, decimal)
    if column.is_text or not text.strip():
        return f"{column.name} is empty"
    if number is None:
        what = f"date like {column.date_format}" if column.date_format else "number"
        return f"{column.name} is {text.strip()[:100]!r}, which is no {what}"
    return f"{column.name} is {text.strip()[:100]}: it must be {column.least:.16g} to {column.most:.16g}"


def _number(text: str, column: Column, decimal: str) -> float | None:
    if column.date_format:
        try:
            return float(calendar.timegm(time.strptime(text, column.date_format)))
        except ValueError:
            return None
    if "_" in text or (decimal != "." and "." in text):
        return None
    try:
        return float(text.replace(decimal, "."))
    except ValueError:
        return None
