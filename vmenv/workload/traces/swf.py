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

import contextlib
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar

import numpy as np

from vmenv.checks import check_bool
from vmenv.errors import SpecError, TraceError
from vmenv.workload.lines import read_pieces, size_of, tellers
from vmenv.workload.trace import TRACE_FORMATS
from vmenv.workload.traces._jobs import JobReader, Jobs
from vmenv.workload.traces._samples import SECOND_US, Counts
from vmenv.workload.traces._sniffing import first_lines
from vmenv.workload.traces._swf_rows import NUM_FIELDS, RowCounts, jobs_in


@TRACE_FORMATS.register("swf")
@dataclass(frozen=True, kw_only=True)
class Swf(JobReader):
    """Makes a VM of each job: processors are whole pCPUs, the run time is work, the requested time `estimate_us`, the user the tenant.

    Args:
        requested_time: Where a job has none: "or_run_time" takes its run time for one, "given" leaves `estimate_us` 0.
        processors: "allocated" (those requested where the log says nothing of them), or the "larger" of both.
        rebase: Whether times count from the first job that is taken; False: as the log has them, which F1 looks at.
        first_job: As in `JobReader`, as are the others.

    Raises:
        SpecError: An option is none of its choices, or `rebase` is not a bool.
    """

    suffixes: ClassVar[tuple[str, ...]] = (".swf",)

    requested_time: str = "or_run_time"
    processors: str = "allocated"
    rebase: bool = True

    def __post_init__(self) -> None:
        super().__post_init__()
        for name, allowed in (("requested_time", ("or_run_time", "given")), ("processors", ("allocated", "larger"))):
            if getattr(self, name) not in allowed:
                raise SpecError(f"{name} is {getattr(self, name)!r}: give one of {', '.join(map(repr, allowed))}")
        check_bool("rebase", self.rebase)

    def counts_from_us(self, start_us: int) -> int:
        """See `JobReader`."""
        return start_us if self.rebase else 0

    @classmethod
    def sniff(cls, files: Sequence[Path]) -> bool:
        """Returns whether the first line that is no comment has 18 numbers, as far as the beginning of the file tells."""
        lines = [line for line in first_lines(files[0], 1_000) if line.strip()]
        rows = [line for line in lines if not line.lstrip().startswith(";")]
        with contextlib.suppress(ValueError):
            return len([*map(float, rows[0].split())]) == NUM_FIELDS if rows else bool(lines)
        return False

    def jobs(self, files: Sequence[Path]) -> Jobs:
        """Returns the jobs of the log that ran.

        Raises:
            TraceError: There is more than one file, a row is malformed, or no job ran.
        """
        if len(files) != 1:
            raise TraceError(f"{len(files)} files are given: give one log, the times of different logs do not belong together")
        file, (tell,) = files[0], tellers(files, self.progress)
        larger, fill = self.processors == "larger", self.requested_time == "or_run_time"
        parts = [jobs_in(piece, file, self.skip_bad_rows, larger, fill) for piece in read_pieces(file, self.max_unpacked_bytes, tell)]
        tell(size_of(file))
        counted = RowCounts(*(sum(counts) for counts in zip(RowCounts(0, 0, 0, 0), *(part.counts for part in parts), strict=True)))
        _check_some(file, counted)
        submit_s = np.concatenate([part.submit_s for part in parts])
        return Jobs(
            submit_us=np.rint(submit_s * SECOND_US).astype(np.int64),
            columns={name: np.concatenate([part.columns[name] for part in parts]) for name in parts[0].columns},
            first_s=int(min(part.first_s for part in parts)),
            last_s=int(max(part.last_s for part in parts)),
            counts=Counts(rows=counted.whole + counted.parts + counted.bad, bad=counted.bad, off=counted.off),
            num_parts=counted.parts,
            oddities={"jobs that ran for longer than they had asked for": sum(part.num_longer for part in parts)},
        )


def _check_some(file: Path, counted: RowCounts) -> None:
    """Checks that jobs ran.

    Raises:
        TraceError: None did.
    """
    if not counted.whole:
        only = f", only {counted.parts} parts of jobs and {counted.bad} malformed rows" if counted.parts or counted.bad else ""
        raise TraceError(f"{file} holds no job{only}: give a log in the Standard Workload Format")
    if counted.whole == counted.off:
        raise TraceError(f"{file} holds no job that ran, only {counted.off} without processors or run time: give another log")
