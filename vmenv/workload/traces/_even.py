"""Formats without timestamps: one file a VM, rows of numbers at even distances in time."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar

import numpy as np

from vmenv.checks import check_integer
from vmenv.errors import TraceError
from vmenv.host.state import Floats
from vmenv.workload.lines import Piece, read_pieces, size_of, tellers
from vmenv.workload.traces._rows import numbers_in
from vmenv.workload.traces._samples import SECOND_US, Counts, SampleReader, Samples, Source, checked_demands, in_memory, whole_demands
from vmenv.workload.traces._sniffing import first_lines


@dataclass(frozen=True, kw_only=True)
class EvenReader(SampleReader):
    """One file a VM, without header; row k tells what it used, in % of what it has, from k times `interval_s` on.

    A malformed row that is skipped leaves a gap of its length, so that what follows keeps its time.

    Args:
        cores: What 100 % of the CPU are: the trace does not tell the sizes.
        memory_mib: What 100 % of the memory are, or, where the trace tells no memory, what every VM has; None: not known, read as 0.
        interval_s: The time between two rows.
        start_s: As in `SampleReader`, as are the others.

    Raises:
        SpecError: A number is not whole or out of range.
    """

    suffixes: ClassVar[tuple[str, ...]] = ("",)  # any name
    columns: ClassVar[tuple[str, ...]]  # what a row holds
    most_percent: ClassVar[tuple[float, ...]]  # the greatest that each can be

    cores: int = 1
    memory_mib: int | None = None
    interval_s: int = 300

    def __post_init__(self) -> None:
        super().__post_init__()
        check_integer("cores", self.cores, least=1, most=10_000)
        if self.memory_mib is not None:
            check_integer("memory_mib", self.memory_mib, most=2**25)
        check_integer("interval_s", self.interval_s, least=1, most=10**6)

    @abstractmethod
    def demands(self, rows: Floats) -> Floats:
        """Returns (R, 4) what (R, C) rows of percents mean: millicores, MiB, KiB/s, KiB/s."""

    def open(self, files: Sequence[Path]) -> Source:
        """Returns the samples of all files, in memory.

        Raises:
            TraceError: A file cannot be read or has a malformed row, or none has a sample.
        """
        tell = tellers(files, self.progress)
        rows, bad, times = [], [], []
        for k, file in enumerate(files):
            table, sound = self._rows_of(file, read_pieces(file, self.max_unpacked_bytes, tell[k]))
            tell[k](size_of(file))
            rows.append(table[sound])
            times.append(np.flatnonzero(sound))
            bad.append(int((~sound).sum()))
        count = [len(table) for table in rows]
        percents = np.concatenate(rows)
        time_us = np.concatenate(times).astype(np.int64) * (self.interval_s * SECOND_US)
        samples = Samples(
            vm=np.repeat(np.arange(len(files), dtype=np.int32), count),
            time_us=time_us,
            stop_us=time_us + self.interval_s * SECOND_US,
            demands=checked_demands(whole_demands(self.demands(percents)), str(files[0])),
            cores=np.full(len(time_us), self.cores, np.int32),
        )
        odd = {f"{name} above 100 %": int((percents[:, c] > 100).sum()) for c, name in enumerate(self.columns)}
        odd["VMs that never use any CPU"] = sum(bool(len(table)) and not table[:, 0].any() for table in rows)
        return in_memory(samples, Counts(sum(count) + sum(bad), sum(bad)), files, {what: many for what, many in odd.items() if many})

    def _rows_of(self, file: Path, pieces: Iterable[Piece]) -> tuple[Floats, np.ndarray]:
        """Returns the rows of a file, and which of them are sound.

        Raises:
            TraceError: One is not, and is not to be skipped.
        """
        tables = [np.empty((0, len(self.columns)))]
        sounds: list[np.ndarray] = [np.empty(0, np.bool_)]
        for piece in pieces:
            places = [k for k, line in enumerate(piece.lines) if line.strip()]
            table = numbers_in([piece.lines[k] for k in places], len(self.columns), None)
            sound = np.asarray(((table >= 0) & (table <= self.most_percent)).all(axis=1))
            if not sound.all() and not self.skip_bad_rows:
                k = places[int(sound.argmin())]
                fault = self._fault(piece.lines[k])
                raise TraceError(f"{file}:{piece.first_line + k}: {fault}; correct the row, or skip such rows by skip_bad_rows=True")
            tables.append(table)
            sounds.append(sound)
        return np.concatenate(tables), np.concatenate(sounds)

    def _fault(self, line: str) -> str:
        fields = line.split()
        if len(fields) != len(self.columns):
            return f"the row has {len(fields)} fields instead of {len(self.columns)} ({', '.join(self.columns)})"
        for name, text, most in zip(self.columns, fields, self.most_percent, strict=True):
            try:
                value = float(text)
            except ValueError:
                return f"{name} is {text!r}, which is no number"
            if not 0 <= value <= most:
                return f"{name} is {text}: it must be 0 to {most:g} %"
        return "the row cannot be read"

    @classmethod
    def looks_even(cls, files: Sequence[Path]) -> bool:
        """Returns whether the first lines are rows of this format."""
        lines = [line for line in first_lines(files[0], 20) if line.strip()]
        table = numbers_in(lines, len(cls.columns), None)
        return bool(len(table)) and bool(((table >= 0) & (table <= cls.most_percent)).all())
