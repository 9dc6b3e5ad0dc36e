"""The readers of PlanetLab and of Google 2011: rows without timestamps, percents of what the options say."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

import vmenv
from tests.workload.traces.bitbrains import S, phases
from tests.workload.traces.published import PUBLISHED, needs
from vmenv.errors import SpecError, TraceError
from vmenv.workload.trace import read_trace_with_report


def planetlab(path: Any, **options: Any) -> Any:
    return read_trace_with_report(path, "planetlab", **options)


def test_percents_become_millicores_of_the_cores_that_are_said(tmp_path: Path) -> None:
    file = tmp_path / "host_slice"
    file.write_text("6\n6\n0\n99\n")
    work, report = planetlab(file, cores=2, memory_mib=700)
    assert phases(work) == [(600 * S, 120, 700, 0, 0), (300 * S, 0, 700, 0, 0), (300 * S, 1980, 700, 0, 0)]
    assert (report.num_rows, report.first_s, report.last_s, dict(report.oddities)) == (4, 0, 900, {})
    assert phases(planetlab(file)[0])[0] == (600 * S, 60, 0, 0, 0)  # a memory that nobody knows is none


def test_both_percents_of_google_are_rounded_up_and_memory_may_be_above_all_of_it(tmp_path: Path) -> None:
    file = tmp_path / "vm_1_2"
    file.write_text("41.6441 100.5\n0.0 0.0\n")
    work, report = read_trace_with_report(file, "google2011", memory_mib=1000, interval_s=10)
    assert phases(work) == [(10 * S, 417, 1005, 0, 0), (10 * S, 0, 0, 0, 0)]
    assert report.oddities == {"memory utilisation above 100 %": 1}


def test_a_row_that_is_skipped_leaves_its_time_empty(tmp_path: Path) -> None:
    file = tmp_path / "host_slice"
    file.write_text("5\nx\n\n7\n")
    work, report = planetlab(file, skip_bad_rows=True, max_gap_s=300)
    assert phases(work) == [(300 * S, 50, 0, 0, 0), (300 * S, 70, 0, 0, 0)]
    assert (report.num_rows, report.num_bad_rows, report.last_s) == (3, 1, 600)
    assert report.oddities == {"gaps of more than 300 s": 1, "seconds in the longest gap": 600}


BROKEN = {
    "x": "CPU utilisation is 'x', which is no number",
    "101": "CPU utilisation is 101: it must be 0 to 100 %",
    "-1": "is -1: it must be",
}
BROKEN |= {"nan": "is nan: it must be", "5 6": r"the row has 2 fields instead of 1 \(CPU utilisation\)"}


@pytest.mark.parametrize("broken", BROKEN)
def test_a_malformed_row_is_named_by_file_line_and_field(broken: str, tmp_path: Path) -> None:
    file = tmp_path / "host_slice"
    file.write_text(f"5\n\n{broken}\n7\n")
    with pytest.raises(TraceError, match=rf"host_slice:3: .*{BROKEN[broken]}.*skip_bad_rows=True"):
        planetlab(file)


@pytest.mark.parametrize("wrong", [{"cores": 0}, {"memory_mib": -1}, {"interval_s": 0}, {"memory_mib": 1.5}])
def test_options_are_checked(wrong: dict[str, Any], tmp_path: Path) -> None:
    with pytest.raises(SpecError, match=f"{next(iter(wrong))} is .*: give a whole number"):
        planetlab(tmp_path, **wrong)


@pytest.mark.parametrize("format", ["planetlab", "google2011"])
def test_who_plays_it_must_say_the_memory(format: str, tmp_path: Path) -> None:
    (tmp_path / "vm_1_1").write_text("5\n9\n" if format == "planetlab" else "5 9\n9 5\n")
    with pytest.raises(SpecError, match=r"does not tell all that a host must know: give options=\{'memory_mib': \.\.\.\} \(memory_mib is "):
        vmenv.make_scenario("replay", path=str(tmp_path), format=format)
    scenario = vmenv.make_scenario("replay", path=str(tmp_path), format=format, options={"memory_mib": 100}, start_s=0)
    assert scenario.episode(0).memory_mib.max() == {"planetlab": 100, "google2011": 9}[format]
    with pytest.raises(SpecError, match="has no parameter 'memory': did you mean 'memory_mib'"):
        vmenv.make_scenario("replay", path=str(tmp_path), format=format, options={"memory": 100})
    with pytest.raises(SpecError, match="options has 'start_s', which the scenario itself decides"):
        vmenv.make_scenario("replay", path=str(tmp_path), format=format, options={"start_s": 100, "memory_mib": 1})
    with pytest.raises(SpecError, match="options is 'x': give a dict"):
        vmenv.make_scenario("replay", path=str(tmp_path), format=format, options="x")


@needs("planetlab")
def test_the_published_days_have_288_whole_percents_each() -> None:
    days = sorted((PUBLISHED / "planetlab" / "dev").iterdir())
    work, report = planetlab(days, memory_mib=1)
    assert (work.num_vms, report.num_rows, report.num_bad_rows) == (1_000, 288_000, 0)
    assert work.size_us.tolist() == [86_400 * S] * 1_000
    assert work.cpu_millicores.max() == 990
    assert not (work.cpu_millicores % 10).any()


@needs("google2011_hipro")
def test_the_published_files_of_google_have_memory_above_100_percent() -> None:
    work, report = read_trace_with_report(PUBLISHED / "google2011_hipro" / "dev", "google2011", memory_mib=100_000)
    assert (work.num_vms, report.num_rows) == (90, 25_920)
    assert report.oddities["memory utilisation above 100 %"] == 105
    assert work.memory_mib.max() > 100_000
    assert work.cpu_millicores.min() > 0  # whoever made it left idle VMs out
