"""OpenDC's workload traces: parquet, a table of tasks (or VMs) and one of fragments, which tell their use of CPU one after the other.

Source: https://github.com/atlarge-research/opendc, site/docs/documentation/Input/Workload.md, and the traces of
https://github.com/atlarge-research/opendc-traces (v5, d46b15c). Tasks: id, submission_time and duration in ms, cpu_count, cpu_capacity in
MHz (of all CPUs together), mem_capacity. Fragments: id, duration in ms, cpu_usage in MHz; those of a task follow each other from its
submission on.

What is odd in them: a fragment's duration may hold a gap in which nothing was measured (`max_gap_s` bounds what it stands for); the unit
of mem_capacity is said to be MB, but differs from trace to trace (`memory_unit`); a task without fragments has no use and is left out.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, ClassVar

import numpy as np

from vmenv.errors import TraceError
from vmenv.host.state import Floats, Ints
from vmenv.workload.lines import size_of, tellers
from vmenv.workload.trace import TRACE_FORMATS
from vmenv.workload.traces._arrow import arrow
from vmenv.workload.traces._samples import Counts, SampleReader, Samples, Source, checked_demands, in_memory, whole_demands
from vmenv.workload.traces._sniffing import first_bytes
from vmenv.workload.traces._units import MEMORY_UNITS, check_unit

MS_US = 1_000
MOST_MS = 2.0**43  # so that times in microseconds are exact
TASKS = {"submission_time": (0.0, MOST_MS), "cpu_count": (1.0, 1e5), "cpu_capacity": (1e-3, 1e9), "mem_capacity": (0.0, 1e15)}
FRAGMENTS = {"duration": (0.0, MOST_MS), "cpu_usage": (0.0, 1e9)}


@TRACE_FORMATS.register("opendc")
@dataclass(frozen=True, kw_only=True)
class OpenDc(SampleReader):
    """Makes a VM of each task: usage / capacity of its CPUs, and all of its memory all the time.

    Args:
        memory_unit: Of mem_capacity: "MB", as the description says, or "KiB", "GB", ...
        start_s: Start of the window in Unix seconds; None: the earliest submission.
        duration_s: As in `SampleReader`, as are the others.

    Raises:
        SpecError: A value is not allowed.
    """

    suffixes: ClassVar[tuple[str, ...]] = (".parquet",)
    seconds: ClassVar[str] = "Unix seconds"

    memory_unit: str = "MB"

    def __post_init__(self) -> None:
        super().__post_init__()
        check_unit("memory_unit", self.memory_unit, MEMORY_UNITS)

    @classmethod
    def sniff(cls, files: Sequence[Path]) -> bool:
        """Returns whether there are parquet files of tasks and fragments."""
        names = {file.name for file in files if first_bytes(file, 4) == b"PAR1"}
        return {"tasks.parquet", "fragments.parquet"} <= names

    def open(self, files: Sequence[Path]) -> Source:
        """Returns the samples of all tasks.

        Raises:
            TraceError: pyarrow is not installed, a file is missing or cannot be read, or a row is malformed.
        """
        arrow("a trace of OpenDC")
        by_name = {file.name: file for file in files}
        for name in ("tasks.parquet", "fragments.parquet"):
            if name not in by_name or len(files) != len(by_name):
                raise TraceError(f"{files[0].parent}: give a folder, or a list, of one tasks.parquet and one fragments.parquet")
        tell = tellers(files, self.progress)
        tasks, ids, bad_tasks = self._table(by_name["tasks.parquet"], TASKS)
        fragments, of, bad_fragments = self._table(by_name["fragments.parquet"], FRAGMENTS)
        tell[-1](size_of(files[-1]))
        order, found = _joined(ids, of, by_name["tasks.parquet"])
        if not found.all() and not self.skip_bad_rows:
            row = int(found.argmin())
            raise TraceError(
                f"{by_name['fragments.parquet']}: row {row + 1}: the task {of[row]} is not in tasks.parquet; give the whole trace, or skip "
                "such rows by skip_bad_rows=True"
            )
        # The fragments of a task one behind the other, as they stand in the file; a task begins where its first one does.
        place = order[found]
        by_task = np.argsort(place, kind="stable")
        task, fragment = place[by_task], {name: column[found][by_task] for name, column in fragments.items()}
        span_us = np.rint(fragment["duration"] * MS_US).astype(np.int64)
        begins = np.diff(task, prepend=-1) != 0
        before_us = np.cumsum(span_us) - span_us
        time_us = np.rint(tasks["submission_time"] * MS_US).astype(np.int64)[task] + before_us
        time_us -= np.repeat(before_us[begins], np.diff(np.append(np.flatnonzero(begins), len(task))))
        lasts = span_us > 0
        demands = np.zeros((len(task), 4))
        demands[:, 0] = fragment["cpu_usage"] / tasks["cpu_capacity"][task] * tasks["cpu_count"][task] * 1000
        demands[:, 1] = tasks["mem_capacity"][task] * MEMORY_UNITS[self.memory_unit]
        samples = Samples(
            vm=task[lasts].astype(np.int32),
            time_us=time_us[lasts],
            stop_us=(time_us + span_us)[lasts],
            demands=checked_demands(whole_demands(demands[lasts]), str(files[0].parent)),
            cores=tasks["cpu_count"][task][lasts].astype(np.int32),
        )
        bad = bad_tasks + bad_fragments + int((~found).sum())
        counts = Counts(len(ids) + len(of) + bad_tasks + bad_fragments, bad, off=int((~lasts).sum()))
        odd = {
            "tasks without fragments": len(ids) - len(np.unique(task)),
            "fragments above the capacity": int((fragment["cpu_usage"] > tasks["cpu_capacity"][task] * (1 + 1e-6)).sum()),
        }
        return in_memory(samples, counts, [by_name["tasks.parquet"]], {what: many for what, many in odd.items() if many})

    def _table(self, file: Path, columns: dict[str, tuple[float, float]]) -> tuple[dict[str, Floats], Any, int]:
        """Returns (R,) the sound rows' columns and ids, and how many rows are not sound.

        Raises:
            TraceError: The file is not what it should be, or a row is malformed and is not to be skipped.
        """
        pa, _, pq = arrow("a trace of OpenDC")
        try:
            table = pq.read_table(file, columns=["id", *columns])
            missing = [name for name in ("id", *columns) if name not in table.schema.names]
            numbers = {} if missing else {name: np.asarray(table[name].to_numpy(zero_copy_only=False), np.float64) for name in columns}
            ids = np.empty(0) if missing else table["id"].to_numpy(zero_copy_only=False)
        except (pa.ArrowException, OSError, TypeError, ValueError) as error:
            raise TraceError(f"{file}: cannot be read ({str(error)[:200]}): give the parquet files of a trace of version 5") from error
        if missing:
            raise TraceError(f"{file} has no column {missing[0]!r}: give the parquet files of a trace of version 5, not of an earlier one")
        sound = np.array([value is not None for value in ids], np.bool_) if ids.dtype == object else ~np.isnan(ids.astype(np.float64))
        faults = {name: ~((column >= columns[name][0]) & (column <= columns[name][1])) for name, column in numbers.items()}
        for fault in faults.values():
            sound &= ~fault
        if not sound.all() and not self.skip_bad_rows:
            row = int(sound.argmin())
            name = next((name for name, fault in faults.items() if fault[row]), "id")
            least, most = columns.get(name, (0.0, 0.0))
            told = f"{name} is {numbers[name][row]:.16g}: it must be {least:g} to {most:g}" if name in numbers else "id is missing"
            raise TraceError(f"{file}: row {row + 1}: {told}; correct the row, or skip such rows by skip_bad_rows=True")
        return {name: column[sound] for name, column in numbers.items()}, ids[sound], int((~sound).sum())


def _joined(ids: Any, of: Any, file: Path) -> tuple[Ints, Any]:
    """Returns (R,) the task of each fragment, and whether there is one.

    Raises:
        TraceError: Two tasks have the same id, or the ids of both tables cannot be compared.
    """
    if len(ids) == 0:
        raise TraceError(f"{file} holds no task: give a trace with some")
    if (ids.dtype == object) != (of.dtype == object):
        raise TraceError(f"{file} has ids of another kind than fragments.parquet: give two files of the same trace")
    order = np.argsort(ids, kind="stable")
    ordered = ids[order]
    if (ordered[1:] == ordered[:-1]).any():
        raise TraceError(f"{file} has the task {ordered[1:][ordered[1:] == ordered[:-1]][0]} twice: give files of one trace")
    place = np.minimum(np.searchsorted(ordered, of), len(ids) - 1)
    return order[place], ordered[place] == of
