"""The readers of Alibaba 2018 and Google 2019, whose sizes are shares of the largest machine's."""

from __future__ import annotations

from pathlib import Path

import pytest

import vmenv
from tests.workload.traces.bitbrains import S, phases
from vmenv.errors import SpecError, TraceError
from vmenv.workload.trace import read_trace_with_report

META = "c1,m,0,a,started,400,800,50\nc1,m,9,a,started,800,800,100\nc2,m,0,a,started,100,100,\n"
ROWS_USED = ("c1,m,10,50,10,1.1,,,0,0,-1", "c2,m,10,100,5,,,,,,101", "c1,m,20,25,,1.1,,,0,0,5", "c3,m,20,7,7,,,,,,")
USAGE = "\n".join([*ROWS_USED, "c1,m,30,101,7,,,,,,", "c1,m,40,-1,7,,,,,,", ""])


def alibaba(folder: Path, meta: str = META, usage: str = USAGE) -> Path:
    (folder / "container_meta.csv").write_text(meta)
    (folder / "container_usage.csv").write_text(usage)
    return folder


def test_containers_use_shares_of_what_they_asked_for_first(tmp_path: Path) -> None:
    work, report = read_trace_with_report(alibaba(tmp_path), "alibaba2018", machine_memory_mib=1000, max_gap_s=10)
    assert phases(work, 0) == [(10 * S, 2000, 50, 0, 0), (10 * S, 1000, 0, 0, 0)]
    assert phases(work, 1) == [(10 * S, 1000, 0, 0, 0)]
    assert phases(work, 2) == [(10 * S, 70, 0, 0, 0)]  # nobody knows it: one core
    assert (report.num_rows, report.first_s, report.last_s) == (9, 10, 40)
    assert report.oddities == {"samples of VMs whose size is not told, or without a value, left out": 2}


def test_faults_of_alibaba(tmp_path: Path) -> None:
    with pytest.raises(TraceError, match=r"container_usage\.csv:2: cpu_util_percent is 'x'"):
        vmenv.read_trace(alibaba(tmp_path, usage=USAGE.replace("10,100,5", "10,x,5")), "alibaba2018")
    with pytest.raises(TraceError, match=r"container_usage\.csv:1: the row has 8 fields instead of 11"):
        vmenv.read_trace(alibaba(tmp_path, usage=META.replace("started", "5").replace("400", "x")), "alibaba2018")
    (tmp_path / "container_usage.csv").unlink()
    with pytest.raises(TraceError, match=r"give one container_meta\.csv and files of usage, not 1 of the first and 0 of others"):
        vmenv.read_trace(tmp_path, "alibaba2018")
    with pytest.raises(SpecError, match=r"give options=\{'machine_memory_mib': \.\.\.\}"):
        vmenv.make_scenario("replay", path=str(tmp_path), format="alibaba2018")


HEADER = "start_time,end_time,collection_id,instance_index,cpus,memory\n"
ROWS = "600000000,900000000,7,0,0.5,0.25\n600000000,600500000,7,1,0.01,0\n900000000,1200000000,7,0,0.5,0.25\n"


def google(folder: Path, rows: str = ROWS) -> Path:
    (folder / "usage.csv").write_text(HEADER + rows)
    return folder / "usage.csv"


def test_instances_use_shares_of_the_largest_machine_until_the_row_ends(tmp_path: Path) -> None:
    work, report = read_trace_with_report(google(tmp_path), "google2019", machine_cores=10, machine_memory_mib=1000)
    assert phases(work, 0) == [(600 * S, 5000, 250, 0, 0)]
    assert phases(work, 1) == [(S // 2, 100, 0, 0, 0)]
    assert (report.first_s, report.last_s) == (600, 900)
    assert vmenv.read_trace(google(tmp_path), "google2019").cpu_millicores.tolist() == [500, 10]


def test_faults_of_google(tmp_path: Path) -> None:
    with pytest.raises(TraceError, match=r"usage\.csv:3: end_time is empty"):
        vmenv.read_trace(google(tmp_path, ROWS.replace("600500000", "")), "google2019")
    with pytest.raises(TraceError, match="has no sample of a VM: give a file with some"):
        vmenv.read_trace(google(tmp_path, ""), "google2019")
    with pytest.raises(SpecError, match=r"give options=\{'machine_cores': \.\.\., 'machine_memory_mib': \.\.\.\}"):
        vmenv.make_scenario("replay", path=str(tmp_path), format="google2019")
