"""The reader of Materna's files: quotes, decimal commas and dates."""

from __future__ import annotations

from pathlib import Path

import pytest

import vmenv
from tests.workload.traces.bitbrains import S, phases
from tests.workload.traces.written import MATERNA
from vmenv.errors import TraceError
from vmenv.workload.trace import read_trace_with_report


def row(time: str, usage: str = "2600", capacity: str = "5200") -> str:
    fields = (time, "2", capacity, usage, "50", "4194304", "2048,5", "1,5", "1", "2,5", "60,0", "3", "4")
    return ";".join(f'"{field}"' for field in fields)


def write(file: Path, *rows: str) -> Path:
    file.write_text("\n".join([";".join(f'"{name}"' for name in MATERNA), *rows, ""]))
    return file


def test_dates_and_decimal_commas(tmp_path: Path) -> None:
    file = write(tmp_path / "1.csv", row("04.11.2015 00:00:00"), row("04.11.2015 00:05:00", "1,3"))
    work, report = read_trace_with_report(file, "materna")
    assert phases(work) == [(300 * S, 1000, 3, 4, 7), (600 * S, 1, 3, 4, 7)]
    assert report.first_s == 1_446_595_200


def test_timestamps_may_be_seconds(tmp_path: Path) -> None:
    work, report = read_trace_with_report(write(tmp_path / "1.csv", row("1446595200"), row("1446595500")), "materna")
    assert (work.size_us.tolist(), report.last_s) == ([900 * S], 1_446_595_500)


def test_repeated_rows_times_off_and_several_files(tmp_path: Path) -> None:
    first = [row("04.11.2015 00:00:00"), row("04.11.2015 00:00:00", "0", "0"), row("04.11.2015 00:01:00", "0", "0")]
    write(tmp_path / "1.csv", *first)
    write(tmp_path / "2.csv", row("04.11.2015 00:05:00"))
    work, report = read_trace_with_report(tmp_path, "materna")
    assert work.arrival_us.tolist() == [0, 300 * S]
    assert work.size_us.tolist() == [60 * S, 600 * S]
    assert (report.num_rows, report.num_repeated_rows, report.num_off_rows) == (4, 1, 1)
    assert [file.name for file in report.files] == ["1.csv", "2.csv"]


def test_faults(tmp_path: Path) -> None:
    file = write(tmp_path / "1.csv", row("04.11.2015 00:00:00"), row("04.11.2015"))
    with pytest.raises(TraceError, match=r"1\.csv:3: Timestamp is '04\.11\.2015', which is no date like %d\.%m\.%Y"):
        vmenv.read_trace(file, "materna")
    with pytest.raises(TraceError, match=r"1\.csv:2: CPU usage \[MHZ\] is '1\.5', which is no number"):
        vmenv.read_trace(write(tmp_path / "1.csv", row("04.11.2015 00:00:00", "1.5")), "materna")
