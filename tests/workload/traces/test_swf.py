"""The SWF reader: its traps on small logs, and the real logs where they are present."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

import vmenv
import vmenv.workload.lines
from vmenv.errors import SpecError, TraceError
from vmenv.workload.trace import read_trace_with_report

LOGS = Path(__file__).parents[4] / "shared/traces/swf/dev"
real = pytest.mark.skipif(not LOGS.is_dir(), reason="the SWF samples are not on this machine")


def job(
    number: int,
    submit: float,
    run: float,
    allocated: float = 4,
    requested: float = 4,
    requested_time: float = 60,
    user: int = 7,
    status: int = 1,
) -> str:
    return f"{number} {submit} -1 {run} {allocated} -1 -1 {requested} {requested_time} -1 {status} {user} 1 -1 1 -1 -1 -1"


def write(folder: Path, *rows: str) -> Path:
    path = folder / "log.swf"
    path.write_text("; Version: 2.2\n;   comment\n" + "\n".join(rows) + "\n")
    return path


def test_jobs_become_vms(tmp_path: Path) -> None:
    path = write(
        tmp_path, job(1, 100, 30), job(2, 105, 90, requested_time=60), job(3, 110, 5, allocated=-1, requested=2, requested_time=-1, user=-1)
    )
    work = vmenv.read_trace(path, "swf")
    assert work.arrival_us.tolist() == [0, 5_000_000, 10_000_000]
    assert work.work_us.tolist() == [30_000_000, 90_000_000, 5_000_000]
    assert work.cpu_millicores.tolist() == [4000, 4000, 2000]
    assert work.estimate_us.tolist() == [60_000_000, 60_000_000, 5_000_000]
    assert vmenv.read_trace(path, "swf", requested_time="given").estimate_us.tolist() == [60_000_000, 60_000_000, 0]
    assert work.tenant.tolist() == [7, 7, 0]


def test_times_of_the_log_and_the_larger_of_two_numbers_of_processors(tmp_path: Path) -> None:
    path = write(tmp_path, job(1, 100, 30, allocated=2, requested=3), job(2, 105, 9, allocated=3, requested=-1), job(3, 110, 5, -1, 2))
    work = vmenv.read_trace(path, "swf", rebase=False, first_job=1)
    assert work.arrival_us.tolist() == [105_000_000, 110_000_000]
    assert vmenv.read_trace(path, "swf").cpu_millicores.tolist() == [2000, 3000, 2000]
    assert vmenv.read_trace(path, "swf", processors="larger").cpu_millicores.tolist() == [3000, 3000, 2000]


@pytest.mark.parametrize("wrong", [{"processors": "all"}, {"requested_time": "exact"}, {"rebase": 1}])
def test_options_that_are_none(tmp_path: Path, wrong: dict[str, Any]) -> None:
    with pytest.raises(SpecError, match=next(iter(wrong))):
        vmenv.read_trace(write(tmp_path, job(1, 0, 1)), "swf", **wrong)


def test_jobs_that_did_not_run_are_left_out_and_counted(tmp_path: Path) -> None:
    path = write(tmp_path, job(1, 0, 0), job(2, 1, -1), job(3, 2, 9, allocated=-1, requested=-1), job(4, 3, 9))
    work, report = read_trace_with_report(path, "swf")
    assert work.num_vms == 1
    assert report.num_off_rows == 3


def test_parts_of_jobs_are_left_out_and_counted(tmp_path: Path) -> None:
    """A job that was checkpointed has a row of the whole, and rows of its parts, of which only the first has a submit time."""
    parts = job(1, 0, 4, status=2), job(1, -1, 5, status=2), job(1, -1, 1, status=3), job(2, 5, 3, status=4)
    path = write(tmp_path, job(1, 0, 10), *parts, job(2, 5, 3, status=0), "1 2 3", job(3, 6, 0))
    work, report = read_trace_with_report(path, "swf", skip_bad_rows=True)
    assert work.work_us.tolist() == [10_000_000, 3_000_000]
    assert (report.num_rows, report.num_part_rows, report.num_bad_rows, report.num_off_rows) == (8, 4, 1, 1)
    with pytest.raises(TraceError, match="holds no job, only 4 parts of jobs and 0 malformed rows"):
        vmenv.read_trace(write(tmp_path, *parts), "swf")


def test_work_rounds_up_and_a_request_beyond_all_bounds_is_none(tmp_path: Path) -> None:
    path = write(tmp_path, job(1, 0, 4e-7, requested_time=257698037700), job(2, 0, 1, requested_time=0))
    work = vmenv.read_trace(path, "swf", requested_time="given")
    assert work.work_us.tolist() == [1, 1_000_000]
    assert work.estimate_us.tolist() == [0, 0]
    assert vmenv.read_trace(path, "swf").estimate_us.tolist() == [1, 1_000_000]


def test_the_greatest_numbers_can_be_held(tmp_path: Path) -> None:
    greatest = 2**53 // 1_000_000
    path = write(tmp_path, job(1, greatest, greatest, allocated=2_147_483, requested_time=greatest, user=2**31 - 1), job(2, 0, 1))
    work = vmenv.read_trace(path, "swf")
    assert work.work_us[0] == work.arrival_us[0] == work.estimate_us[0] == greatest * 1_000_000
    assert (work.cpu_millicores[0], work.tenant[0]) == (2_147_483_000, 2**31 - 1)


def test_a_part_of_the_log(tmp_path: Path) -> None:
    path = write(tmp_path, *(job(k, 10 * k, 5 + k) for k in range(6)))
    work = vmenv.read_trace(path, "swf", first_job=2, num_jobs=3)
    assert work.work_us.tolist() == [7_000_000, 8_000_000, 9_000_000]
    assert work.arrival_us[0] == 0
    with pytest.raises(TraceError, match="has 6 jobs that ran: give a first_job below that"):
        vmenv.read_trace(path, "swf", first_job=6)


BROKEN = {
    "1 2 3": "the row has 3 fields instead of 18",
    job(1, 0, 5).replace("60", "sixty"): "a field is no number",
    job(1, -5, 5): "field 2, the submit time, is -5, and cannot be missing",
    job(1, 1e11, 5): "field 2, the submit time, is 1e",
    job(1, 0, 1e13): "field 4, the run time, is 1e",
    job(1, 0, 5, allocated=1e-4): "field 5, the number of processors, is 0.0001, less than a thousandth",
    job(1, 0, 5, allocated=-1, requested=1e9): "field 8, the number of requested processors, is 1e",
    job(1, 0, 5, user=3735928559): "field 12, the user, is 3.73593e",
    job(1, 0, 5).replace("60", "inf"): "a number is not finite",
}


@pytest.mark.parametrize(("row", "fault"), BROKEN.items())
def test_broken_rows(row: str, fault: str, tmp_path: Path) -> None:
    path = write(tmp_path, job(1, 0, 5), row)
    with pytest.raises(TraceError, match=rf"log\.swf:4: .*{fault}"):
        vmenv.read_trace(path, "swf")
    with pytest.warns(UserWarning, match="skipped 1 malformed rows of 2"):
        assert vmenv.read_trace(path, "swf", skip_bad_rows=True).num_vms == 1


def test_a_log_of_jobs_that_did_not_run(tmp_path: Path) -> None:
    with pytest.raises(TraceError, match="holds no job that ran, only 2 without processors or run time: give another log"):
        vmenv.read_trace(write(tmp_path, job(1, 0, 0), job(2, 5, -1)), "swf")


def test_the_first_fault_is_named_wherever_it_stands(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A log in pieces of a row or two, with a fault in two of them."""
    monkeypatch.setattr(vmenv.workload.lines, "PIECE_BYTES", 100)
    rows = [*(job(k, 10 * k, 5) for k in range(20)), job(20, 200, -3, user=2**40), "; comment", "1 2 3"]
    path = write(tmp_path, *rows)
    with pytest.raises(TraceError, match=r"log\.swf:23: field 12, the user"):
        vmenv.read_trace(path, "swf")
    _, report = read_trace_with_report(path, "swf", skip_bad_rows=True)
    assert (report.num_rows, report.num_bad_rows, report.first_s, report.last_s) == (22, 2, 0, 190)


