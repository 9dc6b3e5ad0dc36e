"""SWF, the Standard Workload Format of the Parallel Workloads Archive: one batch job a line, 18 numbers.

Source: Chapin et al., "Benchmarks and standards for the evaluation of parallel job schedulers", JSSPP 1999;
https://www.cs.huji.ac.il/labs/parallel/workload/swf.html.

What the logs hold, and what is done about it: lines that begin with ";" are comments; -1 means missing; where the processors that were
allocated are missing, those requested count; a job without processors, or with a run time of 0 or less, did not run and is left out; a
requested time that is missing or shorter than the run time stays as it is, jobs that ran longer than they had asked being real.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar

import numpy as np

from vmenv.checks import LARGEST, check_integer
from vmenv.errors import TraceError
from vmenv.host.state import Floats
from vmenv.workload.table import Workload
from vmenv.workload.trace import TRACE_FORMATS, TraceReader, TraceReport, read_lines

NUM_FIELDS = 18
SUBMIT, RUN, ALLOCATED, REQUESTED, REQUESTED_TIME, USER = 1, 3, 4, 7, 8, 11
SECOND_US = 1_000_000


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
        table, num_bad = _read_rows(files[0], self.skip_bad_rows)
        processors = np.where(table[:, ALLOCATED] > 0, table[:, ALLOCATED], table[:, REQUESTED])
        ran = (table[:, RUN] > 0) & (processors > 0)
        past = None if self.num_jobs is None else self.first_job + self.num_jobs
        kept = np.flatnonzero(ran)[self.first_job : past]
        if not len(kept):
            raise TraceError(f"{files[0]} has {int(ran.sum())} jobs that ran: give a first_job below that")
        jobs, start_s = table[kept], table[kept, SUBMIT].min()
        workload = Workload.from_arrays(
            arrival_us=np.rint((jobs[:, SUBMIT] - start_s) * SECOND_US).astype(np.int64),
            work_us=np.rint(jobs[:, RUN] * SECOND_US).astype(np.int64),
            cpu_millicores=(processors[kept] * 1000).astype(np.int64),
            estimate_us=np.rint(np.maximum(0, jobs[:, REQUESTED_TIME]) * SECOND_US).astype(np.int64),
            tenant=np.maximum(0, jobs[:, USER]).astype(np.int64),
        )
        report = TraceReport(
            files=(files[0],) * len(kept),
            left_out=(),
            start_s=int(start_s),
            first_s=int(table[:, SUBMIT].min()),
            last_s=int(table[:, SUBMIT].max()),
            num_rows=len(table) + num_bad,
            num_bad_rows=num_bad,
            num_repeated_rows=0,
            num_off_rows=int((~ran).sum()),
        )
        return workload, report


def _read_rows(file: Path, skip_bad_rows: bool) -> tuple[Floats, int]:
    """Returns (R, 18) numbers and how many rows were malformed.

    Raises:
        TraceError: A row is malformed and is not to be skipped, or there is none.
    """
    rows: list[list[float]] = []
    num_bad = 0
    for number, line in enumerate(read_lines(file), start=1):
        if not line.strip() or line.lstrip().startswith(";"):
            continue
        fault = ""
        try:
            row = [*map(float, line.split())]
        except ValueError:
            row, fault = [], "a field is no number"
        if not fault and len(row) != NUM_FIELDS:
            fault = f"the row has {len(row)} fields instead of {NUM_FIELDS}"
        if not fault and (not np.isfinite(row).all() or row[SUBMIT] < 0 or max(row[ALLOCATED], row[REQUESTED]) * 1000 > LARGEST):
            fault = "the submit time is negative, or a number is not finite or too large"
        if not fault:
            rows.append(row)
        elif skip_bad_rows:
            num_bad += 1
        else:
            raise TraceError(f"{file}:{number}: {fault}; correct the row, or skip such rows by skip_bad_rows=True")
    if not rows:
        raise TraceError(f"{file} holds no job: give a log in the Standard Workload Format")
    return np.array(rows), num_bad
