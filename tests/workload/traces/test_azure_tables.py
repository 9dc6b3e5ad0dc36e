"""The readers of Azure's table of VMs and of its readings, on files written from the published schema."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

import vmenv
from tests.workload.traces.bitbrains import S, phases
from vmenv.errors import SpecError, TraceError
from vmenv.workload.trace import read_trace_with_report

VMS = "v1,s,d1,0,900,99,25.5,80,Unknown,2,4\nv2,s,d2,300,300,0,0,0,Unknown,4,8\nv3,s,d1,300,86400,50,10,40,Interactive,>24,>64\n"


def write(folder: Path, vms: str = VMS, **readings: str) -> Path:
    (folder / "vmtable.csv").write_text(vms)
    for name, text in readings.items():
        (folder / f"vm_cpu_readings-{name}.csv").write_text(text)
    return folder


def test_vms_live_from_creation_to_deletion(tmp_path: Path) -> None:
    work, report = read_trace_with_report(write(tmp_path), "azure_vmtable")
    assert (work.arrival_us.tolist(), work.work_us.tolist()) == ([0, 300 * S], [900 * S, 86_100 * S])
    assert (work.cpu_millicores.tolist(), work.memory_mib.tolist()) == ([2000, 24_000], [4096, 65_536])
    assert work.tenant.tolist() == [0, 0]
    assert (report.num_rows, report.num_off_rows) == (3, 1)
    assert sorted(report.oddities.values()) == [1, 1]


@pytest.mark.parametrize(("cpu", "millicores"), [("avg", [510, 2400]), ("p95", [1600, 9600]), ("max", [1980, 12_000])])
def test_what_they_used_instead_of_what_they_had(cpu: str, millicores: list[int], tmp_path: Path) -> None:
    assert vmenv.read_trace(write(tmp_path), "azure_vmtable", cpu=cpu).cpu_millicores.tolist() == millicores


def test_readings_are_shares_of_the_cores_in_the_table(tmp_path: Path) -> None:
    readings = {"file-1": "0,v1,1,50,10.05\n0,v9,1,1,1\n300,v3,0,100,50\n", "file-2": "300,v1,1,2,1.5\n600,v3,0,0,0\n"}
    work, report = read_trace_with_report(write(tmp_path, **readings), "azure_readings", max_gap_s=300)
    assert phases(work, 0) == [(300 * S, 201, 4096, 0, 0), (300 * S, 30, 4096, 0, 0)]
    assert phases(work, 1) == [(300 * S, 12_000, 65_536, 0, 0), (300 * S, 0, 65_536, 0, 0)]
    assert report.oddities == {"samples of VMs whose size is not told, or without a value, left out": 1}
    assert report.num_rows == 3 + 5
    highest = vmenv.read_trace(tmp_path, "azure_readings", cpu="max", weigh_by_cores=True)
    assert (highest.cpu_millicores[0], highest.weight.tolist()) == (1000, [2, 24])


FAULTS: list[tuple[str, str, dict[str, Any], str]] = [
    ("azure_vmtable", VMS.replace("25.5", "101"), {}, r"vmtable\.csv:1: avgcpu is 101: it must be 0 to"),
    ("azure_vmtable", VMS.replace("300,300", "300"), {}, r"vmtable\.csv:2: the row has 10 fields instead of 11"),
    ("azure_vmtable", VMS.replace(">24", "many"), {}, r"vmtable\.csv: sound row 3: nan cores, memory 64: they must be numbers such as"),
    ("azure_vmtable", "v2,s,d2,300,300,0,0,0,Unknown,4,8\n", {}, "holds no VM that lived, only 1 that were deleted at once"),
    ("azure_readings", VMS, {}, r"give one vmtable\.csv and files of readings, not 1 and 0 of them"),
    ("azure_readings", VMS, {"a": "0,v1,1,2,x\n"}, r"readings-a\.csv:1: avgcpu is 'x', which is no number"),
]


@pytest.mark.parametrize(("format", "vms", "readings", "fault"), FAULTS)
def test_faults(format: str, vms: str, readings: dict[str, str], fault: str, tmp_path: Path) -> None:
    with pytest.raises(TraceError, match=fault):
        vmenv.read_trace(write(tmp_path, vms, **readings), format)


@pytest.mark.parametrize("format", ["azure_vmtable", "azure_readings"])
def test_options_are_checked(format: str, tmp_path: Path) -> None:
    with pytest.raises(SpecError, match="cpu is 'median': "):
        vmenv.read_trace(write(tmp_path), format, cpu="median")
