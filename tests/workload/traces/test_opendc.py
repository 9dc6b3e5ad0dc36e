"""The reader of OpenDC's tasks and fragments."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

import vmenv
from tests.workload.traces.bitbrains import S, phases
from tests.workload.traces.published import PUBLISHED, needs
from vmenv.errors import SpecError, TraceError
from vmenv.workload.trace import read_trace_with_report

TASKS = {
    "id": [7, 3],
    "submission_time": [5_000, 1_000],
    "duration": [60_000, 90_000],
    "cpu_count": [2, 4],
    "cpu_capacity": [2000.0, 10_000.0],
    "mem_capacity": [1000, 2000],
}
FRAGMENTS = {
    "id": [3, 7, 3, 7, 3],
    "duration": [30_000] * 5,
    "cpu_usage": [10_000.0, 100.0, 10_000.0, 0.0, 1.0],
}


def write(folder: Path, tasks: dict[str, Any] | None = None, fragments: dict[str, Any] | None = None) -> Path:
    folder.mkdir(exist_ok=True)
    pq.write_table(pa.table(TASKS | (tasks or {})), folder / "tasks.parquet")
    pq.write_table(pa.table(FRAGMENTS | (fragments or {})), folder / "fragments.parquet")
    return folder


def test_fragments_follow_each_other_from_the_submission_on(tmp_path: Path) -> None:
    work, report = read_trace_with_report(write(tmp_path), "opendc", max_gap_s=30, memory_unit="MiB")
    assert work.arrival_us.tolist() == [4 * S, 0]
    assert phases(work, 0) == [(30 * S, 100, 1000, 0, 0), (30 * S, 0, 1000, 0, 0)]
    assert phases(work, 1) == [(60 * S, 4000, 2000, 0, 0), (30 * S, 1, 2000, 0, 0)]
    assert (report.num_rows, report.first_s, report.last_s) == (7, 1, 61)


def test_the_unit_of_memory_is_said(tmp_path: Path) -> None:
    folder = write(tmp_path)
    assert [vmenv.read_trace(folder, "opendc", memory_unit=unit).memory_mib[0] for unit in ("MB", "KiB", "GiB")] == [954, 1, 1_024_000]
    with pytest.raises(SpecError, match="memory_unit is 'Mb': there are: B, GB"):
        vmenv.read_trace(folder, "opendc", memory_unit="Mb")


def test_a_duration_that_holds_a_gap_stands_for_the_longest_gap_at_most(tmp_path: Path) -> None:
    folder = write(tmp_path, fragments={"duration": [30_000, 5_000_000, 30_000, 30_000, 30_000]})
    work, report = read_trace_with_report(folder, "opendc", max_gap_s=600)
    assert phases(work, 0)[0][0] == 600 * S
    assert report.oddities == {"gaps of more than 600 s": 1, "seconds in the longest gap": 5_000}


def test_ids_may_be_text_and_tasks_may_have_no_fragments(tmp_path: Path) -> None:
    folder = write(tmp_path, {"id": ["b", "a"]}, {"id": ["a"] * 5})
    work, report = read_trace_with_report(folder, "opendc")
    assert (work.num_vms, report.oddities) == (1, {"tasks without fragments": 1})


@pytest.mark.parametrize(
    ("tasks", "fragments", "fault"),
    [
        ({"cpu_capacity": [2000.0, 0.0]}, {}, r"tasks\.parquet: row 2: cpu_capacity is 0: it must be 0\.001 to"),
        ({}, {"cpu_usage": [1.0, 2.0, -3.0, 4.0, None]}, r"fragments\.parquet: row 3: cpu_usage is -3"),
        ({"id": [3, None]}, {}, r"tasks\.parquet: row 2: id is missing"),
        ({}, {"id": [3, 7, 8, 7, 3]}, r"fragments\.parquet: row 3: the task 8(\.0)? is not in tasks\.parquet"),
    ],
)
def test_a_malformed_row_is_named(tasks: dict[str, Any], fragments: dict[str, Any], fault: str, tmp_path: Path) -> None:
    folder = write(tmp_path, tasks, fragments)
    with pytest.raises(TraceError, match=fault):
        vmenv.read_trace(folder, "opendc")
    _, report = read_trace_with_report(folder, "opendc", skip_bad_rows=True)
    assert report.num_bad_rows > 0
    assert report.num_rows == 7


def test_files_that_are_no_trace(tmp_path: Path) -> None:
    folder = write(tmp_path, {"id": [3, 3]})
    with pytest.raises(TraceError, match="has the task 3 twice"):
        vmenv.read_trace(folder, "opendc")
    write(tmp_path, {"id": ["3", "7"]})
    with pytest.raises(TraceError, match="has ids of another kind than"):
        vmenv.read_trace(folder, "opendc")
    (folder / "tasks.parquet").write_bytes(b"PAR1 and nothing else")
    with pytest.raises(TraceError, match=r"tasks\.parquet: cannot be read .*: give the parquet files of a trace of version 5"):
        vmenv.read_trace(folder, "opendc")
    pq.write_table(pa.table({"id": [1]}), folder / "tasks.parquet")
    with pytest.raises(TraceError, match=r"tasks\.parquet has no column 'submission_time'|tasks\.parquet: cannot be read"):
        vmenv.read_trace(folder, "opendc")
    (folder / "tasks.parquet").unlink()
    with pytest.raises(TraceError, match=r"give a folder, or a list, of one tasks\.parquet and one fragments\.parquet"):
        vmenv.read_trace(folder, "opendc")


@needs("opendc_surf_week")
def test_the_published_week_has_all_its_time_in_fragments() -> None:
    folder = PUBLISHED / "opendc_surf_week" / "dev"
    work, report = read_trace_with_report(folder, "opendc", duration_s=2**31 - 1)
    tasks = pq.read_table(folder / "tasks.parquet")
    assert (work.num_vms, report.num_rows, report.num_bad_rows) == (3_496, 3_496 + 925_597, 0)
    assert report.oddities == {}
    assert work.size_us.sum() == sum(tasks["duration"].to_pylist()) * 1_000
    assert set(work.memory_mib.tolist()) == {95_368}  # 100,000 MB
    assert work.cpu_millicores.max() == 16_000
