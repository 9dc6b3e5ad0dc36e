"""Every metric on runs that are small enough to be worked out by hand."""

from __future__ import annotations

import re
from pathlib import Path

import numpy as np
import pytest

from vmenv.dispatch.metric import METRICS
from vmenv.dispatch.simulation import simulate
from vmenv.host import columns as c
from vmenv.host.spec import Host
from vmenv.workload import Workload

S = 1_000_000

# One slot, so that VMs come one after the other, each at a switch of 5 us: VM 0 (3 times the weight, 40 us) from 0 to 45, VM 1 (20 us)
# arrives at 10 and waits until 45, VM 2 (1 us, a tenth of a pCPU, 4 times the weight) arrives at 50, waits until 70 and is done at 76.
# Responses are 45, 60 and 26, alone it would be 45, 25 and 6. VM 0 has 50 us and VM 2 has 11.
IN_TURN = {
    "makespan_us": 76,
    "cpu_utilization": (40 + 20 + 0.1) / 76,
    "cpu_overhead": (5 + 5 + 0.5) / 76,
    "num_switches": 3,
    "paged_in_mib": 0,
    "mean_response_us": (45 + 60 + 26) / 3,
    "weighted_response_us": (3 * 45 + 60 + 4 * 26) / 3,
    "p99_response_us": 45 + 0.98 * 15,  # at 1.98 of the places 0, 1 and 2
    "mean_wait_us": (0 + 35 + 20) / 3,
    "p99_wait_us": 20 + 0.98 * 15,
    "longest_wait_us": 35,
    "admission_wait_us": (0 + 35 + 20) / 3,
    "num_unfinished": 0,
    "mean_slowdown": (1 + 60 / 25 + 26 / 6) / 3,
    "p99_slowdown": 60 / 25 + 0.98 * (26 / 6 - 60 / 25),
    "jain": (1 + 25 / 60 + 6 / 26) ** 2 / (3 * (1 + (25 / 60) ** 2 + (6 / 26) ** 2)),
    "slo_miss_fraction": 1 / 2,
    "weighted_tardiness_us": 4 * 15 / 3,
    "slowdown_and_lateness": (1 + 60 / 25 + 26 / 6) / 3,
    "bounded_slowdown": 1,
    "mean_slowdown_10s": (45 + 60 + 26) / 3e7,
    "missed_snapshots": 0,
    "copy_on_write_us": 0,
    "contended_fraction": 0,
}


def test_one_after_the_other() -> None:
    work = Workload.from_arrays([0, 10, 50], [40, 20, 1], cpu_millicores=[1000, 1000, 100], weight=[3, 1, 4], slo_us=[50, 0, 11])
    run = simulate(Host(quantum_us=30, switch_us=5), work, "fcfs", num_slots=1)
    assert run.completion_us.tolist() == [45, 70, 76]
    metrics = run.metrics()
    assert {name: metrics[name] for name in IN_TURN} == pytest.approx(IN_TURN, rel=1e-12)


def test_who_is_not_done_counts_until_the_run_ends() -> None:
    """As above, cut at 60: VM 1 has run since 45, and VM 2 has waited since 50. VM 3 does not come any more."""
    work = Workload.from_arrays([0, 10, 50, 60 * S], [40, 20, 1, 1], cpu_millicores=[1000, 1000, 100, 1000])
    metrics = simulate(Host(quantum_us=30, switch_us=5), work, "fcfs", num_slots=1, horizon_us=60).metrics()
    expected = {
        "makespan_us": 60,
        "mean_response_us": (45 + 50 + 10) / 3,
        "mean_slowdown": (1 + 50 / 25 + 10 / 6) / 3,
        "admission_wait_us": (0 + 35 + 10) / 3,
        "mean_wait_us": (0 + 35 + 10) / 3,
        "num_unfinished": 3,
    }
    assert {name: metrics[name] for name in expected} == pytest.approx(expected, rel=1e-12)


def test_who_comes_as_the_run_ends_has_come() -> None:
    """At 50, when it is cut, with a response of 0; one that comes a microsecond later has not."""
    work = Workload.from_arrays([0, 50, 51], [40, 1, 1])
    metrics = simulate(Host(), work, "fcfs", horizon_us=50).metrics()
    assert (metrics["mean_response_us"], metrics["num_unfinished"]) == (40 / 2, 2)


