"""The Bitbrains reader: malformed rows and headers are named by file and line, or counted."""

from __future__ import annotations

import warnings
from pathlib import Path

import pytest

from tests.workload.traces.bitbrains import S, phases, read, row, write
from vmenv.errors import TraceError
from vmenv.workload.trace import read_trace

BROKEN = {
    "1300;\t2;\t2000": "3 fields, the header 11",
    row(1300) + ";\t": "12 fields",
    row(1300, "fast"): "'fast', which is no number",
    row(1300, ""): "'', which is no number",
    row(1300, "nan"): "CPU usage .* is nan: it must be finite",
    row(1300, disk=("inf", 0)): "Disk read .* is inf: it must be finite",
    row(1300, memory_kb=-1): "Memory usage .* is -1: .* not negative",
    row(1_372_629_804_000): "Unix seconds",
    row(1300, 0, cores=1e300): r"CPU cores is 1e\+300: it must be at most 2147483647",
    row(1300, 1, cores=0): "capacity without cores",
    row(1300, 1, capacity_mhz="1E-9"): "a demand above 2147483647",
    row(1300, net=("2E9", "2E9")): "a demand above 2147483647",
}


@pytest.mark.filterwarnings("error")
@pytest.mark.parametrize("broken", BROKEN, ids=BROKEN.values())
def test_a_malformed_row_stops_the_read_with_file_and_line_unless_skipped(tmp_path: Path, broken: str) -> None:
    file = write(tmp_path / "1.csv", row(1000, 100), "", broken, row(1600, 200), "garbage")
    with pytest.raises(TraceError, match=BROKEN[broken]) as caught:
        read(file)
    assert str(caught.value).startswith(f"{file}:4: ")
    assert "skip_bad_rows=True" in str(caught.value)

    work, report = read(file, skip_bad_rows=True)
    assert phases(work) == [(600 * S, 100, 1, 0, 0), (600 * S, 200, 1, 0, 0)]
    assert (report.num_rows, report.num_bad_rows) == (4, 2)


def test_the_first_malformed_row_is_named_whatever_is_wrong_with_it(tmp_path: Path) -> None:
    file = write(tmp_path / "1.csv", row(1000), row(1300, -5), "garbage")
    with pytest.raises(TraceError, match=r"1\.csv:3: CPU usage"):
        read(file)


def test_read_trace_warns_once_with_the_count_of_skipped_rows(tmp_path: Path) -> None:
    files = [write(tmp_path / name, "garbage", row(1000), "garbage") for name in ("1.csv", "2.csv")]
    with pytest.warns(UserWarning, match="skipped 4 malformed rows of 6") as caught:
        work = read_trace(files, "bitbrains", skip_bad_rows=True)
    assert work.num_vms == 2
    assert [warning.filename for warning in caught] == [__file__]
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        read_trace(write(tmp_path / "3.csv", row(1000)), format="bitbrains", skip_bad_rows=True)


@pytest.mark.parametrize("content", ["", "\n", "a,b\n1,2\n", "1000;2;2000\n", "\0\1\2"])
def test_another_header_is_no_bitbrains_file(tmp_path: Path, content: str) -> None:
    file = tmp_path / "1.csv"
    file.write_text(content)
    with pytest.raises(TraceError, match="no column 'Timestamp") as caught:
        read(file, skip_bad_rows=True)
    assert str(caught.value).startswith(f"{file}:1: ")


def test_columns_are_found_by_name(tmp_path: Path) -> None:
    plain = write(tmp_path / "1.csv", row(1000, 100, disk=(1, 2)))
    names, values = (line.split(";\t") for line in plain.read_text().splitlines())
    swapped = tmp_path / "2.csv"
    swapped.write_bytes(b"\xef\xbb\xbf" + f"{';'.join(names[::-1])}\r\n{'; '.join(values[::-1])}\r\n\r\n".encode())
    assert phases(read(swapped)[0]) == phases(read(plain)[0]) == [(600 * S, 100, 1, 3, 0)]
