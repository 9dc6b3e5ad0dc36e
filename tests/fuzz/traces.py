"""Readers of traces that take broken files: each ends in an error of vmenv, or in a workload in which every row is accounted for."""

from __future__ import annotations

import contextlib
import json
import random
import sqlite3
import tempfile
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any
from unittest import mock

import pyarrow as pa
import pyarrow.parquet as pq

import vmenv.workload.lines
from tests.fuzz.mutate import mutate_json, mutate_rows
from tests.workload.traces.written import OPTIONS, WRITE
from vmenv.errors import VmenvError
from vmenv.workload.trace import TRACE_FORMATS, TraceReport, read_trace_with_report
from vmenv.workload.traces import _kept
from vmenv.workload.traces._jobs import JobReader
from vmenv.workload.traces._kept import Kept

BETWEEN = b"\n\0\n"  # the files of a sample
NUM_ROWS = 9
ALL_S = 2**31 - 1
# The files of a sample, by format, and how many lines of each are no rows.
TEXTS: dict[str, dict[str, int]] = {
    "alibaba2018": {"container_meta.csv": 0, "container_usage.csv": 0},
    "alibaba_gpu2023": {"pods.csv": 1},
    "azure_arrivals": {"v1.x.txt": 0, "v1.x.c9000.txt": 0, "flav_map.txt": 0, "v1.interval_map.txt": 0},
    "azure_readings": {"vmtable.csv": 0, "vm_cpu_readings-file-1-of-195.csv": 0},
    "azure_vmtable": {"vmtable.csv": 0},
    "csv": {"table.csv": 1},
    "google2011": {"vm_42_7": 0},
    "google2019": {"usage.csv": 1},
    "huawei_east": {"Huawei-East-1.csv": 1},
    "materna": {"1.csv": 1},
    "planetlab": {"host_edu_slice": 0},
    "workload": {"work.csv": 2},
}


@contextlib.contextmanager
def nothing_kept() -> Iterator[None]:
    """The next file may be as long and as old; and pieces have borders everywhere."""
    with mock.patch.object(_kept, "_KEPT", Kept(0)), mock.patch.object(vmenv.workload.lines, "PIECE_BYTES", 97):
        yield


def try_reading(path: Path, format: str) -> Iterator[TraceReport]:
    """Reads a trace in all ways, and yields the reports of those that succeed."""
    fields = TRACE_FORMATS[format].__dataclass_fields__
    for skip_bad_rows in (False, True) if "skip_bad_rows" in fields else (False,):
        options: dict[str, Any] = OPTIONS.get(format, {}) | {"duration_s": ALL_S}
        if "skip_bad_rows" in fields:
            options["skip_bad_rows"] = skip_bad_rows
        if issubclass(TRACE_FORMATS[format], JobReader):
            options["duration_s"] = None
        with contextlib.suppress(VmenvError), nothing_kept():
            work, report = read_trace_with_report(path, format, **options)
            assert work.num_vms == len(report.files)
            assert skip_bad_rows or not report.num_bad_rows
            if issubclass(TRACE_FORMATS[format], JobReader) and format != "azure_arrivals":  # a line of which has many VMs
                told = report.num_off_rows + report.num_part_rows + report.num_bad_rows
                void = report.oddities.get("creations of what was there, or deletions of what was not", 0)
                assert report.num_rows == work.num_vms + told + void
            yield report


def reads_text(format: str) -> Callable[[bytes, Path], None]:
    """Returns a target that reads the files of a format, and counts their rows."""

    def run(data: bytes, folder: Path) -> None:
        parts = data.split(BETWEEN)
        names = TEXTS[format]
        for name, part in zip(names, parts + [b""] * len(names), strict=False):
            (folder / name).write_bytes(part)
        for report in try_reading(folder if WRITE_IS_FOLDER[format] else folder / next(iter(names)), format):
            counted = ("v1.x.txt",) if format == "azure_arrivals" else names
            lines = {name: [line for line in lines_of(folder / name) if line.strip()] for name in counted}
            assert report.num_rows == sum(len(found) - names[name] for name, found in lines.items())

    return run


WRITE_IS_FOLDER = {format: format in ("alibaba2018", "azure_readings") for format in TEXTS}


def lines_of(file: Path) -> Sequence[str]:
    return file.read_bytes().decode("utf-8-sig", errors="replace").split("\n")


def text_samples(format: str) -> Callable[[], Iterator[bytes]]:
    def samples() -> Iterator[bytes]:
        with tempfile.TemporaryDirectory() as folder:
            WRITE[format](Path(folder), num_rows=NUM_ROWS)
            parts = [(Path(folder) / name).read_bytes() for name in TEXTS[format]]
        yield BETWEEN.join(parts)
        yield BETWEEN.join(part.replace(b"\n", b"\r\n") for part in parts)

    return samples


def mutate_texts(data: bytes, rng: random.Random) -> bytes:
    parts = data.split(BETWEEN)
    k = rng.randrange(len(parts))
    parts[k] = mutate_rows(parts[k], rng)
    return BETWEEN.join(parts)


def opendc(data: bytes, folder: Path) -> None:
    """Writes the tables of a sample as parquet, if they can be, and reads them."""
    with contextlib.suppress(ValueError, TypeError, AttributeError, RecursionError, OverflowError, pa.ArrowException):
        for name, columns in json.loads(data).items():
            if name in ("tasks", "fragments"):
                pq.write_table(pa.table(columns), folder / f"{name}.parquet")
    for report in try_reading(folder, "opendc"):
        assert report.num_rows == sum(pq.read_metadata(folder / f"{name}.parquet").num_rows for name in ("tasks", "fragments"))


def opendc_samples() -> Iterator[bytes]:
    with tempfile.TemporaryDirectory() as folder:
        path = WRITE["opendc"](Path(folder), num_rows=NUM_ROWS)
        yield json.dumps({name: pq.read_table(path / f"{name}.parquet").to_pydict() for name in ("tasks", "fragments")}).encode()


def azure_packing2020(data: bytes, folder: Path) -> None:
    """Writes the rows of a sample to a database, those that it takes, and reads it."""
    file = WRITE["azure_packing2020"](folder, num_rows=0)
    rows = 0
    with contextlib.suppress(ValueError, TypeError, RecursionError):
        given = json.loads(data)
        with contextlib.closing(sqlite3.connect(file)) as database, database:
            database.execute("PRAGMA synchronous = OFF")
            for row in given:
                with contextlib.suppress(sqlite3.Error, OverflowError, TypeError, ValueError):
                    database.execute("INSERT INTO vm VALUES (?, ?, ?, ?, ?, ?)", row)
                    rows += 1
    for report in try_reading(file, "azure_packing2020"):
        assert report.num_rows == rows


def packing_samples() -> Iterator[bytes]:
    yield json.dumps([[k, k % 3, 7 + k % 2, k % 2, 0.5 * k - 1, None if k == 4 else 0.5 * k + 3] for k in range(NUM_ROWS)]).encode()


RUNS: dict[str, tuple[Callable[[bytes, Path], None], Callable[[], Iterator[bytes]], Callable[[bytes, random.Random], bytes]]] = {
    "opendc": (opendc, opendc_samples, mutate_json),
    "azure_packing2020": (azure_packing2020, packing_samples, mutate_json),
} | {format: (reads_text(format), text_samples(format), mutate_texts) for format in TEXTS}
