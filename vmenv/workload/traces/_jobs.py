"""From jobs, or VMs that come, stay and go, to a workload: the engine of all formats that tell arrivals and durations, and its options."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar, NamedTuple

import numpy as np

from vmenv.checks import check_bool, check_integer
from vmenv.errors import TraceError
from vmenv.host.state import Ints
from vmenv.workload.table import Workload
from vmenv.workload.trace import TraceReader, TraceReport
from vmenv.workload.traces._kept import opened_once
from vmenv.workload.traces._samples import SECOND_US, Counts


class Jobs(NamedTuple):
    """J jobs that ran, in the order of the file."""

    submit_us: Ints  # (J,) in the trace's time
    columns: Mapping[str, Ints]  # (J,) each, as `Workload.from_arrays` names them, `work_us` among them
    first_s: int  # of the jobs that did not run as well
    last_s: int
    counts: Counts
    num_parts: int = 0
    oddities: Mapping[str, int] = {}


@dataclass(frozen=True, kw_only=True)
class JobReader(TraceReader):
    """A format whose rows tell when something came and how long it ran: each is a VM of one phase, whose work is the time that it ran.

    Args:
        first_job: Jobs to pass over at the beginning of the window, those left out not counted.
        num_jobs: Jobs to take; None: all.
        start_s: Start of a window in the trace's seconds, to whose jobs the workload is confined: those that came in it. Arrivals count
            from here. None: the earliest of the jobs taken.
        duration_s: Length of the window; None: to the end.
        compression: Time in the trace per time in the workload.
        skip_bad_rows: Whether malformed rows are passed over, and counted, instead of stopping the read.

    Raises:
        SpecError: A number is not whole or out of range, or `skip_bad_rows` is not a bool.
    """

    job: ClassVar[str] = "job that ran"

    first_job: int = 0
    num_jobs: int | None = None
    start_s: int | None = None
    duration_s: int | None = None
    compression: int = 1
    skip_bad_rows: bool = False

    def __post_init__(self) -> None:
        super().__post_init__()
        check_integer("first_job", self.first_job)
        if self.num_jobs is not None:
            check_integer("num_jobs", self.num_jobs, least=1)
        if self.start_s is not None:
            check_integer("start_s", self.start_s, least=-(2**31))
        if self.duration_s is not None:
            check_integer("duration_s", self.duration_s, least=1)
        check_integer("compression", self.compression, least=1)
        check_bool("skip_bad_rows", self.skip_bad_rows)

    @abstractmethod
    def jobs(self, files: Sequence[Path]) -> Jobs:
        """Returns the jobs in `files`, at least one.

        Raises:
            TraceError: A file cannot be read, a row is malformed, or no job is left.
        """

    def read(self, files: Sequence[Path]) -> tuple[Workload, TraceReport]:
        """Returns the jobs of the window, and what was made of the files.

        Raises:
            TraceError: A file cannot be read, a row is malformed, or no job is left.
        """
        jobs = opened_once(self, [*files, *self.further_files(files)], lambda: self._opened(files))
        chosen = self._chosen(jobs, files[0])
        submit_us = jobs.submit_us[chosen]
        start_us = int(submit_us.min()) if self.start_s is None else self.start_s * SECOND_US
        columns = {name: column[chosen] for name, column in jobs.columns.items()}
        for name in ("work_us", "estimate_us"):
            if name in columns:
                columns[name] = -(-columns[name] // self.compression)
        since_us = submit_us - self.counts_from_us(start_us)
        workload = Workload.from_arrays(arrival_us=-(-since_us // self.compression), **columns)
        report = TraceReport(
            files=(files[0],) * len(submit_us),
            left_out=(),
            start_s=start_us // SECOND_US,
            first_s=jobs.first_s,
            last_s=jobs.last_s,
            num_rows=jobs.counts.rows,
            num_bad_rows=jobs.counts.bad,
            num_repeated_rows=jobs.counts.repeated,
            num_off_rows=jobs.counts.off,
            num_part_rows=jobs.num_parts,
            oddities={what: number for what, number in jobs.oddities.items() if number},
        )
        return workload, report

    def counts_from_us(self, start_us: int) -> int:
        """Returns from when arrivals count, in the trace's time, if a window starts at `start_us`."""
        return start_us

    def further_files(self, files: Sequence[Path]) -> Sequence[Path]:
        """Returns what is read beside `files`.

        Raises:
            TraceError: Something is not there.
        """
        return ()

    def _opened(self, files: Sequence[Path]) -> tuple[Jobs, int]:
        jobs = self.jobs(files)
        return jobs, jobs.submit_us.nbytes + sum(column.nbytes for column in jobs.columns.values())

    def _chosen(self, jobs: Jobs, file: Path) -> Ints:
        """Returns which jobs are taken.

        Raises:
            TraceError: None is.
        """
        chosen = np.arange(len(jobs.submit_us))
        if self.start_s is not None or self.duration_s is not None:
            start_s = jobs.first_s if self.start_s is None else self.start_s
            past_s = np.inf if self.duration_s is None else start_s + self.duration_s
            seconds = jobs.submit_us / SECOND_US
            chosen = chosen[(seconds >= start_s) & (seconds < past_s)]
            if len(chosen) == 0:
                raise TraceError(
                    f"{file} has no {self.job} that came from {start_s} s on and before {past_s:.10g} s: its jobs came from "
                    f"{jobs.first_s} to {jobs.last_s} s, give a window in there"
                )
        past = None if self.num_jobs is None else self.first_job + self.num_jobs
        if self.first_job >= len(chosen):
            raise TraceError(f"{file} has {len(chosen)} jobs that ran: give a first_job below that")
        return chosen[self.first_job : past]
