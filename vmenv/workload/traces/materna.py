"""GWA-T-13 Materna: VMs of a German data centre, one file each, a row every 300 s, as its tools write numbers and dates there.

Source: A. Kohne, D. Pasternak, L. Nagel, O. Spinczyk, "Evaluation of SLA-based decision strategies for VM scheduling in cloud data
centers", CrossCloud 2016; http://gwa.ewi.tudelft.nl/datasets/gwa-t-13-materna. Columns and notation as that page describes them.

What the files are: like those of Bitbrains, but every field is in quotes, the separator is ";" alone, decimals stand behind a comma, and
timestamps are dates, 04.11.2015 00:05:00, here read as UTC. Where they are numbers, those are Unix seconds. Off is who has no capacity.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, ClassVar

import numpy as np

from vmenv.workload.lines import size_of, tellers
from vmenv.workload.table import LATEST_US
from vmenv.workload.trace import TRACE_FORMATS
from vmenv.workload.traces._columns import Column, Layout, split
from vmenv.workload.traces._samples import SECOND_US, Counts, SampleReader, Samples, Source, checked_demands, in_memory, whole_demands
from vmenv.workload.traces._sniffing import first_lines
from vmenv.workload.traces._table import numbers, read_table

TIME, DATE_FORMAT = "Timestamp", "%d.%m.%Y %H:%M:%S"
CORES, CAPACITY, USAGE = "CPU cores", "CPU capacity provisioned [MHZ]", "CPU usage [MHZ]"
MEMORY_USED = "Memory usage [KB]"
DISK_RATES = ("Disk read throughput [KB/s]", "Disk write throughput [KB/s]")
NET_RATES = ("Network received throughput [KB/s]", "Network transmitted throughput [KB/s]")


def layout(date_format: str) -> Layout:
    """Returns what a file looks like whose timestamps are so."""
    columns = [
        Column(TIME, most=2.0**31, date_format=date_format),
        Column(CORES, most=10_000),
        Column(CAPACITY, most=1e9),
        Column(USAGE, most=1e9),
    ]
    return Layout((*columns, *(Column(name, most=1e12) for name in (MEMORY_USED, *DISK_RATES, *NET_RATES))), separator=";", decimal=",")


@TRACE_FORMATS.register("materna")
@dataclass(frozen=True, kw_only=True)
class Materna(SampleReader):
    """Makes one VM of each file, as `bitbrains` does. The options are those of `SampleReader`, times Unix seconds."""

    suffixes: ClassVar[tuple[str, ...]] = (".csv",)
    seconds: ClassVar[str] = "Unix seconds"

    @classmethod
    def sniff(cls, files: Sequence[Path]) -> bool:
        """Returns whether the header has the columns, the first under this name."""
        names = {name.strip() for name in split(first_lines(files[0], 1)[0], ";") or []}
        return {column.name for column in layout("").columns} <= names

    def open(self, files: Sequence[Path]) -> Source:
        """Returns the samples of all files.

        Raises:
            TraceError: A file cannot be read, lacks a column or has a malformed row, or none has a sample.
        """
        parts: list[tuple[Any, ...]] = []
        rows = bad = repeated = off = 0
        tell = tellers(files, self.progress)
        for k, file in enumerate(files):
            header, first = (split(line, ";") or [] for line in first_lines(file, 2))
            dated = TIME in header and len(first) == len(header) and "." in first[header.index(TIME)]
            table = read_table([file], layout(DATE_FORMAT if dated else ""), self.skip_bad_rows, self.max_unpacked_bytes)
            tell[k](size_of(file))
            batch = table.whole()
            time_us = np.rint(numbers(batch, TIME) * SECOND_US).astype(np.int64)
            capacity = numbers(batch, CAPACITY)
            order = np.lexsort((-capacity, time_us))
            order = order[np.diff(time_us[order], prepend=-1) > 0]
            on = capacity[order] > 0
            demands = _demands({name: numbers(batch, name)[order] for name in batch.schema.names})
            stop_us = np.append(time_us[order], LATEST_US)[1:]
            parts.append(
                (
                    np.full(int(on.sum()), k, np.int32),
                    time_us[order][on],
                    stop_us[on],
                    checked_demands(demands[on], str(file)),
                    numbers(batch, CORES)[order][on].astype(np.int32),
                )
            )
            rows, bad = rows + table.num_rows, bad + table.num_bad
            repeated, off = repeated + len(time_us) - len(order), off + int((~on).sum())
        vm, time_us, stop_us, demands, cores = (np.concatenate(column) for column in zip(*parts, strict=True))
        return in_memory(Samples(vm, time_us, stop_us, demands, cores), Counts(rows, bad, repeated, off), files)


def _demands(used: dict[str, Any]) -> Any:
    """Returns (R, 4) whole demands."""
    capacity = np.where(used[CAPACITY] > 0, used[CAPACITY], 1.0)
    disk, net = (used[names[0]] + used[names[1]] for names in (DISK_RATES, NET_RATES))
    return whole_demands(np.stack([used[USAGE] / capacity * used[CORES] * 1000, used[MEMORY_USED] / 1024, disk, net], axis=1))
