"""Alibaba cluster-trace-v2018: containers of online services on 4,000 machines in eight days, and what they used.

Source: https://github.com/alibaba/clusterdata, cluster-trace-v2018/schema.txt (0e5a6a7): container_meta.csv and container_usage.csv,
without headers. 100 of cpu_request is a core; cpu_util_percent and mem_util_percent are of what the container asked for; memory is told
as a share of the largest machine's, from 0 to 100.

What is odd in it: a container has a row in the table of containers for each of its changes, of which the first counts; one that is in no
such table is taken for one core and no memory; -1 and 101 stand for invalid values, and samples with such a CPU are left out; the shares
of network and disk are of unknown devices and are left out; empty fields.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, ClassVar

import numpy as np

from vmenv.checks import check_integer
from vmenv.errors import TraceError
from vmenv.workload.trace import TRACE_FORMATS
from vmenv.workload.traces._columns import Column, Layout
from vmenv.workload.traces._samples import SampleReader, Source
from vmenv.workload.traces._table import has_columns, numbers, read_table
from vmenv.workload.traces._usage import Names, Used, open_usage

INVALID = 101  # as is -1
META = Layout(
    (Column("container_id", is_text=True), Column("cpu_request", most=10.0**6), Column("mem_size", most=100, may_miss=True)),
    names=("container_id", "machine_id", "time_stamp", "app_du", "status", "cpu_request", "cpu_limit", "mem_size"),
)
USAGE = Layout(
    (
        Column("container_id", is_text=True),
        Column("time_stamp", most=2.0**31),
        Column("cpu_util_percent", least=-1, most=INVALID),
        Column("mem_util_percent", least=-1, most=INVALID, may_miss=True),
    ),
    names=(
        *("container_id", "machine_id", "time_stamp", "cpu_util_percent", "mem_util_percent", "cpi", "mem_gps", "mpki"),
        *("net_in", "net_out", "disk_io_percent"),
    ),
)


@TRACE_FORMATS.register("alibaba2018")
@dataclass(frozen=True, kw_only=True)
class Alibaba2018(SampleReader):
    """Makes a VM of each container that has samples: so many percent of the CPU and the memory that it asked for.

    Args:
        machine_memory_mib: Memory of the largest machine, of which the trace tells shares; None: not known, read as 0.
        start_s: As in `SampleReader`, as are the others.

    Raises:
        SpecError: A value is not allowed.
    """

    suffixes: ClassVar[tuple[str, ...]] = (".csv",)
    declared: ClassVar[Mapping[str, str]] = {"machine_memory_mib": "the memory of the largest machine, 0 for none"}

    machine_memory_mib: int | None = None

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.machine_memory_mib is not None:
            check_integer("machine_memory_mib", self.machine_memory_mib, most=2**25)

    @classmethod
    def sniff(cls, files: Sequence[Path]) -> bool:
        """Returns whether there are tables of containers and of what they used."""
        return any(has_columns(file, META) for file in files) and any(has_columns(file, USAGE) for file in files)

    def open(self, files: Sequence[Path]) -> Source:
        """Returns the samples of the containers.

        Raises:
            TraceError: There is not one table of each kind, a file cannot be read or has a malformed row.
        """
        metas = [file for file in files if has_columns(file, META)]
        usages = [file for file in files if file not in metas]
        if len(metas) != 1 or not usages:
            raise TraceError(
                f"{files[0].parent}: give one container_meta.csv and files of usage, not {len(metas)} of the first and "
                f"{len(usages)} of others"
            )
        read = read_table(metas, META, self.skip_bad_rows, self.max_unpacked_bytes)
        meta = read.whole()
        names = meta["container_id"].to_pylist()[::-1]  # the first row of each counts
        cores_of = dict(zip(names, (numbers(meta, "cpu_request")[::-1] / 100).tolist(), strict=True))
        share_of = dict(zip(names, np.nan_to_num(numbers(meta, "mem_size")[::-1] / 100).tolist(), strict=True))

        def used(rows: Any, of: Names) -> Used:
            cores, cpu, memory = of.look_up(cores_of, 1.0), numbers(rows, "cpu_util_percent"), numbers(rows, "mem_util_percent")
            memory = (
                np.where((memory >= 0) & (memory < INVALID), memory, 0) / 100 * of.look_up(share_of, 0.0) * (self.machine_memory_mib or 0)
            )
            nothing = np.zeros(len(cores))
            valid = (cpu >= 0) & (cpu < INVALID)
            return Used(np.stack([cpu * 10 * cores, memory, nothing, nothing], axis=1), np.where(valid, np.ceil(cores), np.nan))

        table = read_table(usages, USAGE, self.skip_bad_rows, self.max_unpacked_bytes, self.progress)
        source = open_usage(table, usages, ["container_id"], "time_stamp", 1.0, used)
        counts = source.counts._replace(rows=source.counts.rows + read.num_rows, bad=source.counts.bad + read.num_bad)
        return source._replace(counts=counts)
