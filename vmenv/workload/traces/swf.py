"""SWF, the Standard Workload Format of the Parallel Workloads Archive: one batch job a line, 18 numbers.

Source: Chapin et al., "Benchmarks and standards for the evaluation of parallel job schedulers", JSSPP 1999;
https://www.cs.huji.ac.il/labs/parallel/workload/swf.html.

What the logs hold, and what is done about it: lines that begin with ";" are comments; -1 means missing; where the processors that were
allocated are missing, those requested count, and `processors` follows simulators that take the larger of the two; a job without processors,
or with a run time of 0 or less, did not run and is left out; a requested time that is shorter than the run time stays as it is, jobs that
ran longer than they had asked being real, and one beyond all bounds means that there was none; where there is none it is taken to have been
the run time, as simulators of batch scheduling do, unless `requested_time="given"` leaves it out; rows of the status 2, 3 or 4 tell a part
of what the row of the whole job tells, and are left out. Work that rounds to nothing is 1 us.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar

import numpy as np

from vmenv.checks import check_bool, check_integer
from vmenv.errors import SpecError, TraceError
from vmenv.workload.lines import read_pieces, size_of, tellers
from vmenv.workload.table import Workload
from vmenv.workload.trace import TRACE_FORMATS, TraceReader, TraceReport
from vmenv.workload.traces._swf_rows import SECOND_US, Counts, jobs_in


@TRACE_FORMATS.register("swf")
@dataclass(frozen=True, kw_only=True)
class Swf(TraceReader):
    """Makes a VM of each job: processors are whole pCPUs, the run time is work, the requested time `estimate_us`, the user the tenant.

    Args:
        first_job: Jobs to pass over at the beginning, those left out not counted.
        num_jobs: Jobs to take; None: all.
        requested_time: Where a job has none: "or_run_time" takes its run time for one, "given" leaves `estimate_us` 0.
        processors: "allocated" (those requested where the log says nothing of them), or the "larger" of both.
        rebase: Whether times count from the first job that is taken; False: as the log has them, which F1 looks at.
        skip_bad_rows: Whether malformed rows are passed over, and counted, instead of stopping the read.

    Raises:
        SpecError: A number is not whole or out of range, an option is none of its choices, or `skip_bad_rows` or `rebase` is not a bool.
    """

    suffixes: ClassVar[tuple[str, ...]] = (".swf",)

    first_job: int = 0
    num_jobs: int | None = None
    requested_time: str = "or_run_time"
    processors: str = "allocated"
    rebase: bool = True
    skip_bad_rows: bool = False

    def __post_init__(self) -> None:
        super().__post_init__()
        check_integer("first_job", self.first_job)
        if self.num_jobs is not None:
            check_integer("num_jobs", self.num_jobs, least=1)
        for name, allowed in (("requested_time", ("or_run_time", "given")), ("processors", ("allocated", "larger"))):
            if getattr(self, name) not in allowed:
                raise SpecError(f"{name} is {getattr(self, name)!r}: give one of {', '.join(map(repr, allowed))}")
        for name in ("skip_bad_rows", "rebase"):
            check_bool(name, getattr(self, name))

    def read(self, files: Sequence[Path]) -> tuple[Workload, TraceReport]:
        """Returns the jobs of the file, and what was made of it.

        Raises:
            TraceError: There is more than one file, a row is malformed, or no job is left.
        """
        if len(files) != 1:
            raise TraceError(f"{len(files)} files are given: give one log, the times of different logs do not belong together")
        file, (tell,) = files[0], tellers(files, self.progress)
        larger, fill = self.processors == "larger", self.requested_time == "or_run_time"
        parts = [jobs_in(piece, file, self.skip_bad_rows, larger, fill) for piece in read_pieces(file, self.max_unpacked_bytes, tell)]
        tell(size_of(file))
        counted = Counts(*(sum(counts) for counts in zip(Counts(0, 0, 0, 0), *(part.counts for part in parts), strict=True)))
        num_ran = counted.whole - counted.off
        _check_some(file, counted, num_ran, self.first_job)
        past = None if self.num_jobs is None else self.first_job + self.num_jobs
        submit_s = np.concatenate([part.submit_s for part in parts])[self.first_job : past]
        start_s = submit_s.min()
        workload = Workload.from_arrays(
            arrival_us=np.rint((submit_s - (start_s if self.rebase else 0)) * SECOND_US).astype(np.int64),
            **{name: np.concatenate([part.columns[name] for part in parts])[self.first_job : past] for name in parts[0].columns},
        )
        report = TraceReport(
            files=(file,) * len(submit_s),
            left_out=(),
            start_s=int(start_s),
            first_s=int(min(part.first_s for part in parts)),
            last_s=int(max(part.last_s for part in parts)),
            num_rows=counted.whole + counted.parts + counted.bad,
            num_bad_rows=counted.bad,
            num_repeated_rows=0,
            num_off_rows=counted.off,
            num_part_rows=counted.parts,
        )
        return workload, report


def _check_some(file: Path, counted: Counts, num_ran: int, first_job: int) -> None:
    """Checks that jobs are left.

    Raises:
        TraceError: None is.
    """
    if not counted.whole:
        only = f", only {counted.parts} parts of jobs and {counted.bad} malformed rows" if counted.parts or counted.bad else ""
        raise TraceError(f"{file} holds no job{only}: give a log in the Standard Workload Format")
    if not num_ran:
        raise TraceError(f"{file} holds no job that ran, only {counted.off} without processors or run time: give another log")
    if first_job >= num_ran:
        raise TraceError(f"{file} has {num_ran} jobs that ran: give a first_job below that")