def test_values_are_checked(tmp_path: Path) -> None:
    path = write(tmp_path, job(1, 0, 5))
    for options in ({"first_job": -1}, {"num_jobs": 0}, {"skip_bad_rows": "no"}):
        with pytest.raises(SpecError, match=f"{next(iter(options))} is .*: give "):
            vmenv.read_trace(path, "swf", **options)


def test_an_empty_log(tmp_path: Path) -> None:
    with pytest.raises(TraceError, match="holds no job"):
        vmenv.read_trace(write(tmp_path), "swf")


LOG_SIZES = [("NASA-iPSC-1993-3.1-cln.first9119", 128, 2_000), ("RICC-2010-2.first40000", 8192, 300)]


@real
@pytest.mark.parametrize(("name", "cpus", "num_jobs"), LOG_SIZES)
def test_real_logs_are_a_batch_machine(name: str, cpus: int, num_jobs: int) -> None:
    """Rigid jobs on identical pCPUs, no pre-emption: FCFS keeps the order of arrival, EASY is nowhere worse for the first in line."""
    work = vmenv.read_trace(LOGS / f"{name}.swf.gz", "swf", num_jobs=num_jobs)
    host = vmenv.Host(cpus=cpus, preempt="none")
    strict = vmenv.simulate(host, work, vmenv.make_scheduler("fcfs", backfill=False))
    start = strict.completion_us - work.work_us
    assert (np.diff(start[work.arrival_order]) >= 0).all()
    assert (strict.num_grants == 1).all()
    easy = vmenv.simulate(host, work, "easy").metrics()
    assert 1.0 <= easy["bounded_slowdown"] <= strict.metrics()["bounded_slowdown"]
