"""The reader of Azure's trace for packing, on databases written from the published schema."""

from __future__ import annotations

import contextlib
import sqlite3
from pathlib import Path
from typing import Any

import pytest

import vmenv
from tests.workload.traces.bitbrains import S
from tests.workload.traces.written import write_azure_packing2020
from vmenv.errors import SpecError, TraceError
from vmenv.workload.trace import read_trace_with_report

DAY = 86_400 * S
SIZE = {"machine_cores": 40, "machine_memory_mib": 1000}


def write(folder: Path, *vms: tuple[Any, ...]) -> Path:
    file = write_azure_packing2020(folder, 0)
    with contextlib.closing(sqlite3.connect(file)) as database, database:
        database.executemany("INSERT INTO vm VALUES (?, ?, ?, ?, ?, ?)", vms)
    return file


def test_requests_become_vms(tmp_path: Path) -> None:
    file = write(tmp_path, (1, 55, 7, 0, -1.5, 0.5), (2, 55, 8, 1, 0.25, None), (3, 66, 7, 1, 1, 1))
    work, report = read_trace_with_report(file, "azure_packing2020", **SIZE)
    assert work.arrival_us.tolist() == [0, 1.75 * DAY]
    assert work.work_us.tolist() == [2 * DAY, 89.75 * DAY]
    assert (work.cpu_millicores.tolist(), work.memory_mib.tolist()) == ([20_000, 40_000], [250, 1000])
    assert (work.priority.tolist(), work.tenant.tolist()) == ([1, 0], [0, 0])
    assert (report.start_s, report.first_s, report.last_s, report.num_rows, report.num_off_rows) == (-129_600, -129_600, 86_400, 3, 1)
    assert report.oddities == {
        "VMs that were there before the recording began": 1,
        "VMs without an end, taken to end after 90 days": 1,
    }
    assert vmenv.read_trace(file, "azure_packing2020", start_s=0, **SIZE).num_vms == 1


def test_a_type_of_machine_may_be_chosen(tmp_path: Path) -> None:
    file = write(tmp_path, (1, 55, 7, 0, 0, 1), (2, 55, 8, 1, 0, 1))
    work, report = read_trace_with_report(file, "azure_packing2020", machine_id=2, **SIZE)
    assert (work.cpu_millicores.tolist(), report.num_off_rows) == ([10_000], 1)
    assert report.oddities == {"VMs of types that the machine does not run": 1}
    with pytest.raises(TraceError, match="no VM that lived on such a machine: give another machine_id or file"):
        vmenv.read_trace(file, "azure_packing2020", machine_id=9)
    with pytest.raises(SpecError, match="machine_cores is 0: give a whole number"):
        vmenv.read_trace(file, "azure_packing2020", machine_cores=0)


FAULTS = {
    (2, 5, 7, 3, 0, 1): "priority is 3: it must be 0 or 1",
    (2, 5, 7, 0, None, 1): "starttime is None: it must be a number of days",
    (2, 5, 7, 0, 0, "x"): "endtime is 'x': it must be a number of days",
    (2, 5, 7, 0, 1e9, None): "starttime is 1000000000.0: it must be",
}


@pytest.mark.parametrize("row", FAULTS)
def test_a_malformed_row_is_named(row: tuple[Any, ...], tmp_path: Path) -> None:
    file = write(tmp_path, (1, 55, 7, 0, 0, 1), row)
    with pytest.raises(TraceError, match=rf"v1\.sqlite: table vm, row 2: {FAULTS[row]}"):
        vmenv.read_trace(file, "azure_packing2020")
    _, report = read_trace_with_report(file, "azure_packing2020", skip_bad_rows=True)
    assert (report.num_rows, report.num_bad_rows) == (2, 1)


def test_other_files(tmp_path: Path) -> None:
    with pytest.raises(TraceError, match="holds no request for a VM"):
        vmenv.read_trace(write(tmp_path), "azure_packing2020")
    (tmp_path / "x.sqlite").write_bytes(b"SQLite format 3\0 and nothing else")
    with pytest.raises(TraceError, match=r"x\.sqlite: cannot be read .*: give the trace's SQLite file"):
        vmenv.read_trace(tmp_path / "x.sqlite", "azure_packing2020")


def test_who_plays_it_must_say_how_large_a_machine_is(tmp_path: Path) -> None:
    file = write_azure_packing2020(tmp_path)
    with pytest.raises(SpecError, match=r"give options=\{'machine_cores': \.\.\., 'machine_memory_mib': \.\.\.\}"):
        vmenv.make_scenario("replay", path=str(file), format="azure_packing2020")
    scenario = vmenv.make_scenario("replay", path=str(file), format="azure_packing2020", options=SIZE, start_s=0)
    assert scenario.episode(0).num_vms == 20
