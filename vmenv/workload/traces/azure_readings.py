"""Azure's public VM traces of 2017 and 2019: what each VM used of its CPU in every five minutes.

Source: as `azure_vmtable`: vm_cpu_readings-file-N-of-M.csv(.gz), without a header: timestamp in seconds, VM, least, greatest and average
CPU in %. Sizes stand in vmtable.csv(.gz), which must be given with them: the folder, or a list of files.

What is odd in it: the files are slices of time, of all VMs; a VM that is in no table of VMs is left out, and so counted; memory is what a
VM has, as nothing is told of what it used.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, ClassVar

import numpy as np

from vmenv.errors import SpecError, TraceError, suggestion
from vmenv.workload.trace import TRACE_FORMATS
from vmenv.workload.traces._azure_table import LAYOUT as VMS
from vmenv.workload.traces._azure_table import amounts_in, check_amounts, is_vmtable
from vmenv.workload.traces._columns import Column, Layout
from vmenv.workload.traces._samples import SampleReader, Source
from vmenv.workload.traces._table import has_columns, numbers, read_table
from vmenv.workload.traces._usage import Names, Used, open_usage

READINGS = Layout(
    (
        Column("timestamp", most=2.0**31),
        Column("vmid", is_text=True),
        Column("mincpu", most=100.001),
        Column("maxcpu", most=100.001),
        Column("avgcpu", most=100.001),
    ),
    names=("timestamp", "vmid", "mincpu", "maxcpu", "avgcpu"),
)
GIB_MIB = 1024


@TRACE_FORMATS.register("azure_readings")
@dataclass(frozen=True, kw_only=True)
class AzureReadings(SampleReader):
    """Makes a VM of each that has readings: so many percent of its cores, and all of its memory.

    Args:
        cpu: Which of a reading counts: "avg", "min" or "max".
        start_s: As in `SampleReader`, as are the others.

    Raises:
        SpecError: A value is not allowed.
    """

    suffixes: ClassVar[tuple[str, ...]] = (".csv",)

    cpu: str = "avg"

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.cpu not in ("avg", "min", "max"):
            raise SpecError(f"cpu is {self.cpu!r}: {suggestion(self.cpu, ('avg', 'min', 'max'))}")

    @classmethod
    def sniff(cls, files: Sequence[Path]) -> bool:
        """Returns whether there is a table of VMs beside readings."""
        return any(is_vmtable(file) for file in files) and any(has_columns(file, READINGS) for file in files)

    def open(self, files: Sequence[Path]) -> Source:
        """Returns the readings.

        Raises:
            TraceError: There is not one table of VMs, a file cannot be read or has a malformed row.
        """
        tables = [file for file in files if is_vmtable(file)]
        readings = [file for file in files if file not in tables]
        if len(tables) != 1 or not readings:
            raise TraceError(
                f"{files[0].parent}: give one vmtable.csv and files of readings, not {len(tables)} and {len(readings)} of them"
            )
        read = read_table(tables, VMS, self.skip_bad_rows, self.max_unpacked_bytes)
        vms = read.whole()
        cores, _ = amounts_in(vms["vmcorecountbucket"])
        memory, _ = amounts_in(vms["vmmemorybucket"])
        check_amounts(tables[0], cores, memory)
        names = vms["vmid"].to_pylist()
        cores_of = dict(zip(names, cores.tolist(), strict=True))
        memory_of = dict(zip(names, memory.tolist(), strict=True))

        def used(rows: Any, of: Names) -> Used:
            size = of.look_up(cores_of, np.nan)
            nothing = np.zeros(len(size))
            share = numbers(rows, f"{self.cpu}cpu") * 10
            return Used(np.stack([share * size, of.look_up(memory_of, 0.0) * GIB_MIB, nothing, nothing], axis=1), size)

        table = read_table(readings, READINGS, self.skip_bad_rows, self.max_unpacked_bytes, self.progress)
        source = open_usage(table, readings, ["vmid"], "timestamp", 1.0, used)
        counts = source.counts._replace(rows=source.counts.rows + read.num_rows, bad=source.counts.bad + read.num_bad)
        return source._replace(counts=counts)
