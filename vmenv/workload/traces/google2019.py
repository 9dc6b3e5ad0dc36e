"""Google ClusterData2019: what instances of jobs used in windows of up to five minutes, from the table instance_usage, as CSV.

Source: J. Wilkes et al., https://github.com/google/cluster-data, ClusterData2019.md, CC-BY 4.0. The trace lies in BigQuery; a query such
as `SELECT start_time, end_time, collection_id, instance_index, average_usage.cpus AS cpus, average_usage.memory AS memory` writes such a
CSV.

What is odd in it: times are microseconds, the trace begins at 600 s, and CPU and memory are shares of the largest machine's, which nobody
tells: `machine_cores` and `machine_memory_mib` must say them.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, ClassVar

import numpy as np

from vmenv.checks import check_integer
from vmenv.workload.trace import TRACE_FORMATS
from vmenv.workload.traces._columns import Column, Layout
from vmenv.workload.traces._samples import SECOND_US, SampleReader, Source
from vmenv.workload.traces._table import has_columns, numbers, read_table
from vmenv.workload.traces._usage import Names, Used, open_usage

LAYOUT = Layout(
    (
        Column("start_time", most=2.0**52),
        Column("end_time", most=2.0**52),
        Column("collection_id", is_text=True),
        Column("instance_index", is_text=True),
        Column("cpus", most=1_000),
        Column("memory", most=1_000),
    )
)


@TRACE_FORMATS.register("google2019")
@dataclass(frozen=True, kw_only=True)
class Google2019(SampleReader):
    """Makes a VM of each instance of a collection: its shares of the largest machine's CPU and memory.

    Args:
        machine_cores: Cores of the largest machine; None: not known, read as 1.
        machine_memory_mib: Memory of the largest machine; None: not known, read as 0.
        start_s: As in `SampleReader`, as are the others.

    Raises:
        SpecError: A value is not allowed.
    """

    suffixes: ClassVar[tuple[str, ...]] = (".csv",)
    declared: ClassVar[Mapping[str, str]] = {
        "machine_cores": "the cores of the largest machine",
        "machine_memory_mib": "its memory, 0 for none",
    }

    machine_cores: int | None = None
    machine_memory_mib: int | None = None

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.machine_cores is not None:
            check_integer("machine_cores", self.machine_cores, least=1, most=1_000)
        if self.machine_memory_mib is not None:
            check_integer("machine_memory_mib", self.machine_memory_mib, most=2**20)

    @classmethod
    def sniff(cls, files: Sequence[Path]) -> bool:
        """Returns whether the header has the columns."""
        return has_columns(files[0], LAYOUT)

    def open(self, files: Sequence[Path]) -> Source:
        """Returns the samples of the instances.

        Raises:
            TraceError: A file cannot be read, lacks a column or has a malformed row.
        """
        table = read_table(files, LAYOUT, self.skip_bad_rows, self.max_unpacked_bytes, self.progress)
        return open_usage(table, files, ["collection_id", "instance_index"], "start_time", float(SECOND_US), self._used)

    def _used(self, rows: Any, of: Names) -> Used:
        cores, memory = self.machine_cores or 1, self.machine_memory_mib or 0
        nothing = np.zeros(rows.num_rows)
        demands = np.stack([numbers(rows, "cpus") * cores * 1000, numbers(rows, "memory") * memory, nothing, nothing], axis=1)
        return Used(demands, np.full(rows.num_rows, cores), numbers(rows, "end_time") / SECOND_US)
