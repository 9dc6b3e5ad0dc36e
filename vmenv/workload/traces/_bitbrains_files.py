"""The files of the Bitbrains trace: rows and their faults. `vmenv.workload.traces.bitbrains` says what is made of them."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from vmenv.checks import LARGEST
from vmenv.errors import TraceError
from vmenv.host.state import Floats, Ints
from vmenv.workload.lines import Piece, read_pieces
from vmenv.workload.table import LATEST_US
from vmenv.workload.traces._kept import Kept
from vmenv.workload.traces._rows import numbers_in
from vmenv.workload.traces._samples import SECOND_US, whole_demands
from vmenv.workload.traces._sniffing import first_lines

_COLUMNS = (  # those that are used, in the order in which `_demands` takes them
    "Timestamp [ms]",
    "CPU cores",
    "CPU capacity provisioned [MHZ]",
    "CPU usage [MHZ]",
    "Memory usage [KB]",
    "Disk read throughput [KB/s]",
    "Disk write throughput [KB/s]",
    "Network received throughput [KB/s]",
    "Network transmitted throughput [KB/s]",
)


class FileSamples(NamedTuple):
    """The S samples of a file, in order of time."""

    time_us: Ints  # (S,)
    next_row_us: Ints  # (S,): the time of the file's next row, be it a sample or off
    demands: NDArray[np.int32]  # (S, 4): cpu_millicores, memory_mib, disk_kib_s, net_kib_s
    cores: NDArray[np.int32]  # (S,)
    num_rows: int
    num_bad_rows: int
    num_repeated_rows: int
    num_off_rows: int


class _Rows(NamedTuple):
    """The R sound rows in some lines."""

    time_us: Ints  # (R,)
    capacity: Floats  # (R,)
    demands: NDArray[np.int32]  # (R, 4)
    cores: NDArray[np.int32]  # (R,)
    num_bad: int


def read_samples(file: Path, skip_bad_rows: bool, max_unpacked_bytes: int, tell: Callable[[int], None]) -> FileSamples:
    """Returns the samples of one file, read once as long as the file does not change.

    Args:
        file: The file.
        skip_bad_rows: Whether malformed rows are counted and skipped.
        max_unpacked_bytes: What it may unpack to, if it is gzipped.
        tell: Is told how many bytes of it have been read.

    Raises:
        TraceError: It cannot be read, unpacks to more, has another header, or a malformed row that is not to be skipped.
    """
    try:
        status = file.stat()
    except OSError as error:
        raise TraceError(f"{file}: cannot be read ({error}): fetch it again, or leave it out") from error
    key = (file.absolute(), status.st_mtime_ns, status.st_size, bool(skip_bad_rows), max_unpacked_bytes)
    samples = _KEPT.get(key)
    if samples is None:
        samples = _read_file(file, skip_bad_rows, read_pieces(file, max_unpacked_bytes, tell))
        _KEPT.put(key, samples, ENTRY_BYTES + sum(column.nbytes for column in samples[:4]))
    tell(status.st_size)
    return samples


def looks_like_bitbrains(file: Path) -> bool:
    """Returns whether a file has the header of this format."""
    names = {name.strip() for name in first_lines(file, 1)[0].split(";")}
    return set(_COLUMNS) <= names


ENTRY_BYTES = 2_000  # of Python's objects around the arrays, roughly
_KEPT: Kept[FileSamples] = Kept(most_bytes=2**30)


def _read_file(file: Path, skip_bad_rows: bool, pieces: Iterator[Piece]) -> FileSamples:
    """Returns the samples of one file.

    Raises:
        TraceError: It has another header, or a malformed row that is not to be skipped.
    """
    first = next(pieces, Piece(1, [""]))
    names = [name.strip() for name in first.lines[0].split(";")]
    missing = [name for name in _COLUMNS if name not in names]
    if missing:
        what = "the header" if first.lines[0].strip() else "the line is empty: the header"
        raise TraceError(f"{file}:1: {what} has no column {missing[0]!r}: give a GWA-T-12 file, with the columns {'; '.join(_COLUMNS)}")
    body = itertools.chain([Piece(2, first.lines[1:])], pieces)
    parts = [_rows_in(piece, names, file, skip_bad_rows) for piece in body]

    time_us, capacity, demands, cores = (np.concatenate([part[k] for part in parts]) for k in range(4))
    num_bad = sum(part.num_bad for part in parts)
    order = np.lexsort((-capacity, time_us))
    order = order[np.diff(time_us[order], prepend=-1) > 0]
    kept_us, on = time_us[order], capacity[order] > 0
    return FileSamples(
        time_us=kept_us[on],
        next_row_us=np.append(kept_us, LATEST_US)[1:][on],
        demands=demands[order][on],
        cores=cores[order][on],
        num_rows=len(time_us) + num_bad,
        num_bad_rows=num_bad,
        num_repeated_rows=len(time_us) - len(order),
        num_off_rows=int((~on).sum()),
    )


def _rows_in(piece: Piece, names: list[str], file: Path, skip_bad_rows: bool) -> _Rows:
    """Returns the sound rows in some lines of a file.

    Raises:
        TraceError: A row is malformed and is not to be skipped.
    """
    places = [k for k, line in enumerate(piece.lines) if line.strip()]
    table = numbers_in([piece.lines[k] for k in places], len(names), ";")
    used = table[:, [names.index(name) for name in _COLUMNS]]
    demands = _demands(used)
    sound = np.isfinite(table).all(axis=1) & (table >= 0).all(axis=1) & (used[:, :2] <= LARGEST).all(axis=1)
    sound &= (demands <= LARGEST).all(axis=1)
    if not skip_bad_rows and not sound.all():
        k = places[int(sound.argmin())]
        fault = _fault(piece.lines[k], names)
        raise TraceError(f"{file}:{piece.first_line + k}: {fault}; correct the row, or skip such rows by skip_bad_rows=True")
    return _Rows(
        time_us=np.rint(used[sound, 0] * SECOND_US).astype(np.int64),
        capacity=used[sound, 2],
        demands=demands[sound].astype(np.int32),
        cores=used[sound, 1].astype(np.int32),
        num_bad=int((~sound).sum()),
    )


def _demands(used: Floats) -> Floats:
    """Returns (R, 4) whole demands of rows with the columns `_COLUMNS`; not finite where capacity without cores has no meaning."""
    _, cores, capacity, usage, memory_kib, disk_read, disk_write, net_received, net_sent = used.T
    with np.errstate(all="ignore"):  # malformed rows are found by the outcome
        millicores = np.where(capacity > 0, usage / capacity * cores * 1000, 0)
        millicores[(capacity > 0) & (cores == 0)] = np.inf
        exact = np.stack([millicores, memory_kib / 1024, disk_read + disk_write, net_received + net_sent], axis=1)
        return whole_demands(exact)


def _fault(line: str, names: list[str]) -> str:
    """Returns what is wrong with a malformed row."""
    fields = line.split(";")
    if len(fields) != len(names):
        return f"the row has {len(fields)} fields, the header {len(names)}"
    for name, text in zip(names, fields, strict=True):
        try:
            value = float(text)
        except ValueError:
            return f"{name} is {text.strip()!r}, which is no number"
        if not 0 <= value < np.inf:
            return f"{name} is {text.strip()}: it must be finite and not negative"
        if name == _COLUMNS[0] and value > LARGEST:
            return f"{name} is {text.strip()}: it must be in Unix seconds (in spite of its name), at most {LARGEST}"
        if name == _COLUMNS[1] and value > LARGEST:
            return f"{name} is {text.strip()}: it must be at most {LARGEST}"
    return f"the row has capacity without cores, or a demand above {LARGEST}"
