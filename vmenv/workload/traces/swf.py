"""SWF, the Standard Workload Format of the Parallel Workloads Archive: one batch job a line, 18 numbers.

Source: Chapin et al., "Benchmarks and standards for the evaluation of parallel job schedulers", JSSPP 1999;
https://www.cs.huji.ac.il/labs/parallel/workload/swf.html.

What the logs hold, and what is done about it: lines that begin with ";" are comments; -1 means missing; where the processors that were
allocated are missing, those requested count; a job without processors, or with a run time of 0 or less, did not run and is left out; a
requested time that is shorter than the run time stays as it is, jobs that ran longer than they had asked being real, and one beyond all
bounds means that there was none; rows of the status 2, 3 or 4 tell a part of what the row of the whole job tells, and are left out. Work
that rounds to nothing is 1 us.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar

import numpy as np

from vmenv.checks import LARGEST, check_integer
from vmenv.errors import TraceError
from vmenv.host.state import Floats
from vmenv.workload.table import LATEST_US, Workload
from vmenv.workload.trace import TRACE_FORMATS, TraceReader, TraceReport, read_lines

NUM_FIELDS = 18
SUBMIT, RUN, ALLOCATED, REQUESTED, REQUESTED_TIME, STATUS, USER = 1, 3, 4, 7, 8, 10, 11
PARTS = (2, 3, 4)  # a partial execution that goes on later, the last one of a job that was completed, and that of one that failed
SECOND_US = 1_000_000
LATEST_S = LATEST_US / SECOND_US
_BOUNDS = {  # of the fields that are read: what they are, and the greatest that a workload can hold; whatever is below 0 is missing
    SUBMIT: ("submit time", LATEST_S),
    RUN: ("run time", LATEST_S),
    ALLOCATED: ("number of processors", LARGEST / 1000),
    REQUESTED: ("number of requested processors", LARGEST / 1000),
    USER: ("user", LARGEST),
}


@TRACE_FORMATS.register("swf")
@dataclass(frozen=True, kw_only=True)
class Swf(TraceReader):
    """Makes a VM of each job: processors are whole pCPUs, the run time is work, the requested time `estimate_us`, the user the tenant.

    Args:
        first_job: Jobs to pass over at the beginning, those left out not counted.
        num_jobs: Jobs to take; None: all.
        skip_bad_rows: Whether malformed rows are passed over, and counted, instead of stopping the read.
    """

    suffixes: ClassVar[tuple[str, ...]] = (".swf",)

    first_job: int = 0
    num_jobs: int | None = None
    skip_bad_rows: bool = False

    def __post_init__(self) -> None:
        check_integer("first_job", self.first_job)
        if self.num_jobs is not None:
            check_integer("num_jobs", self.num_jobs, least=1)

    def read(self, files: Sequence[Path]) -> tuple[Workload, TraceReport]:
        """Returns the jobs of the file, and what was made of it.

        Raises:
            TraceError: There is more than one file, a row is malformed, or no job is left.
        """
        if len(files) != 1:
            raise TraceError(f"{len(files)} files are given: give one log, the times of different logs do not belong together")
        table, num_parts, num_bad = _read_rows(files[0], self.skip_bad_rows)
        processors = np.where(table[:, ALLOCATED] > 0, table[:, ALLOCATED], table[:, REQUESTED])
        ran = (table[:, RUN] > 0) & (processors > 0)
        past = None if self.num_jobs is None else self.first_job + self.num_jobs
        kept = np.flatnonzero(ran)[self.first_job : past]
        if not len(kept):
            raise TraceError(f"{files[0]} has {int(ran.sum())} jobs that ran: give a first_job below that")
        jobs, start_s = table[kept], table[kept, SUBMIT].min()
        workload = Workload.from_arrays(
            arrival_us=np.rint((jobs[:, SUBMIT] - start_s) * SECOND_US).astype(np.int64),
            work_us=np.maximum(1, np.rint(jobs[:, RUN] * SECOND_US)).astype(np.int64),
            cpu_millicores=(processors[kept] * 1000).astype(np.int64),
            estimate_us=np.rint(_or_none(jobs[:, REQUESTED_TIME]) * SECOND_US).astype(np.int64),
            tenant=np.maximum(0, jobs[:, USER]).astype(np.int64),
        )
        report = TraceReport(
            files=(files[0],) * len(kept),
            left_out=(),
            start_s=int(start_s),
            first_s=int(table[:, SUBMIT].min()),
            last_s=int(table[:, SUBMIT].max()),
            num_rows=len(table) + num_parts + num_bad,
            num_bad_rows=num_bad,
            num_repeated_rows=0,
            num_off_rows=int((~ran).sum()),
            num_part_rows=num_parts,
        )
        return workload, report


def _or_none(requested_time: Floats) -> Floats:
    """Returns requested times in seconds, 0 where there was none."""
    return np.where((requested_time > 0) & (requested_time <= LATEST_S), requested_time, 0.0)


def _read_rows(file: Path, skip_bad_rows: bool) -> tuple[Floats, int, int]:
    """Returns (R, 18) numbers, how many rows tell parts of jobs, and how many were malformed.

    Raises:
        TraceError: A row is malformed and is not to be skipped, or there is none of a whole job.
    """
    rows: list[list[float]] = []
    num_parts = num_bad = 0
    for number, line in enumerate(read_lines(file), start=1):
        if not line.strip() or line.lstrip().startswith(";"):
            continue
        row, fault = _row_of(line)
        if fault and skip_bad_rows:
            num_bad += 1
        elif fault:
            raise TraceError(f"{file}:{number}: {fault}; correct the row, or skip such rows by skip_bad_rows=True")
        elif row[STATUS] in PARTS:
            num_parts += 1
        else:
            rows.append(row)
    if not rows:
        left_out = f", only {num_parts} parts of jobs and {num_bad} malformed rows" if num_parts or num_bad else ""
        raise TraceError(f"{file} holds no job{left_out}: give a log in the Standard Workload Format")
    return np.array(rows), num_parts, num_bad


def _row_of(line: str) -> tuple[list[float], str]:
    """Returns the numbers of a row, and what is wrong with it, or nothing."""
    try:
        row = [*map(float, line.split())]
    except ValueError:
        return [], "a field is no number"
    if len(row) != NUM_FIELDS:
        return [], f"the row has {len(row)} fields instead of {NUM_FIELDS}"
    if not all(map(math.isfinite, row)):
        return [], "a number is not finite"
    if row[STATUS] in PARTS:
        return row, ""  # parts after the first have no submit time
    for field, (name, most) in _BOUNDS.items():
        if row[field] > most:
            return [], f"field {field + 1}, the {name}, is {row[field]:g}, and can be {most:.10g} at most"
    for field in (ALLOCATED, REQUESTED):
        if 0 < row[field] < 0.001:
            return [], f"field {field + 1}, the {_BOUNDS[field][0]}, is {row[field]:g}, less than a thousandth"
    if row[SUBMIT] < 0:
        return [], f"field {SUBMIT + 1}, the submit time, is {row[SUBMIT]:g}, and cannot be missing"
    return row, ""
