"""Tables with a row for what a VM used at a time: read in windows, so that a trace may be larger than the memory."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple, TypeAlias

import numpy as np

from vmenv.errors import TraceError
from vmenv.host.state import Floats, Ints
from vmenv.workload.traces._arrow import arrow
from vmenv.workload.traces._samples import SECOND_US, Counts, Samples, Source, checked_demands, whole_demands
from vmenv.workload.traces._table import Table, numbers

UNKNOWN = "samples of VMs whose size is not told, or without a value, left out"


class Names(NamedTuple):
    """The names of the VMs of R rows."""

    different: list[str]
    of_row: Ints  # (R,) which of them

    def look_up(self, table: Mapping[str, float], unknown: float) -> Floats:
        """Returns (R,) what a table says of each row's VM."""
        return np.array([table.get(name, unknown) for name in self.different], np.float64)[self.of_row]


class Used(NamedTuple):
    """What the rows of a batch mean."""

    demands: Floats  # (R, 4): millicores, MiB, KiB/s, KiB/s
    cores: Floats  # (R,) NaN where a size or value is not told, which rows are left out
    end_s: Floats | None = None  # (R,) where a row says until when it holds


Meaning: TypeAlias = Callable[[Any, Names], Used]


def open_usage(table: Table, files: Sequence[Path], ids: Sequence[str], time: str, second: float, meaning: Meaning) -> Source:
    """Returns a trace whose samples are read anew for each window.

    Args:
        table: The rows.
        files: Where they come from.
        ids: The columns of text that tell whose a row is, all together.
        time: The column of times.
        second: How many of the column's units a second is.
        meaning: Returns what the rows of a batch mean, given their VMs' names, for each row its VM's.

    Raises:
        TraceError: There is no row.
    """
    first, last = table.spans[time]
    if not np.isfinite(first):
        raise TraceError(f"{files[0]} has no sample of a VM: give a file with some")

    oddities: dict[str, int] = {}

    def window(start_us: int, past_us: int) -> Samples:
        inside = table.parts(time, start_us / SECOND_US * second, past_us / SECOND_US * second)
        samples, num_unknown = _gathered(inside, ids, time, second, meaning, files[0])
        oddities.update({UNKNOWN: num_unknown} if num_unknown else {})
        return samples

    def to_us(value: float) -> int:
        return round(value / second * SECOND_US)

    counts = Counts(rows=table.num_rows, bad=table.num_bad)
    return Source(window, to_us(first), to_us(last), counts, files[:1], oddities)


def _gathered(batches: Any, ids: Sequence[str], time: str, second: float, meaning: Meaning, file: Path) -> tuple[Samples, int]:
    """Returns the samples in some batches, VM after VM, and how many rows are left out."""
    numbers_of: dict[str, int] = {}
    num_unknown = 0
    parts: list[tuple[Any, ...]] = []
    for batch in batches:
        vm, names = _codes(batch, ids, numbers_of)
        used = meaning(batch, names)
        time_us = _microseconds(numbers(batch, time), second)
        end_us = np.full(len(vm), 2**62) if used.end_s is None else np.rint(used.end_s * SECOND_US).astype(np.int64)
        known = ~np.isnan(used.cores)
        num_unknown += int((~known).sum())
        demands = checked_demands(whole_demands(used.demands[known]), str(file))
        parts.append((vm[known], time_us[known], end_us[known], demands, used.cores[known].astype(np.int32)))
    if not parts:
        nothing = np.empty(0, np.int64)
        return Samples(nothing.astype(np.int32), nothing, nothing, np.empty((0, 4), np.int32), nothing.astype(np.int32)), 0
    vm, time_us, end_us, demands, cores = (np.concatenate(column) for column in zip(*parts, strict=True))
    del parts
    order = np.lexsort((time_us, vm))
    return Samples(vm[order], time_us[order], end_us[order], demands[order], cores[order]), num_unknown


def _codes(batch: Any, ids: Sequence[str], numbers_of: dict[str, int]) -> tuple[Any, Names]:
    """Returns (R,) a number for each row's VM, in the order in which they first come, and (R,) their names."""
    pa, _, _ = arrow("a table")
    import pyarrow.compute as pc

    columns = [pc.cast(batch[name], pa.string()) for name in ids]
    joined = columns[0] if len(columns) == 1 else pc.binary_join_element_wise(*columns, "/")
    coded = joined.dictionary_encode()
    names = coded.dictionary.to_pylist()
    places = np.array([numbers_of.setdefault(name, len(numbers_of)) for name in names], np.int32)
    indices = coded.indices.to_numpy(zero_copy_only=False)
    return places[indices], Names(names, indices)


def _microseconds(values: Floats, second: float) -> Ints:
    return np.rint(values / second * SECOND_US).astype(np.int64)
