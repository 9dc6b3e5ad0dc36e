"""Any table: columns and units by options, samples or jobs."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

import vmenv
from tests.workload.traces.bitbrains import S, phases
from vmenv.errors import SpecError, TraceError
from vmenv.workload.trace import read_trace_with_report

ROWS = ("h,a,0,50,1,1000,24,1", "h,b,0,100,2,0,0,0", "g,a,0,1,1,1,1,1", "h,a,60000,25,1,0,0,0", "h,a,60000,9,9,9,9,9", "")
SAMPLES = "\n".join(["host,id,t,cpu,mem,read,write,in", *ROWS])
NAMED: dict[str, Any] = {"vm": "host+id", "time": "t", "time_unit": "ms", "cpu": "cpu", "cpu_unit": "percent", "cores": 4, "memory": "mem"}
NAMED |= {"memory_unit": "GiB", "disk": "read+write", "disk_unit": "KB/s", "net": "in", "net_unit": "MiB/s"}


def write(folder: Path, text: str) -> Path:
    file = folder / "table.csv"
    file.write_text(text)
    return file


def test_samples_with_units(tmp_path: Path) -> None:
    work, report = read_trace_with_report(write(tmp_path, SAMPLES), "csv", **NAMED)
    assert work.num_vms == 3
    assert phases(work, 0) == [(60 * S, 2000, 1024, 1000, 1024), (600 * S, 1000, 1024, 0, 0)]
    assert phases(work, 1) == [(600 * S, 4000, 2048, 0, 0)]
    assert phases(work, 2) == [(600 * S, 40, 1024, 2, 1024)]
    assert (report.num_rows, report.num_repeated_rows, report.first_s, report.last_s) == (5, 1, 0, 60)


def test_samples_are_a_day_unless_more_is_asked_for(tmp_path: Path) -> None:
    file = write(tmp_path, "vm,t\n" + "".join(f"a,{3600 * k}\n" for k in range(48)))
    named = {"vm": "vm", "time": "t", "max_gap_s": 3600}
    assert vmenv.read_trace(file, "csv", **named).size_us.tolist() == [86_400 * S]
    assert vmenv.read_trace(file, "csv", **named, duration_s=2**31 - 1).size_us.tolist() == [2 * 86_400 * S]
    part = vmenv.read_trace(file, "csv", **named, start_s=1800, duration_s=7200)
    assert (part.arrival_us.tolist(), part.size_us.tolist()) == ([1800 * S], [5400 * S])


@pytest.mark.parametrize(("named", "rows"), [({"end": "x"}, "b,5,8\na,1,2.5\nc,9,9\n"), ({"duration": "x"}, "b,5,3\na,1,1.5\nc,9,0\n")])
def test_jobs_with_a_duration_or_an_end(named: dict[str, str], rows: str, tmp_path: Path) -> None:
    file = write(tmp_path, rows)
    work, report = read_trace_with_report(file, "csv", columns="id,t,x", arrival="t", time_unit="min", cores=3, memory_mib=7, **named)
    assert (work.arrival_us.tolist(), work.work_us.tolist()) == ([240 * S, 0], [180 * S, 90 * S])
    assert (work.cpu_millicores.tolist(), work.memory_mib.tolist(), report.num_off_rows) == ([3000] * 2, [7] * 2, 1)
    assert vmenv.read_trace(file, "csv", columns="id,t,x", arrival="t", start_s=4, duration_s=4, **named).num_vms == 1


def test_dates_and_the_notation_of_another_country(tmp_path: Path) -> None:
    file = write(tmp_path, 'vm;t;cpu\n"a";"12.08.2013 13:40:46";"1,5"\na;12.08.2013 13:41:46;0,25\n')
    options = {"vm": "vm", "time": "t", "time_format": "%d.%m.%Y %H:%M:%S", "cpu": "cpu", "separator": ";", "decimal": ","}
    work, report = read_trace_with_report(file, "csv", **options)
    assert phases(work) == [(60 * S, 1500, 0, 0, 0), (600 * S, 250, 0, 0, 0)]
    assert report.first_s == 1_376_314_846


WRONG: list[tuple[dict[str, Any], str]] = [
    ({}, "give time=column, of samples, or arrival=column"),
    ({"time": "t", "arrival": "t"}, "give time=column, of samples, or arrival=column"),
    ({"time": "t"}, "whose a sample is: give vm=column"),
    ({"arrival": "t"}, "how long a job stayed: give duration=column or end=column"),
    ({"arrival": "t", "duration": "d", "time_unit": "sec"}, "time_unit is 'sec': .*there are: .*ms"),
    ({"arrival": "t", "duration": "d", "cpu_unit": "core"}, "cpu_unit is 'core': did you mean 'cores'"),
    ({"arrival": "t", "duration": "d", "separator": ";;"}, "separator is ';;': give one sign"),
    ({"arrival": "t", "duration": "d", "columns": "a,b"}, "columns has no 't', which another option names"),
    ({"arrival": 3, "duration": "d"}, "arrival is 3: give the name of a column"),
]


@pytest.mark.parametrize(("options", "fault"), WRONG)
def test_options_are_checked(options: dict[str, Any], fault: str, tmp_path: Path) -> None:
    with pytest.raises(SpecError, match=fault):
        vmenv.read_trace(write(tmp_path, SAMPLES), "csv", **options)


def test_faults_of_the_table(tmp_path: Path) -> None:
    file = write(tmp_path, SAMPLES)
    with pytest.raises(TraceError, match=r"table\.csv:1: the header has no column 'CPU': it has host, id, t"):
        vmenv.read_trace(file, "csv", **(NAMED | {"cpu": "CPU"}))
    with pytest.raises(TraceError, match="a demand is negative or above 2147483647: check the units"):
        vmenv.read_trace(write(tmp_path, "vm,t,cpu\na,0,1e12\n"), "csv", vm="vm", time="t", cpu="cpu")


def test_replay_asks_for_what_is_missing_when_it_is_made(tmp_path: Path) -> None:
    file = write(tmp_path, SAMPLES)
    with pytest.raises(SpecError, match="give time=column"):
        vmenv.make_scenario("replay", path=str(file), format="csv")
    assert vmenv.make_scenario("replay", path=str(file), format="csv", options=NAMED, start_s=0).episode(0).num_vms == 3
