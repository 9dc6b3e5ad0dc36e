"""Tables of text that may be far larger than the memory: read piece by piece, and kept as parquet for the next window."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from vmenv.errors import TraceError
from vmenv.host.state import Floats
from vmenv.workload.lines import Progress, Text, read_texts, size_of, tellers
from vmenv.workload.traces._arrow import arrow
from vmenv.workload.traces._columns import Layout, rows_in, split
from vmenv.workload.traces._parquet import kept_parquet, read_parquet
from vmenv.workload.traces._sniffing import first_lines

IN_MEMORY_BYTES = 2**26  # files of more than this, together, are kept as parquet on the disk instead


@dataclass
class Table:
    """The sound rows of some files, one behind the other.

    Attributes:
        parts: Yields them as record batches; the arguments (column, least, past) leave out rows outside, or some of these.
        layout: What was read of them.
        num_rows: Malformed rows included.
        num_bad: Malformed rows that were skipped.
        spans: (least, greatest) of each column of numbers, NaN where there are none.
    """

    parts: Callable[..., Iterator[Any]]
    layout: Layout
    num_rows: int
    num_bad: int
    spans: dict[str, tuple[float, float]]

    def whole(self) -> Any:
        """Returns all rows as one table of pyarrow."""
        pa, _, _ = arrow("a table")
        return pa.Table.from_batches(list(self.parts()), schema=self.layout.schema())


def read_table(
    files: Sequence[Path], layout: Layout, skip_bad_rows: bool, max_unpacked_bytes: int, progress: Progress | None = None
) -> Table:
    """Returns a table. If it is large, what is in memory is a piece of it, and its columns are kept as parquet in the cache.

    Args:
        files: Plain or gzipped, all of the same layout.
        layout: What they look like.
        skip_bad_rows: Whether malformed rows are counted and skipped.
        max_unpacked_bytes: What a gzipped file may unpack to.
        progress: A function (done_bytes, total_bytes).

    Raises:
        TraceError: pyarrow is not installed, a file cannot be read, lacks a column, or has a malformed row that is not to be skipped.
    """
    arrow(f"a trace like {files[0]}")
    tell = tellers(files, progress)
    counter = _Counter(layout, skip_bad_rows)

    def read() -> Iterator[Any]:
        for k, file in enumerate(files):
            yield from counter.batches(file, max_unpacked_bytes, tell[k])

    if sum(size_of(file) for file in files) <= IN_MEMORY_BYTES:
        batches = list(read())
        tell[-1](size_of(files[-1]))
        return Table(lambda *window: _within(batches, *window), layout, counter.num_rows, counter.num_bad, counter.spans)
    kept = kept_parquet(files, layout, read, counter.facts)
    if kept.facts["num_bad"] and not skip_bad_rows:
        for _ in read():  # ends at the first malformed row, which it names
            pass
    tell[-1](size_of(files[-1]))
    spans = {name: (span[0], span[1]) for name, span in kept.facts["spans"].items()}
    num_rows, num_bad = kept.facts["num_rows"], kept.facts["num_bad"]
    return Table(lambda *window: _within(read_parquet(kept.file, *window), *window), layout, num_rows, num_bad, spans)


def has_columns(file: Path, layout: Layout) -> bool:
    """Returns whether a file's first lines fit a layout."""
    header, row = first_lines(file, 2)
    names = layout.names or _names(header, layout)
    if not {column.name for column in layout.columns} <= set(names):
        return False
    content = (header if layout.names else row).encode()
    return bool(content.strip()) and rows_in(Text(1, content), names, layout).num_bad == 0


def numbers(batch: Any, name: str) -> Floats:
    """Returns a column of a batch or table."""
    return np.asarray(batch[name].to_numpy(zero_copy_only=False), np.float64)


class _Counter:
    """Reads files, and counts what is in them."""

    def __init__(self, layout: Layout, skip_bad_rows: bool) -> None:
        self.layout, self.skip_bad_rows = layout, skip_bad_rows
        self.num_rows = self.num_bad = 0
        self.spans = {column.name: (np.nan, np.nan) for column in layout.columns if not column.is_text}

    def facts(self) -> dict[str, Any]:
        return {"num_rows": self.num_rows, "num_bad": self.num_bad, "spans": self.spans}

    def batches(self, file: Path, max_unpacked_bytes: int, tell: Callable[[int], None]) -> Iterator[Any]:
        texts = read_texts(file, max_unpacked_bytes, tell)
        names = self.layout.names
        if names is None:
            first = next(texts, Text(1, b""))
            header, _, rest = first.content.partition(b"\n")
            names = _names(header.decode("utf-8", errors="replace"), self.layout)
            _check_names(file, names, self.layout)
            texts = itertools.chain([Text(2, rest)] if rest else [], texts)
        for text in texts:
            rows = rows_in(text, names, self.layout)
            if rows.fault is not None and not self.skip_bad_rows:
                line, fault = rows.fault
                raise TraceError(f"{file}:{line}: {fault}; correct the row, or skip such rows by skip_bad_rows=True")
            self.num_rows += rows.batch.num_rows + rows.num_bad
            self.num_bad += rows.num_bad
            for name, (least, most) in self.spans.items():
                values = numbers(rows.batch, name)
                if len(values) and not np.isnan(values).all():
                    self.spans[name] = float(np.fmin(least, np.nanmin(values))), float(np.fmax(most, np.nanmax(values)))
            yield rows.batch


def _within(batches: Any, column: str | None = None, least: float = -np.inf, past: float = np.inf) -> Iterator[Any]:
    """Yields the rows of batches in which a number lies in a window."""
    pa, _, _ = arrow("a table")
    for batch in batches:
        if column is None:
            yield batch
            continue
        values = numbers(batch, column)
        inside = (values >= least) & (values < past)
        if inside.any():
            yield batch if inside.all() else batch.filter(pa.array(inside))


def _names(header: str, layout: Layout) -> tuple[str, ...]:
    return tuple(name.strip() for name in split(header.rstrip("\r"), layout.separator) or [])


def _check_names(file: Path, names: tuple[str, ...], layout: Layout) -> None:
    """Checks a header.

    Raises:
        TraceError: A column is missing.
    """
    for column in layout.columns:
        if column.name not in names:
            has = f"it has {', '.join(names)[:500]}" if any(names) else "the line is empty"
            raise TraceError(f"{file}:1: the header has no column {column.name!r}: {has}; give a file of this format")
        if names.count(column.name) > 1:
            raise TraceError(f"{file}:1: the header has the column {column.name!r} more than once: rename the others")
