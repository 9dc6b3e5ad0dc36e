"""The reader of Huawei-East-1: rows of creations and deletions, which belong together by the VM's number."""

from __future__ import annotations

from pathlib import Path

import pytest

import vmenv
from tests.workload.traces.bitbrains import S
from vmenv.errors import TraceError
from vmenv.workload.trace import read_trace_with_report

HEADER = "vmid,cpu,memory,time,type\n"


def write(folder: Path, *rows: str) -> Path:
    file = folder / "Huawei-East-1.csv"
    file.write_text(HEADER + "\n".join(rows) + "\n")
    return file


def test_a_creation_and_its_deletion_are_a_vm(tmp_path: Path) -> None:
    file = write(tmp_path, "1,2,4,10,0", "2,1,1,20,0", "1,2,4,50,1", "1,8,16,60,0", "3,1,1,80,1")
    work, report = read_trace_with_report(file, "huawei_east")
    assert work.arrival_us.tolist() == [0, 10 * S, 50 * S]
    assert work.work_us.tolist() == [40 * S, 60 * S, 20 * S]
    assert (work.cpu_millicores.tolist(), work.memory_mib.tolist()) == ([2000, 1000, 8000], [4096, 1024, 16_384])
    assert (report.num_rows, report.num_part_rows) == (5, 1)
    assert report.oddities == {
        "VMs that were never deleted, so that they may have lived on": 2,
        "creations of what was there, or deletions of what was not": 1,
    }


def test_rows_may_stand_in_any_order(tmp_path: Path) -> None:
    work = vmenv.read_trace(write(tmp_path, "1,2,4,50,1", "1,2,4,10,0"), "huawei_east")
    assert work.work_us.tolist() == [40 * S]


def test_faults(tmp_path: Path) -> None:
    with pytest.raises(TraceError, match=r"East-1\.csv:3: type is 2: it must be 0 to 1"):
        vmenv.read_trace(write(tmp_path, "1,2,4,50,1", "1,2,4,10,2"), "huawei_east")
    with pytest.raises(TraceError, match="holds no VM that lived for any time"):
        vmenv.read_trace(write(tmp_path, "1,2,4,50,1"), "huawei_east")
