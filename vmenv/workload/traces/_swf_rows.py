"""The rows of an SWF log and their faults. `vmenv.workload.traces.swf` says what is made of them."""

from __future__ import annotations

import math
from pathlib import Path
from typing import NamedTuple

import numpy as np

from vmenv.checks import LARGEST
from vmenv.errors import TraceError
from vmenv.host.state import Floats, Ints
from vmenv.workload.lines import Piece
from vmenv.workload.table import LATEST_US
from vmenv.workload.traces._rows import numbers_in
from vmenv.workload.traces._samples import SECOND_US

NUM_FIELDS = 18
SUBMIT, RUN, ALLOCATED, REQUESTED, REQUESTED_TIME, STATUS, USER = 1, 3, 4, 7, 8, 10, 11
PARTS = (2, 3, 4)  # a partial execution that goes on later, the last one of a job that was completed, and that of one that failed
LATEST_S = LATEST_US / SECOND_US
LEAST_PROCESSORS = 0.001
_BOUNDS = {  # of the fields that are read: what they are, and the greatest that a workload can hold; whatever is below 0 is missing
    SUBMIT: ("submit time", LATEST_S),
    RUN: ("run time", LATEST_S),
    ALLOCATED: ("number of processors", LARGEST / 1000),
    REQUESTED: ("number of requested processors", LARGEST / 1000),
    USER: ("user", LARGEST),
}


class RowCounts(NamedTuple):
    """How many rows are what."""

    whole: int  # of a whole job
    off: int  # of these, jobs that did not run
    parts: int
    bad: int


class JobRows(NamedTuple):
    """The J jobs that ran in some lines."""

    submit_s: Floats  # (J,)
    columns: dict[str, Ints]  # (J,) each, as `Workload` names them
    first_s: float  # of the jobs that did not run as well
    last_s: float
    counts: RowCounts
    num_longer: int  # that ran for longer than they had asked for


def jobs_in(piece: Piece, file: Path, skip_bad_rows: bool, larger: bool = False, fill: bool = False) -> JobRows:
    """Returns the jobs in some lines of a file.

    Args:
        piece: The lines.
        file: Where they are from.
        skip_bad_rows: Whether malformed rows are passed over.
        larger: Whether the larger of the processors that were allocated and requested counts.
        fill: Whether the run time is taken for a requested time that is missing.

    Raises:
        TraceError: A row is malformed and is not to be skipped.
    """
    places = [k for k, line in enumerate(piece.lines) if line.strip() and not line.lstrip().startswith(";")]
    table = numbers_in([piece.lines[k] for k in places], NUM_FIELDS, None)
    sound = np.isfinite(table).all(axis=1)
    part = sound & np.isin(table[:, STATUS], PARTS)  # parts after the first have no submit time
    for field, (_, most) in _BOUNDS.items():
        sound &= part | (table[:, field] <= most)
    for field in (ALLOCATED, REQUESTED):
        sound &= part | (table[:, field] <= 0) | (table[:, field] >= LEAST_PROCESSORS)
    sound &= part | (table[:, SUBMIT] >= 0)
    if not skip_bad_rows and not sound.all():
        k = places[int(sound.argmin())]
        raise TraceError(
            f"{file}:{piece.first_line + k}: {_fault(piece.lines[k])}; correct the row, or skip such rows by skip_bad_rows=True"
        )

    jobs = table[sound & ~part]
    processors = np.where((jobs[:, ALLOCATED] > 0) & (not larger), jobs[:, ALLOCATED], np.maximum(jobs[:, ALLOCATED], jobs[:, REQUESTED]))
    ran = (jobs[:, RUN] > 0) & (processors > 0)
    work_us = np.maximum(1, np.rint(jobs[ran, RUN] * SECOND_US)).astype(np.int64)
    requested_us = np.rint(_or_none(jobs[ran, REQUESTED_TIME]) * SECOND_US).astype(np.int64)
    return JobRows(
        submit_s=jobs[ran, SUBMIT],
        columns={
            "work_us": work_us,
            "cpu_millicores": (processors[ran] * 1000).astype(np.int64),
            "estimate_us": np.where((requested_us == 0) & fill, work_us, requested_us),
            "tenant": np.maximum(0, jobs[ran, USER]).astype(np.int64),
        },
        first_s=jobs[:, SUBMIT].min(initial=np.inf),
        last_s=jobs[:, SUBMIT].max(initial=-np.inf),
        counts=RowCounts(len(jobs), int((~ran).sum()), int(part.sum()), int((~sound).sum())),
        num_longer=int(((jobs[ran, REQUESTED_TIME] > 0) & (jobs[ran, RUN] > jobs[ran, REQUESTED_TIME])).sum()),
    )


def _or_none(requested_time: Floats) -> Floats:
    """Returns requested times in seconds, 0 where there was none."""
    return np.where((requested_time > 0) & (requested_time <= LATEST_S), requested_time, 0.0)


def _fault(line: str) -> str:
    """Returns what is wrong with a malformed row."""
    try:
        row = [*map(float, line.split())]
    except ValueError:
        return "a field is no number"
    if len(row) != NUM_FIELDS:
        return f"the row has {len(row)} fields instead of {NUM_FIELDS}"
    if not all(map(math.isfinite, row)):
        return "a number is not finite"
    for field, (name, most) in _BOUNDS.items():
        if row[field] > most:
            return f"field {field + 1}, the {name}, is {row[field]:g}, and can be {most:.10g} at most"
    for field in (ALLOCATED, REQUESTED):
        if 0 < row[field] < LEAST_PROCESSORS:
            return f"field {field + 1}, the {_BOUNDS[field][0]}, is {row[field]:g}, less than a thousandth"
    return f"field {SUBMIT + 1}, the submit time, is {row[SUBMIT]:g}, and cannot be missing"