@pytest.mark.parametrize(("slo_us", "missed"), [(44, 1), (45, 0), (46, 0)])
def test_a_deadline_is_kept_by_who_is_done_at_it(slo_us: int, missed: int) -> None:
    """The VM is done at 45, to the microsecond."""
    run = simulate(Host(switch_us=5), Workload.from_arrays([0], [40], slo_us=[slo_us], weight=[7]), "fcfs")
    assert run.metrics()["slo_miss_fraction"] == missed
    assert run.metrics()["weighted_tardiness_us"] == 7 * missed


def test_very_short_jobs_do_not_dominate() -> None:
    """Alone after one another: 20 s, then 1 s, of which the response is 21 s over the bound of 10 s, then 5 s over 30 s of its own."""
    work = Workload.from_arrays([0, 0, 0], [20 * S, 1 * S, 30 * S])
    metrics = simulate(Host(preempt="none"), work, "fcfs").metrics()
    assert metrics["bounded_slowdown"] == pytest.approx((1 + 21 / 10 + 51 / 30) / 3)


@pytest.mark.parametrize(("slo_us", "missed"), [(100, 1.0), (101, 0.5), (102, 0.0)])
def test_snapshots_that_are_missed(slo_us: int, missed: float) -> None:
    """VM 0 has the CPU until 100. Snapshots of VM 1, which has written nothing, take 1 us each and the whole CPU: they end at 101 and 102.

    A snapshot without a deadline does not count, nor does what is no snapshot, however late.
    """
    work = Workload.from_arrays(
        [0] * 6,
        [100, S, 1, 1, 1, 1],
        cpu_millicores=[1000, 0, 1000, 1000, 1000, 1000],
        disk_kib_s=[0, 0, 1, 1, 1, 0],
        image_mib=[0, 1, 0, 0, 0, 0],
        kind=[c.RUN, c.RUN, c.SNAPSHOT, c.SNAPSHOT, c.SNAPSHOT, c.COMPRESS],
        target=[-1, -1, 1, 1, 1, 1],
        slo_us=[0, 0, slo_us, slo_us, 0, 1],
    )
    run = simulate(Host(preempt="none", quantum_us=2 * S), work, "fcfs")
    assert run.completion_us[:4].tolist() == [100, S, 101, 102]
    assert run.metrics()["missed_snapshots"] == missed
    assert run.metrics()["mean_response_us"] == (100 + S) / 2, "of VMs"


def test_what_neighbours_take() -> None:
    """VM 0 loses 150 us to VM 1, which loses 200: of 1,000 + 1,200 us on the clock (tests/host/test_contention.py)."""
    work = Workload.from_arrays([0, 0], [850, 1000], vm_class=[0, 1], contention=np.array([[400, 150], [200, 500]]))
    run = simulate(Host(cpus=2, preempt="none"), work, "fcfs")
    assert run.metrics()["contended_fraction"] == 350 / (1000 + 1200)


def test_copies_are_summed_over_vms() -> None:
    """Two VMs that write to 100 and 50 MiB while a snapshot of each is being copied pay for what they write to first."""
    work = Workload.from_arrays(
        [0, 0, S, S],
        [10 * S, 10 * S, 1, 1],
        cpu_millicores=[1000, 1000, 100, 100],
        disk_kib_s=[0, 0, 50_000, 50_000],
        image_mib=[400, 400, 0, 0],
        kind=[c.RUN, c.RUN, c.SNAPSHOT, c.SNAPSHOT],
        target=[-1, -1, 0, 1],
        dirty_kib_s=[100_000, 100_000, 0, 0],
        working_set_mib=[100, 50, 0, 0],
    )
    run = simulate(Host(cpus=4, quantum_us=10_000), work, "tsrr")
    assert run.copy_us[0] > 0 < run.copy_us[1]
    assert run.metrics()["copy_on_write_us"] == run.copy_us[0] + run.copy_us[1] == run.overhead_us.sum()


def test_no_metric_is_without_a_value_by_hand() -> None:
    """A new one enters a test of this folder by its name."""
    text = "".join(file.read_text() for file in Path(__file__).parent.glob("test_*.py"))
    assert [name for name in METRICS.names() if not re.search(rf'"{name}"', text)] == []
