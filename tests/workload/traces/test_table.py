"""Large tables: kept as parquet under the checksum of their files, read in windows, with the same outcome as small ones."""

from __future__ import annotations

import dataclasses
import gzip
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import vmenv
import vmenv.workload.lines
from tests.workload.traces.written import OPTIONS, WRITE
from vmenv.errors import TraceError
from vmenv.workload.trace import TraceReport, read_trace_with_report
from vmenv.workload.traces import _parquet, _table

TABLES = ("alibaba2018", "alibaba_gpu2023", "azure_readings", "azure_vmtable", "csv", "google2019", "huawei_east", "materna")


@pytest.fixture
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Every table is a large one, in small pieces."""
    monkeypatch.setenv("VMENV_CACHE_DIR", str(tmp_path / "cache"))
    monkeypatch.setattr(_table, "IN_MEMORY_BYTES", 0)
    monkeypatch.setattr(_parquet, "GROUP_ROWS", 7)
    monkeypatch.setattr(vmenv.workload.lines, "PIECE_BYTES", 150)
    return tmp_path / "cache" / "vmenv" / "traces"


def told(path: Path, format: str, **options: Any) -> tuple[list[Any], TraceReport]:
    work, report = read_trace_with_report(path, format, **(OPTIONS.get(format, {}) | options))
    return [np.asarray(getattr(work, field.name)).tolist() for field in dataclasses.fields(work)], report


@pytest.mark.parametrize("format", TABLES)
def test_a_large_table_is_what_a_small_one_is(format: str, tmp_path: Path, request: pytest.FixtureRequest) -> None:
    path = WRITE[format](tmp_path / "trace", num_rows=150)
    windows: list[dict[str, Any]] = [{}, {"duration_s": 600}, {"start_s": 400, "duration_s": 300}]
    if format == "materna":
        windows[2]["start_s"] += 1_446_595_200
    expected = [told(path, format, **window) for window in windows]
    cache = request.getfixturevalue("cache")
    # Options that are none of windows keep what was opened from being taken from memory.
    for max_unpacked_bytes in (2**20, 2**21):
        assert [told(path, format, **window, max_unpacked_bytes=max_unpacked_bytes) for window in windows] == expected
    assert list(cache.glob("*.parquet"))


def test_a_table_is_read_once_and_again_when_it_changes(tmp_path: Path, cache: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = WRITE["google2019"](tmp_path)
    first, _ = told(path, "google2019", max_unpacked_bytes=10**6)
    (kept,) = cache.iterdir()
    with monkeypatch.context() as patched:
        patched.setattr(_table, "rows_in", lambda *_: pytest.fail("it is read again"))
        assert told(path, "google2019", max_unpacked_bytes=10**6 + 1)[0] == first
        packed = tmp_path / "same.csv.gz"
        packed.write_bytes(gzip.compress(path.read_bytes()))
        with pytest.raises(pytest.fail.Exception):  # other bytes
            told(packed, "google2019")
    kept.write_bytes(b"damaged")
    assert told(path, "google2019", max_unpacked_bytes=10**6 + 2)[0] == first
    path.write_text(path.read_text().replace(",0.0", ",0.1"))
    assert told(path, "google2019")[0] != first
    assert len(list(cache.iterdir())) == 2


def test_a_malformed_row_of_a_large_table_is_named_whatever_was_read_before(tmp_path: Path, cache: Path) -> None:
    path = WRITE["google2019"](tmp_path)
    lines = path.read_text().splitlines()
    lines[15] = lines[15].replace("0,0.", "0,x.")
    path.write_text("\n".join(lines))
    for _ in range(2):
        with pytest.raises(TraceError, match=r"usage\.csv:16: cpus is 'x\."):
            told(path, "google2019")
        _, report = told(path, "google2019", skip_bad_rows=True)
        assert (report.num_rows, report.num_bad_rows) == (20, 1)


def test_those_used_longest_ago_go(tmp_path: Path, cache: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(_parquet, "MOST_KEPT_BYTES", 1)
    for k in range(3):
        told(WRITE["google2019"](tmp_path / str(k), num_rows=20 + k), "google2019")
    assert len(list(cache.iterdir())) == 1


def test_a_cache_that_cannot_be_written_to(tmp_path: Path, cache: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "file").write_text("")
    monkeypatch.setenv("VMENV_CACHE_DIR", str(tmp_path / "file"))
    with pytest.raises(TraceError, match=r"cannot be written to .*: set VMENV_CACHE_DIR to a folder with room for it"):
        told(WRITE["google2019"](tmp_path), "google2019")


def test_without_pyarrow_one_line_says_what_to_install(tmp_path: Path) -> None:
    paths = {format: str(WRITE[format](tmp_path / format)) for format in ("alibaba_gpu2023", "opendc", "swf", "bitbrains", "planetlab")}
    program = f"""
import sys
sys.modules["pyarrow"] = None
import vmenv
for format, path in {paths!r}.items():
    try:
        print(format, vmenv.read_trace(path, format).num_vms)
    except vmenv.TraceError as error:
        print(format, error)
"""
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True, env=os.environ)
    says = dict(line.split(" ", 1) for line in done.stdout.splitlines())
    for format in ("alibaba_gpu2023", "opendc"):
        assert says[format].endswith("needs pyarrow, which is not installed: pip install 'vmenv[traces]'")
    assert [says[format] for format in ("swf", "bitbrains", "planetlab")] == ["20", "1", "1"]
