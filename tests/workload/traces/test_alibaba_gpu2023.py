"""The reader of Alibaba's pods of 2023."""

from __future__ import annotations

from pathlib import Path

import pytest

import vmenv
from tests.workload.traces.bitbrains import S
from tests.workload.traces.published import PUBLISHED, needs
from tests.workload.traces.written import POD_HEADER
from vmenv.errors import TraceError
from vmenv.workload.trace import read_trace_with_report


def write(folder: Path, *rows: str) -> Path:
    file = folder / "pods.csv"
    file.write_text("\n".join([POD_HEADER, *rows]) + "\n")
    return file


def test_pods_become_vms_that_work_from_their_scheduling_on(tmp_path: Path) -> None:
    file = write(tmp_path, "p0,12000,16384,1,1000,,LS,Running,10,100,40", "p1,500,0,0,0,V100M16|V100M32,BE,Failed,20,90,20")
    work, report = read_trace_with_report(file, "alibaba_gpu2023")
    assert work.arrival_us.tolist() == [0, 10 * S]
    assert work.work_us.tolist() == [60 * S, 70 * S]
    assert (work.cpu_millicores.tolist(), work.memory_mib.tolist()) == ([12000, 500], [16384, 0])
    assert work.priority.tolist() == [1, 0]
    assert (report.num_rows, report.first_s, report.last_s, report.start_s) == (2, 10, 20, 10)
    assert sorted(report.oddities.values()) == [1, 1, 1]


def test_pods_that_were_never_scheduled_are_left_out_and_counted(tmp_path: Path) -> None:
    file = write(tmp_path, "p0,1000,5,1,1000,,LS,Pending,10,100,", "p1,500,1,0,0,,BE,Failed,20,90,90", "p2,500,1,0,0,,BE,Failed,20,91,90")
    work, report = read_trace_with_report(file, "alibaba_gpu2023")
    assert (work.num_vms, work.work_us.tolist(), report.num_off_rows) == (1, [S], 2)
    assert report.oddities["pods that were never scheduled"] == 1
    with pytest.raises(TraceError, match="holds no pod that ran, only 1 that never did"):
        vmenv.read_trace(write(tmp_path, "p0,1000,5,1,1000,,LS,Pending,10,100,"), "alibaba_gpu2023")


def test_a_window_holds_what_came_in_it(tmp_path: Path) -> None:
    file = write(tmp_path, *(f"p{k},1000,5,0,0,,LS,Succeeded,{10 * k},{10 * k + 7},{10 * k + 1}" for k in range(9)))
    work, report = read_trace_with_report(file, "alibaba_gpu2023", start_s=15, duration_s=30, compression=4)
    assert work.arrival_us.tolist() == [1_250_000, 3_750_000, 6_250_000]
    assert work.work_us.tolist() == [1_500_000] * 3
    assert (report.start_s, report.first_s, report.last_s) == (15, 0, 80)
    with pytest.raises(TraceError, match="no pod that ran that came from 81 s on and before 90 s: its jobs came from 0 to 80 s"):
        vmenv.read_trace(file, "alibaba_gpu2023", start_s=81, duration_s=9)


@pytest.mark.parametrize(
    ("row", "fault"),
    [
        ("p1,x,5,0,0,,LS,S,1,2,1", "cpu_milli is 'x', which is no number"),
        ("p1,1,-5,0,0,,LS,S,1,2,1", "memory_mib is -5: it must be 0 to 33554432"),
        ("p1,1,5,0,0,,LS,S,,2,1", "creation_time is empty"),
        ("p1,1,5,0,0,,LS,S,1,2", "the row has 10 fields instead of 11"),
        ('p1,1,5,0,0,"x,LS,S,1,2,1', "the row has 6 fields instead of 11"),
    ],
)
def test_a_malformed_row_is_named_by_file_line_and_field(row: str, fault: str, tmp_path: Path) -> None:
    good = "p0,1,5,0,0,,LS,S,1,2,1"
    file = write(tmp_path, good, "", row, good)
    with pytest.raises(TraceError, match=rf"pods\.csv:4: {fault}; correct the row"):
        vmenv.read_trace(file, "alibaba_gpu2023")
    _, report = read_trace_with_report(file, "alibaba_gpu2023", skip_bad_rows=True)
    assert (report.num_rows, report.num_bad_rows) == (3, 1)


def test_another_table_is_refused_by_its_header(tmp_path: Path) -> None:
    file = tmp_path / "x.csv"
    file.write_text("a,b\n1,2\n")
    with pytest.raises(TraceError, match=r"x\.csv:1: the header has no column 'cpu_milli': it has a, b; give a file of this format"):
        vmenv.read_trace(file, "alibaba_gpu2023")


@needs("alibaba_gpu_v2023")
def test_the_published_pods() -> None:
    work, report = read_trace_with_report(PUBLISHED / "alibaba_gpu_v2023/dev/openb_pod_list_default.csv", "alibaba_gpu2023")
    assert (report.num_rows, work.num_vms, report.num_off_rows, report.num_bad_rows) == (4_076, 3_708, 368, 0)
    assert report.oddities["pods that were never scheduled"] == 368
    assert report.oddities["pods without memory"] == (work.memory_mib == 0).sum() == 1
    assert report.oddities["pods that were there at the end, so that they may have run on"] == 22
