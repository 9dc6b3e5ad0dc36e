"""Any table of text: columns are named by options, and options say their units.

Two kinds of tables are read. With `time`, a row tells what a VM used at a time, as in traces of utilisation. With `arrival`, a row is a
VM or a job that came, and stayed for `duration` or until `end`.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, ClassVar

import numpy as np

from vmenv.checks import LARGEST, check_integer
from vmenv.errors import SpecError, TraceError
from vmenv.host.state import Floats
from vmenv.workload.table import LATEST_US, Workload
from vmenv.workload.trace import TRACE_FORMATS, TraceReport
from vmenv.workload.traces._columns import Column, Layout
from vmenv.workload.traces._jobs import JobReader, Jobs
from vmenv.workload.traces._samples import SECOND_US, Counts, SampleReader, Source, checked_demands, whole_demands
from vmenv.workload.traces._table import Table, numbers, read_table
from vmenv.workload.traces._units import CPU_UNITS, MEMORY_UNITS, RATE_UNITS, TIME_UNITS, check_unit
from vmenv.workload.traces._usage import Names, Used, open_usage

DAY_S, ALL_S = 86_400, 2**31 - 1
PERCENT = "percent"


@TRACE_FORMATS.register("csv")
@dataclass(frozen=True, kw_only=True)
class Csv(SampleReader):
    """Makes VMs of a table whose columns the options name: `time` or `arrival` must be given, and `vm` with `time`.

    Args:
        vm: Column of text that tells whose a row is; several, separated by "+", tell it together.
        time: Column of the times of samples.
        arrival: Column of arrivals, in a table of jobs.
        duration: Column of how long each stayed.
        end: Column of when each ended, instead of `duration`.
        cpu: Column of CPU demand; "": every VM demands all of `cores`.
        memory: Column of memory; "": every VM has `memory_mib`.
        disk: Column of disk rates, several separated by "+" are added; "": none.
        net: Column of network rates, likewise.
        time_unit: Of all times: "s", "ms", "us", "ns", "min", "h" or "days".
        time_format: How all times are written if they are dates (UTC), such as "%d.%m.%Y %H:%M:%S"; "": they are numbers.
        cpu_unit: "cores", "millicores", or "percent" of `cores`.
        memory_unit: "MiB", "KB", "GiB", ..., or "percent" of `memory_mib`.
        disk_unit: "KiB/s", "MB/s", ...
        net_unit: Likewise.
        cores: Of each VM.
        memory_mib: Of each VM.
        separator: Between fields.
        decimal: The sign before decimals.
        columns: Names of all columns, separated by commas, of a file without a header; "": the first line says them.
        duration_s: Length of the window; 0: a day of samples, or all jobs.
        start_s: As in `SampleReader`, as are the others.

    Raises:
        SpecError: A value is not allowed, or an option is missing.
    """

    suffixes: ClassVar[tuple[str, ...]] = (".csv", ".tsv", ".txt")
    seconds: ClassVar[str] = "seconds in the time of the table"

    vm: str = ""
    time: str = ""
    arrival: str = ""
    duration: str = ""
    end: str = ""
    cpu: str = ""
    memory: str = ""
    disk: str = ""
    net: str = ""
    time_unit: str = "s"
    time_format: str = ""
    cpu_unit: str = "cores"
    memory_unit: str = "MiB"
    disk_unit: str = "KiB/s"
    net_unit: str = "KiB/s"
    cores: int = 1
    memory_mib: int = 0
    separator: str = ","
    decimal: str = "."
    columns: str = ""
    duration_s: int = 0

    def __post_init__(self) -> None:
        for name in ("vm", "time", "arrival", "duration", "end", "cpu", "memory", "disk", "net", "time_format", "columns"):
            if not isinstance(getattr(self, name), str):
                raise SpecError(f"{name} is {getattr(self, name)!r}: give the name of a column, or of more as the option says")
        if bool(self.time) == bool(self.arrival):
            raise SpecError("csv needs to know what a row is: give time=column, of samples, or arrival=column, of VMs or jobs")
        if self.time and not self.vm:
            raise SpecError("csv needs to know whose a sample is: give vm=column")
        if self.arrival and bool(self.duration) == bool(self.end):
            raise SpecError("csv needs to know how long a job stayed: give duration=column or end=column, one of the two")
        for name in ("separator", "decimal"):
            if not isinstance(getattr(self, name), str) or len(getattr(self, name).encode()) != 1 or getattr(self, name) in '"\r\n\0':
                raise SpecError(f"{name} is {getattr(self, name)!r}: give one sign of ASCII")
        check_unit("time_unit", self.time_unit, TIME_UNITS)
        check_unit("cpu_unit", self.cpu_unit, CPU_UNITS | {PERCENT: 0.0})
        check_unit("memory_unit", self.memory_unit, MEMORY_UNITS | {PERCENT: 0.0})
        check_unit("disk_unit", self.disk_unit, RATE_UNITS)
        check_unit("net_unit", self.net_unit, RATE_UNITS)
        check_integer("cores", self.cores, least=1, most=LARGEST // 1000)
        check_integer("memory_mib", self.memory_mib)
        if self.duration_s == 0 and not isinstance(self.duration_s, bool):
            object.__setattr__(self, "duration_s", DAY_S if self.time else ALL_S)
        super().__post_init__()

    def read(self, files: Sequence[Path]) -> tuple[Workload, TraceReport]:
        """Returns the VMs of the table in the window, and what was made of the files.

        Raises:
            TraceError: A file cannot be read, lacks a column or has a malformed row, or nothing is left.
        """
        if self.time:
            return super().read(files)
        window: dict[str, Any] = {
            name: getattr(self, name) for name in ("start_s", "compression", "skip_bad_rows", "max_unpacked_bytes", "progress")
        }
        window["duration_s"] = None if self.duration_s == ALL_S else self.duration_s
        return _Jobs(table=replace(self, progress=None), **window).read(files)

    def open(self, files: Sequence[Path]) -> Source:
        """Returns the samples of the table.

        Raises:
            TraceError: A file cannot be read, lacks a column or has a malformed row.
        """
        return open_usage(self.rows(files), files, self.vm.split("+"), self.time, self._second, self._used)

    def rows(self, files: Sequence[Path], progress: Any = None) -> Table:
        """Returns the columns that are named."""
        latest = LATEST_US / SECOND_US * self._second
        found: dict[str, Column] = {name: Column(name, is_text=True) for name in self.vm.split("+") if name}
        for name in (self.time, self.arrival, self.duration, self.end):
            if name:
                found[name] = Column(name, most=latest, date_format="" if name == self.duration else self.time_format)
        for names in (self.cpu, self.memory, self.disk, self.net):
            found |= {name: Column(name) for name in names.split("+") if name and name not in found}
        header = tuple(name.strip() for name in self.columns.split(",")) if self.columns else None
        lacking = [name for name in found if header is not None and name not in header]
        if lacking:
            raise SpecError(f"columns has no {lacking[0]!r}, which another option names: it is {self.columns!r}")
        layout = Layout(tuple(found.values()), header, self.separator, self.decimal)
        return read_table(files, layout, self.skip_bad_rows, self.max_unpacked_bytes, progress or self.progress)

    @property
    def _second(self) -> float:
        return 1.0 if self.time_format else 1 / TIME_UNITS[self.time_unit]

    def times_of(self, rows: Any, name: str) -> Floats:
        """Returns (R,) seconds."""
        dated = self.time_format and name != self.duration
        return numbers(rows, name) * (1.0 if dated else TIME_UNITS[self.time_unit])

    def demands_of(self, rows: Any) -> Floats:
        """Returns (R, 4) what rows mean: millicores, MiB, KiB/s, KiB/s."""
        cpu = self.cores * 10.0 if self.cpu_unit == PERCENT else CPU_UNITS[self.cpu_unit]
        memory = self.memory_mib / 100 if self.memory_unit == PERCENT else MEMORY_UNITS[self.memory_unit]
        demands = np.zeros((rows.num_rows, 4))
        demands[:, 0] = numbers(rows, self.cpu) * cpu if self.cpu else self.cores * 1000
        demands[:, 1] = numbers(rows, self.memory) * memory if self.memory else self.memory_mib
        for place, names, unit in ((2, self.disk, self.disk_unit), (3, self.net, self.net_unit)):
            for name in names.split("+") if names else ():
                demands[:, place] += numbers(rows, name) * RATE_UNITS[unit]
        return demands

    def _used(self, rows: Any, names: Names) -> Used:
        return Used(self.demands_of(rows), np.full(rows.num_rows, self.cores))


@dataclass(frozen=True, kw_only=True)
class _Jobs(JobReader):
    """The jobs of a table."""

    suffixes: ClassVar[tuple[str, ...]] = ()

    table: Csv

    def jobs(self, files: Sequence[Path]) -> Jobs:
        read = self.table.rows(files, self.progress)
        rows = read.whole()
        arrival_s = self.table.times_of(rows, self.table.arrival)
        name = self.table.duration or self.table.end
        stay_s = self.table.times_of(rows, name) - (arrival_s if self.table.end else 0)
        ran = stay_s > 0
        if not ran.any():
            raise TraceError(f"{files[0]} holds no job that ran, only {len(ran)} that stayed for no time: give another table")
        demands = checked_demands(whole_demands(self.table.demands_of(rows)[ran]), str(files[0])).astype(np.int64)
        columns = dict(zip(("cpu_millicores", "memory_mib", "disk_kib_s", "net_kib_s"), demands.T, strict=True))
        return Jobs(
            submit_us=np.rint(arrival_s[ran] * SECOND_US).astype(np.int64),
            columns=columns | {"work_us": np.rint(stay_s[ran] * SECOND_US).astype(np.int64).clip(1)},
            first_s=int(arrival_s.min()),
            last_s=int(arrival_s.max()),
            counts=Counts(rows=read.num_rows, bad=read.num_bad, off=int((~ran).sum())),
        )
