"""The Bitbrains reader: folders, gzipped files, places where there is nothing, and options that cannot be meant."""

from __future__ import annotations

import gzip
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from tests.workload.traces.bitbrains import IDLE, S, phases, read, row, write
from vmenv.errors import SpecError, TraceError, UnknownNameError
from vmenv.workload.trace import list_trace_formats, read_trace


def test_a_folder_is_read_in_natural_order_plain_and_gzipped_and_nothing_else(tmp_path: Path) -> None:
    for number in (10, 2, 1):
        write(tmp_path / f"{number}.csv", row(1000, number))
    packed = tmp_path / "3.csv.gz"
    packed.write_bytes(gzip.compress(write(tmp_path / "x", row(1000, 3)).read_bytes()))
    (tmp_path / "notes.txt").write_text("not a trace")
    (tmp_path / ".hidden.csv").write_text("not a trace")
    work, report = read(str(tmp_path))
    assert work.cpu_millicores.tolist() == [1, 2, 3, 10]
    assert [file.name for file in report.files] == ["1.csv", "2.csv", "3.csv.gz", "10.csv"]
    backwards = read_trace([packed, str(tmp_path / "2.csv")], "bitbrains")
    assert backwards.cpu_millicores.tolist() == [3, 2]


def test_a_gz_name_with_plain_content_is_read(tmp_path: Path) -> None:
    assert phases(read(write(tmp_path / "1.csv.gz", row(1000)))[0]) == [(600 * S, *IDLE)]


@pytest.mark.parametrize("damage", [lambda whole: whole[:-9], lambda whole: whole[:12] + b"\0" * 20 + whole[32:]], ids=["cut", "changed"])
def test_a_damaged_gzip_file_is_named(tmp_path: Path, damage: Callable[[bytes], bytes]) -> None:
    file = tmp_path / "1.csv.gz"
    file.write_bytes(damage(gzip.compress(write(tmp_path / "x", *(row(1000 + k, k) for k in range(99))).read_bytes())))
    with pytest.raises(TraceError, match=r"1\.csv\.gz: cannot be read"):
        read(file)


def test_missing_and_empty_places(tmp_path: Path) -> None:
    with pytest.raises(TraceError, match=r"nowhere.* does not exist .*give a file, a folder, or a list"):
        read(tmp_path / "nowhere")
    with pytest.raises(TraceError, match=r"holds no file \*\.csv\[\.gz\]: give the folder"):
        read(tmp_path)
    (tmp_path / "2013-8").mkdir()
    with pytest.raises(TraceError, match=r"subfolders \(2013-8\)"):
        read(tmp_path)
    with pytest.raises(TraceError, match="empty list"):
        read([])
    with pytest.raises(SpecError, match="path is 3: give a file"):
        read(3)


def test_a_file_both_plain_and_gzipped_is_refused(tmp_path: Path) -> None:
    write(tmp_path / "1.csv", row(1000))
    write(tmp_path / "1.csv.gz", row(1000))
    with pytest.raises(TraceError, match=r"holds 1\.csv both plain and gzipped"):
        read(tmp_path)


def test_names_are_checked(tmp_path: Path) -> None:
    file = write(tmp_path / "1.csv", row(1000))
    assert "bitbrains" in list_trace_formats()
    with pytest.raises(UnknownNameError, match="unknown trace format 'bitbrain': did you mean 'bitbrains'"):
        read_trace(file, "bitbrain")
    with pytest.raises(SpecError, match="no parameter 'duration': did you mean 'duration_s'"):
        read_trace(file, "bitbrains", duration=3600)


@pytest.mark.parametrize(
    ("option", "value"),
    [
        ("start_s", -1),
        ("start_s", 1000.0),
        ("start_s", 1_372_629_804_000),
        ("duration_s", 0),
        ("duration_s", None),
        ("compression", 0),
        ("compression", 1.5),
        ("compression", True),
        ("max_gap_s", 0),
        ("max_gap_s", "600"),
        ("skip_bad_rows", 1),
        ("skip_bad_rows", "no"),
    ],
)
def test_values_are_checked(tmp_path: Path, option: str, value: Any) -> None:
    with pytest.raises(SpecError, match=f"{option} is .*: give "):
        read(write(tmp_path / "1.csv", row(1000)), **{option: value})


def test_numpy_numbers_are_whole_numbers(tmp_path: Path) -> None:
    file = write(tmp_path / "1.csv", row(1000))
    assert phases(read(file, start_s=np.int64(1000), compression=np.int32(300))[0]) == [(2 * S, *IDLE)]
