"""Huawei-East-1: VMs that were created and deleted in a month in a region of Huawei Cloud, 125,430 creations.

Source: J. Sheng et al., "VMAgent: scheduling simulator for reinforcement learning", 2021; https://github.com/mail-ecnu/VMAgent,
docs/source/simulator/dataset.rst (0be7f59): vmid, cpu (cores), memory (GB), time (seconds since the beginning), type (0 created, 1
deleted).

What is odd in it: some 9,000 VMs are never deleted, and so live until the end of the trace; a deletion without a creation before it, or a
second creation, is a row that tells nothing and is counted.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar

import numpy as np

from vmenv.errors import TraceError
from vmenv.workload.trace import TRACE_FORMATS
from vmenv.workload.traces._columns import Column, Layout
from vmenv.workload.traces._jobs import JobReader, Jobs
from vmenv.workload.traces._samples import SECOND_US, Counts
from vmenv.workload.traces._table import has_columns, numbers, read_table

GIB_MIB = 1024
LAYOUT = Layout(
    (
        Column("vmid", is_text=True),
        Column("cpu", least=1e-3, most=10_000),
        Column("memory", most=2.0**15),
        Column("time", most=2.0**31),
        Column("type", most=1),
    )
)


@TRACE_FORMATS.register("huawei_east")
@dataclass(frozen=True, kw_only=True)
class HuaweiEast(JobReader):
    """Makes a VM of each creation: all of its cores and memory until its deletion. The options are those of `JobReader`."""

    suffixes: ClassVar[tuple[str, ...]] = (".csv",)
    job: ClassVar[str] = "VM"

    @classmethod
    def sniff(cls, files: Sequence[Path]) -> bool:
        """Returns whether the header has the columns."""
        return has_columns(files[0], LAYOUT)

    def jobs(self, files: Sequence[Path]) -> Jobs:
        """Returns the VMs.

        Raises:
            TraceError: There is more than one file, a row is malformed, or no VM lived.
        """
        if len(files) != 1:
            raise TraceError(f"{len(files)} files are given: give one, the times of two do not belong together")
        table = read_table(files, LAYOUT, self.skip_bad_rows, self.max_unpacked_bytes, self.progress)
        rows = table.whole()
        names, kind, time_s = rows["vmid"].to_pylist(), numbers(rows, "type"), numbers(rows, "time")
        end_s = np.full(len(names), np.nan)  # of the VM that a row created
        alive: dict[str, int] = {}
        num_ends = num_void = 0
        for row in np.argsort(time_s, kind="stable").tolist():
            name = names[row]
            if kind[row] == 0 and name not in alive:
                alive[name] = row
            elif kind[row] == 1 and name in alive:
                end_s[alive.pop(name)] = time_s[row]
                num_ends += 1
            else:
                num_void += 1
        if alive:
            end_s[list(alive.values())] = time_s.max()
        lived = end_s > time_s
        if not lived.any():
            raise TraceError(f"{files[0]} holds no VM that lived for any time: give another table")
        return Jobs(
            submit_us=np.rint(time_s[lived] * SECOND_US).astype(np.int64),
            columns={
                "work_us": np.rint((end_s - time_s)[lived] * SECOND_US).astype(np.int64).clip(1),
                "cpu_millicores": np.ceil(np.round(numbers(rows, "cpu")[lived] * 1000, 6)).astype(np.int64),
                "memory_mib": np.ceil(numbers(rows, "memory")[lived] * GIB_MIB).astype(np.int64),
            },
            first_s=int(time_s.min()),
            last_s=int(time_s.max()),
            counts=Counts(rows=table.num_rows, bad=table.num_bad, off=int((~np.isnan(end_s) & ~lived).sum())),
            num_parts=num_ends,
            oddities={
                "VMs that were never deleted, so that they may have lived on": len(alive),
                "creations of what was there, or deletions of what was not": num_void,
            },
        )
