"""The files of the Bitbrains trace: rows and their faults. `vmenv.workload.traces.bitbrains` says what is made of them."""

from __future__ import annotations

import functools
from pathlib import Path
from typing import NamedTuple

import numpy as np

from vmenv.checks import LARGEST
from vmenv.errors import TraceError
from vmenv.host.state import Floats, Ints
from vmenv.workload.table import LATEST_US
from vmenv.workload.trace import read_lines

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
SECOND_US = 1_000_000


class Samples(NamedTuple):
    """The S samples of a file, in order of time."""

    time_us: Ints  # (S,)
    next_row_us: Ints  # (S,): the time of the file's next row, be it a sample or off
    demands: Ints  # (S, 4): cpu_millicores, memory_mib, disk_kib_s, net_kib_s
    cores: Ints  # (S,)
    num_rows: int
    num_bad_rows: int
    num_repeated_rows: int
    num_off_rows: int


def read_samples(file: Path, skip_bad_rows: bool) -> Samples:
    """Returns the samples of one file, read once as long as the file does not change.

    Raises:
        TraceError: It cannot be read, has another header, or a malformed row that is not to be skipped.
    """
    try:
        status = file.stat()
    except OSError as error:
        raise TraceError(f"{file}: cannot be read ({error}): fetch it again, or leave it out") from error
    return _read_file(file, skip_bad_rows, status.st_mtime_ns, status.st_size)


@functools.lru_cache(maxsize=1024)
def _read_file(file: Path, skip_bad_rows: bool, _modified_ns: int, _size: int) -> Samples:
    """Returns the samples of one file.

    Raises:
        TraceError: It has another header, or a malformed row that is not to be skipped.
    """
    lines = read_lines(file)
    names = [name.strip() for name in lines[0].split(";")]
    missing = [name for name in _COLUMNS if name not in names]
    if missing:
        raise TraceError(f"{file}:1: the header has no column {missing[0]!r}: give a GWA-T-12 file, with the columns {'; '.join(_COLUMNS)}")
    rows: list[list[float]] = []
    row_lines: list[int] = []
    bad_lines: list[int] = []
    for number, line in enumerate(lines[1:], start=2):
        if not line.strip():
            continue
        try:
            row = [*map(float, line.split(";"))]
        except ValueError:
            row = []
        if len(row) == len(names):
            rows.append(row)
            row_lines.append(number)
        else:
            bad_lines.append(number)

    table = np.array(rows).reshape(-1, len(names))
    used = table[:, [names.index(name) for name in _COLUMNS]]
    demands = _demands(used)
    sound = np.isfinite(table).all(axis=1) & (table >= 0).all(axis=1) & (used[:, 0] <= LARGEST) & (demands <= LARGEST).all(axis=1)
    bad_lines += [row_lines[k] for k in np.flatnonzero(~sound)]
    if bad_lines and not skip_bad_rows:
        number = min(bad_lines)
        raise TraceError(f"{file}:{number}: {_fault(lines[number - 1], names)}; correct the row, or skip such rows by skip_bad_rows=True")

    time_us = np.rint(used[sound, 0] * SECOND_US).astype(np.int64)
    capacity = used[sound, 2]
    order = np.lexsort((-capacity, time_us))
    order = order[np.diff(time_us[order], prepend=-1) > 0]
    time_us, on = time_us[order], capacity[order] > 0
    return Samples(
        time_us=time_us[on],
        next_row_us=np.append(time_us, LATEST_US)[1:][on],
        demands=demands[sound][order][on].astype(np.int64),
        cores=used[sound, 1][order][on].astype(np.int64),
        num_rows=len(rows) + len(bad_lines) - int((~sound).sum()),
        num_bad_rows=len(bad_lines),
        num_repeated_rows=int(sound.sum()) - len(order),
        num_off_rows=int((~on).sum()),
    )


def _demands(used: Floats) -> Floats:
    """Returns (R, 4) whole demands of rows with the columns `_COLUMNS`; not finite where capacity without cores has no meaning."""
    _, cores, capacity, usage, memory_kib, disk_read, disk_write, net_received, net_sent = used.T
    with np.errstate(all="ignore"):  # malformed rows are found by the outcome
        millicores = np.where(capacity > 0, usage / capacity * cores * 1000, 0)
        millicores[(capacity > 0) & (cores == 0)] = np.inf
        exact = np.stack([millicores, memory_kib / 1024, disk_read + disk_write, net_received + net_sent], axis=1)
        return np.asarray(np.ceil(np.round(exact, 6)))


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
    return f"the row has capacity without cores, or a demand above {LARGEST}"
