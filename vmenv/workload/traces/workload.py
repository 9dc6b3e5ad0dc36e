"""The form in which vmenv itself writes workloads: `vmenv trace convert`, `vmenv.workload.saving.write_workload`.

A row is a phase, under the names of `vmenv.Workload`; those of a VM, numbered from 0, stand behind each other and say the same of it. In a
CSV file a line before the header, `# vmenv workload 1 {...}`, holds the table of contention; parquet says it in its metadata.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, ClassVar

import numpy as np

from vmenv.checks import check_integer
from vmenv.errors import SpecError, TraceError
from vmenv.host.state import Ints
from vmenv.workload.lines import Piece, read_pieces, size_of, tellers
from vmenv.workload.saving import COLUMNS, MARK, VM_COLUMNS
from vmenv.workload.table import LATEST_US, Phase, Workload
from vmenv.workload.trace import TRACE_FORMATS, TraceReader, TraceReport
from vmenv.workload.traces._arrow import arrow
from vmenv.workload.traces._kept import opened_once
from vmenv.workload.traces._rows import numbers_in
from vmenv.workload.traces._samples import SECOND_US
from vmenv.workload.traces._sniffing import first_bytes, first_lines


@TRACE_FORMATS.register("workload")
@dataclass(frozen=True, kw_only=True)
class Saved(TraceReader):
    """Reads a workload as it was written, or those of its VMs that came in a window.

    Args:
        start_s: Start of the window in the workload's time, from which arrivals count; None: 0.
        duration_s: Length of the window; None: to the end.
        compression: Time in the file per time in the workload.

    Raises:
        SpecError: A value is not a whole number of the allowed size.
    """

    suffixes: ClassVar[tuple[str, ...]] = (".csv", ".parquet")

    start_s: int | None = None
    duration_s: int | None = None
    compression: int = 1

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.start_s is not None:
            check_integer("start_s", self.start_s)
        if self.duration_s is not None:
            check_integer("duration_s", self.duration_s, least=1)
        check_integer("compression", self.compression, least=1)

    @classmethod
    def sniff(cls, files: Sequence[Path]) -> bool:
        """Returns whether a CSV file's first line says so, or a parquet file has the columns."""
        if first_bytes(files[0], 4) != b"PAR1":
            return first_lines(files[0], 1)[0].startswith(f"# {MARK}")
        return MARK.encode() in files[0].read_bytes()[-100_000:]

    def read(self, files: Sequence[Path]) -> tuple[Workload, TraceReport]:
        """Returns the workload, and what was made of the file.

        Raises:
            TraceError: There is more than one file, it is none of a workload, or no VM came in the window.
        """
        if len(files) != 1:
            raise TraceError(f"{len(files)} files are given: give one, the times of two do not belong together")
        whole = opened_once(self, files, lambda: self._opened(files[0]))
        report = TraceReport(
            files=(files[0],) * whole.num_vms,
            left_out=(),
            start_s=self.start_s or 0,
            first_s=int(whole.arrival_us.min()) // SECOND_US,
            last_s=int(whole.arrival_us.max()) // SECOND_US,
            num_rows=len(whole.work_us),
            num_bad_rows=0,
            num_repeated_rows=0,
            num_off_rows=0,
        )
        return self._window(whole, files[0]), report

    def _window(self, work: Workload, file: Path) -> Workload:
        """Returns the VMs that came in the window; their tasks go with them.

        Raises:
            TraceError: None did.
        """
        if self.start_s is None and self.duration_s is None and self.compression == 1:
            return work
        start_us = (self.start_s or 0) * SECOND_US
        past_us = LATEST_US + 1 if self.duration_s is None else start_us + self.duration_s * SECOND_US
        kept = (work.arrival_us >= start_us) & (work.arrival_us < past_us)
        kept &= kept[work.target] | (work.target < 0)
        if not kept.any():
            raise TraceError(f"{file} has no VM that came from {start_us / 1e6:g} s on and before {past_us / 1e6:g} s: give another window")
        of_phases = kept.repeat(work.num_phases)
        number = np.cumsum(kept) - 1
        columns = {name: getattr(work, name)[kept] for name in (*VM_COLUMNS, "num_phases")}
        columns |= {name: getattr(work, name)[of_phases] for name in Phase._fields}
        columns["target"] = np.where(columns["target"] >= 0, number[columns["target"]], -1)
        columns["arrival_us"] = -(-(columns["arrival_us"] - start_us) // self.compression)
        for name in ("work_us", "estimate_us", "slo_us"):
            columns[name] = -(-columns[name] // self.compression)
        return Workload(**columns, contention=work.contention)

    def _opened(self, file: Path) -> tuple[Workload, int]:
        if first_bytes(file, 4) == b"PAR1":
            table, told = _from_parquet(file)
            where = [f"{file}: row "] * 2
            first = 1
        else:
            table, told = _from_csv(file, self.max_unpacked_bytes, tellers([file], self.progress)[0])
            where, first = [f"{file}:"] * 2, 3
        vm = table["vm"]
        new = np.diff(vm, prepend=-1)
        wrong = (new < 0) | (new > 1)
        for name in VM_COLUMNS:
            wrong[1:] |= (new[1:] == 0) & (table[name][1:] != table[name][:-1])
        if len(vm) == 0 or wrong.any():
            row = int(wrong.argmax()) + first if len(vm) else first
            raise TraceError(
                f"{where[0]}{row}: VMs must be numbered from 0, the rows of one stand behind each other and say the same of it but for the "
                f"phase; give a file that vmenv has written"
            )
        starts = np.flatnonzero(new)
        columns = {name: table[name][starts] for name in VM_COLUMNS} | {name: table[name] for name in Phase._fields}
        contention = None if "contention" not in told else np.array(told["contention"])
        try:
            work = Workload(num_phases=np.diff(np.append(starts, len(vm))), **columns, contention=contention)
        except SpecError as error:
            raise TraceError(f"{file}: {error}") from error
        return work, 3 * sum(column.nbytes for column in table.values())


def _from_csv(file: Path, max_unpacked_bytes: int, tell: Any) -> tuple[dict[str, Ints], dict[str, Any]]:
    """Returns the columns of a file, and what its first line tells.

    Raises:
        TraceError: It is no such file, or a row is malformed.
    """
    pieces = read_pieces(file, max_unpacked_bytes, tell)
    first: list[str] = []
    while len(first) < 2 and (piece := next(pieces, None)):
        first += piece.lines
    head, names, *lines = first + [""] * (2 - len(first))
    told = _told(head.removeprefix(f"# {MARK}")) if head.startswith(f"# {MARK}") else None
    if told is None:
        raise TraceError(f"{file}:1: the line does not begin with '# {MARK}' and JSON: give a file that `vmenv trace convert` has written")
    if tuple(names.split(",")) != COLUMNS:
        raise TraceError(f"{file}:2: the header is not {','.join(COLUMNS)}: give a file that `vmenv trace convert` has written")
    tables = []
    for piece in (Piece(3, lines), *pieces):
        places = [k for k, line in enumerate(piece.lines) if line.strip()]
        table = numbers_in([piece.lines[k] for k in places], len(COLUMNS), ",")
        sound = ((np.abs(table) <= LATEST_US) & (table == np.floor(table))).all(axis=1)
        if not sound.all():
            raise TraceError(
                f"{file}:{piece.first_line + places[int(sound.argmin())]}: the row has not {len(COLUMNS)} whole numbers: correct it"
            )
        tables.append(table.astype(np.int64))
    tell(size_of(file))
    return dict(zip(COLUMNS, np.concatenate(tables).T, strict=True)), told


def _from_parquet(file: Path) -> tuple[dict[str, Ints], dict[str, Any]]:
    """Returns the columns of a file, and what its metadata tell.

    Raises:
        TraceError: It is no such file.
    """
    pa, _, pq = arrow("a file of parquet")
    try:
        table = pq.read_table(file)
        told = _told((table.schema.metadata or {}).get(MARK.encode(), b"null").decode())
        columns = {name: table[name].cast(pa.int64()).to_numpy() for name in COLUMNS}
    except (pa.ArrowException, OSError, KeyError, ValueError, TypeError) as error:
        raise TraceError(f"{file}: cannot be read ({str(error)[:200]}): give a file that `vmenv trace convert` has written") from error
    if told is None or any(column.dtype != np.int64 for column in columns.values()):
        raise TraceError(f"{file}: it says nothing of {MARK!r}, or lacks numbers: give a file that `vmenv trace convert` has written")
    return columns, told


def _told(text: str) -> dict[str, Any] | None:
    """Returns what a file tells of itself beside its rows, None if that cannot be."""
    try:
        told = json.loads(text)
        table = np.array(told.get("contention", [[0]]))
    except (ValueError, AttributeError, RecursionError):
        return None
    return told if table.ndim == 2 else None
