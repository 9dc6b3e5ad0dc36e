"""Facts about fair shares, deadlines and gangs, each with its source in the scheduler's file."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import stats

from vmenv.dispatch.run import Run
from vmenv.dispatch.scheduler import Scheduler
from vmenv.dispatch.simulation import simulate
from vmenv.episodes.schedulers import make_scheduler
from vmenv.host.spec import Host
from vmenv.workload import Workload

UNIT = 1_000  # microseconds of a quantum


def attained_over_time(run: Run) -> tuple[np.ndarray, np.ndarray]:
    """Returns (T,) instants at which a grant ended and (num_vms, T) the service until then."""
    assert run.grants is not None
    times = np.unique(run.grants["end_us"])
    served = run.grants["end_us"] - run.grants["service_us"]
    service = np.zeros((run.num_vms, len(times)))
    for vm in range(run.num_vms):
        mine = run.grants["vm"] == vm
        service[vm] = [(served * (run.grants["end_us"] <= t))[mine].sum() for t in times]
    return times, service


def lags(weights: list[int], scheduler: str | Scheduler, quanta: int, tick_us: int = UNIT) -> np.ndarray:
    """Returns (num_vms, T) what each VM is behind its share, in UNITs, on one pCPU that all want from 0 on."""
    work = Workload.from_arrays([0] * len(weights), [UNIT * quanta] * len(weights), weight=weights)
    run = simulate(Host(quantum_us=tick_us), work, scheduler, horizon_us=UNIT * quanta, record=True)
    times, service = attained_over_time(run)
    return (np.outer(np.array(weights) / sum(weights), times) - service) / UNIT


TEN_TO_ONE = [10] + [1] * 10


def test_eevdf_bounds_the_lag() -> None:
    """Requests r of at most 1 and ticks q of half of it: lag in (-r, max(r, q)) (Stoica and Abdel-Wahab, theorem 1).

    The tick is half because the first requests are: the theorem is about requests that end when they have been served.
    """
    lag = lags(TEN_TO_ONE, make_scheduler("eevdf", slice_us=UNIT), quanta=400, tick_us=UNIT // 2)
    assert lag.max() < 1.0
    assert lag.min() > -1.0


def test_cfs_lets_the_heavy_vm_fall_behind() -> None:
    """With turns of one quantum all begin at virtual runtime 0: the ten light VMs go before the heavy one's second turn."""
    lag = lags(TEN_TO_ONE, make_scheduler("cfs", latency_us=0, min_granularity_us=0), quanta=400)
    assert lag[0].max() == pytest.approx(4.5, abs=0.51)


@pytest.mark.parametrize("weights", [[1, 1], [3, 2, 1], [7, 1, 5, 2], [1] * 6])
def test_stride_error_of_a_pair_is_below_a_quantum(weights: list[int]) -> None:
    """Of what two VMs have had together, neither is more than a quantum off its share."""
    work = Workload.from_arrays([0] * len(weights), [UNIT * 500] * len(weights), weight=weights)
    run = simulate(Host(quantum_us=UNIT), work, "stride", horizon_us=300 * UNIT, record=True)
    _, service = attained_over_time(run)
    for i in range(len(weights)):
        for j in range(i):
            pair = service[i] + service[j]
            error = service[i] - pair * weights[i] / (weights[i] + weights[j])
            assert np.abs(error).max() < UNIT


def test_a_newcomer_has_no_claim_on_the_past() -> None:
    """Stride, CFS and EEVDF: a VM that comes after 100 quanta shares from there on, where LAS would give it all."""
    work = Workload.from_arrays([0, 0, 100 * UNIT], [UNIT * 500] * 3)
    for name in ("stride", "cfs", "eevdf"):
        run = simulate(Host(quantum_us=UNIT), work, name, horizon_us=190 * UNIT, record=True)
        assert abs(run.attained_us[2] - 30 * UNIT) <= 7 * UNIT, name
    assert simulate(Host(quantum_us=UNIT), work, "las", horizon_us=190 * UNIT).attained_us[2] > 50 * UNIT


@pytest.mark.parametrize("name", ["stride", "cfs", "eevdf"])
def test_shares_on_two_pcpus(name: str) -> None:
    """Weights 256, 512, 1024 on 2 pCPUs, at most one each: the heaviest is cut to 1, the others share the rest as 1 : 2.

    CFS with turns of one tick: here all pCPUs have one queue, and long turns of a VM that should be cut bend the shares.
    """
    scheduler = make_scheduler("cfs", latency_us=0, min_granularity_us=0) if name == "cfs" else make_scheduler(name)
    work = Workload.from_arrays([0] * 3, [UNIT * 10_000] * 3, weight=[256, 512, 1024])
    run = simulate(Host(cpus=2, quantum_us=UNIT), work, scheduler, horizon_us=6_000 * UNIT)
    np.testing.assert_allclose(run.attained_us / (6_000 * UNIT), [1 / 3, 2 / 3, 1], atol=0.005)


def test_lottery_wins_are_binomial() -> None:
    """Weights 3 and 1, 200 draws, 400 runs: wins of the first are binomial(200, .75). Chi-square of the variance, false alarm 1e-4."""
    work = Workload.from_arrays([0, 0], [UNIT * 1_000] * 2, weight=[3, 1])
    wins = np.array(
        [simulate(Host(quantum_us=UNIT), work, "lottery", seed=k, horizon_us=200 * UNIT).attained_us[0] // UNIT for k in range(400)]
    )
    assert abs(wins.mean() - 150) < 4 * np.sqrt(37.5 / 400)
    low, high = stats.chi2.ppf([5e-5, 1 - 5e-5], 399)
    assert low < 399 * wins.var(ddof=1) / 37.5 < high


def test_drf_paper_example() -> None:
    """9 CPUs and 18 GB; A's tasks take <1 CPU, 4 GB>, B's <3 CPUs, 1 GB>: A runs three, B two (Ghodsi et al., section 4.1)."""
    host = Host(cpus=9, memory_mib=18, preempt="none")
    work = Workload.from_arrays([0] * 20, [100] * 20, cpu_millicores=[1000, 3000] * 10, memory_mib=[4, 1] * 10, tenant=[0, 1] * 10)
    run = simulate(host, work, "drf", horizon_us=50)
    started = run.num_grants > 0
    assert [int(started[run.workload.tenant == tenant].sum()) for tenant in (0, 1)] == [3, 2]


def test_memory_may_be_the_dominant_resource() -> None:
    """8 CPUs and 12 MiB; A's tasks take <1, 5>, B's <3, 2>: 5/12 of the memory and 3/8 of the CPU. A and B, then B, and A's no longer fit.

    By CPUs alone A has an eighth and is next, and then no memory is left for B.
    """
    work = Workload.from_arrays([0] * 8, [100] * 8, cpu_millicores=[1000, 3000] * 4, memory_mib=[5, 2] * 4, tenant=[0, 1] * 4)
    run = simulate(Host(cpus=8, memory_mib=12, preempt="none"), work, "drf", horizon_us=50)
    started = run.num_grants > 0
    assert [int(started[run.workload.tenant == tenant].sum()) for tenant in (0, 1)] == [1, 2]


def periodic(order: str) -> Run:
    """Returns two hyperperiods of the tasks (work 2, period 5) and (4, 7), deadlines at the periods' ends; utilisation .9714."""
    jobs = sorted([(k * 5, 2, 5, 1) for k in range(14)] + [(k * 7, 4, 7, 0) for k in range(10)])
    arrival, size, deadline, urgency = (np.array(column) * UNIT for column in zip(*jobs, strict=True))
    work = Workload.from_arrays(arrival, size, slo_us=deadline, priority=urgency // UNIT)
    return simulate(Host(quantum_us=UNIT, preempt="arrival"), work, order)


def test_deadlines() -> None:
    """EDF and LLF miss nothing at utilisation .9714; rate-monotonic priorities do (Liu and Layland)."""
    assert periodic("edf").metrics()["slo_miss_fraction"] == 0.0
    assert periodic("llf").metrics()["slo_miss_fraction"] == 0.0
    assert periodic("tsp").metrics()["slo_miss_fraction"] > 0.0


def test_easy_backfills_without_delaying_the_first() -> None:
    """4 CPUs. VM 0 takes 3 for 10, VM 1 wants 4: its reservation is at 10. VM 2 (1 CPU, 11) would delay it, VM 3 (1 CPU, 9) does not."""
    work = Workload.from_arrays([0, 1, 1, 1], [10, 5, 11, 9], cpu_millicores=[3000, 4000, 1000, 1000], estimate_us=[10, 5, 11, 9])
    host = Host(cpus=4, preempt="none")
    assert simulate(host, work, "easy").completion_us.tolist() == [10, 15, 26, 10]
    # Backfilling whatever fits: VM 2 from 1 to 12, VM 3 from 10 to 19, and only then VM 1.
    assert simulate(host, work, "fcfs").completion_us.tolist() == [10, 24, 12, 19]
    assert simulate(host, work, make_scheduler("fcfs", backfill=False)).completion_us.tolist() == [10, 15, 26, 24]


def test_easy_lets_small_ones_use_what_is_left_over() -> None:
    """As before, but VM 1 wants 3 CPUs: one is left over at its reservation, so VM 3 may start although it will run longer."""
    work = Workload.from_arrays([0, 1, 1], [10, 5, 50], cpu_millicores=[3000, 3000, 1000], estimate_us=[10, 5, 50])
    assert simulate(Host(cpus=4, preempt="none"), work, "easy").completion_us.tolist() == [10, 15, 51]


def test_serverfilling_fills() -> None:
    """4 CPUs; needs 1, 1, 4 and 2 in order of arrival: the first three reach 4, the largest goes first; then 1, 1 and 2 fill the host."""
    work = Workload.from_arrays([0] * 4, [10] * 4, cpu_millicores=[1000, 1000, 4000, 2000])
    run = simulate(Host(cpus=4, quantum_us=100), work, "serverfilling")
    assert run.completion_us.tolist() == [20, 20, 10, 20]


@pytest.mark.parametrize("name", ["wfp3", "unicep"])
def test_waiting_makes_batch_jobs_more_urgent(name: str) -> None:
    """Two equal jobs, one of which has waited: it goes first. (Seen inverted elsewhere: a shorter wait went first.)"""
    s = 1_000_000
    work = Workload.from_arrays([0, 0, 5 * s], [10 * s, 10 * s, 10 * s], cpu_millicores=2000, estimate_us=10 * s)
    assert simulate(Host(cpus=2, preempt="none"), work, name).completion_us.tolist() == [10 * s, 20 * s, 30 * s]


def test_f1_prefers_early_and_small() -> None:
    """F1 = log10(r) n + 870 log10(s): by hand, r 100 s, n 2, s 1,000 s gives 2614; s 10 s gives 874; n 8 and s 10 s gives 886."""
    from vmenv.dispatch.schedulers.f1 import F1

    class Job:
        def __init__(self, submitted_s: int, cpus: int) -> None:
            self.estimate_us, self.cpu_millicores, self.arrival_us = 100_000_000, 1000 * cpus, submitted_s * 1_000_000

    keys = [F1.key(Job(*job), None, [0.0])[0] for job in [(1_000, 2), (10, 2), (10, 8)]]
    assert keys == pytest.approx([2 * 2 + 870 * 3, 2 * 2 + 870, 2 * 8 + 870])


def test_gittins_of_a_falling_hazard_rate_is_las_and_of_one_size_is_fcfs() -> None:
    from vmenv.dispatch.schedulers.gittins import gittins_index

    ages = np.linspace(0.0, 1.5, 4)
    quantiles = -np.log(1 - (np.arange(2_000) + 0.5) / 2_000)
    mixture = np.concatenate([quantiles * 0.2, quantiles * 5.0])
    assert (np.diff(gittins_index(mixture, ages)) < 0).all(), "the index falls with age, so the youngest goes first"
    assert (np.diff(gittins_index(np.array([5.0]), ages)) > 0).all(), "the index grows with age, so who has begun goes on"
    # By hand, {.5 with probability .9, else 5.5} at age 0: up to .5 it is .9 / .5; at .5: 1 / 5.
    two_point = np.array([0.5] * 9 + [5.5])
    assert gittins_index(two_point, np.array([0.0, 0.5, 3.0])) == pytest.approx([0.9 / 0.5, 1 / 5.0, 1 / 2.5])


def test_msfq_swaps_early() -> None:
    """2 CPUs. Small VMs 0 and 1 (10, 30) run when the large VM 2 (5) comes at 2 and small VMs 3 and 4 at 12 and 13.

    Threshold 0: at 12 VM 3 is let in beside VM 1 (12-22), VM 4 from 22 to 32; only at 32 is nobody small left, and VM 2 runs 32-37.
    Threshold 1: at 10 one small VM is in service, so that nobody new starts: VM 1 ends at 30, VM 2 30-35, then VMs 3 and 4.
    """
    work = Workload.from_arrays([0, 0, 2, 12, 13], [10, 30, 5, 10, 10], cpu_millicores=[1000, 1000, 2000, 1000, 1000])
    host = Host(cpus=2, preempt="none")
    assert simulate(host, work, "msfq").completion_us.tolist() == [10, 30, 37, 22, 32]
    assert simulate(host, work, make_scheduler("msfq", threshold=1)).completion_us.tolist() == [10, 30, 35, 45, 45]


@pytest.mark.parametrize("name", ["credit", "credit2", "bvt", "stride", "cfs", "eevdf"])
def test_long_run_shares_follow_the_weights(name: str) -> None:
    """Weights 1, 2 and 4 on one pCPU for 7 s, ticks of 1 ms: 1, 2 and 4 s, within a few turns, which are of 30 ms under credit."""
    work = Workload.from_arrays([0] * 3, [7_000_000] * 3, weight=[1, 2, 4])
    run = simulate(Host(quantum_us=1_000), work, name, horizon_us=7_000_000)
    np.testing.assert_allclose(run.attained_us, [1_000_000, 2_000_000, 4_000_000], atol=70_000 if name == "credit" else 35_000)


def test_credit_turns_are_slices() -> None:
    """Equal VMs on one pCPU, ticks of 1 ms: turns of 30 ms."""
    run = simulate(Host(quantum_us=1_000), Workload.from_arrays([0] * 2, [600_000] * 2), "credit", horizon_us=300_000, record=True)
    assert run.grants is not None
    turns = np.diff(np.flatnonzero(np.diff(run.grants["vm"], prepend=-1, append=-1)))
    assert turns[:10].tolist() == [30] * 10


def test_bvt_lets_the_urgent_borrow() -> None:
    """Priority 1 borrows 50 ms: it has the host for the first 50 ms and the allowance, then both share."""
    work = Workload.from_arrays([0, 0], [500_000, 500_000], priority=[0, 1])
    early = simulate(Host(quantum_us=1_000), work, "bvt", horizon_us=50_000)
    late = simulate(Host(quantum_us=1_000), work, "bvt", horizon_us=400_000)
    assert early.attained_us.tolist() == [0, 50_000]
    assert abs(late.attained_us[1] - late.attained_us[0] - 50_000) <= 11_000


def test_maxweight_serves_the_longest_queue() -> None:
    """Tenant 1 has three VMs, tenant 0 two: 1 goes until it is as short, then they alternate."""
    work = Workload.from_arrays([0] * 5, [10] * 5, tenant=[0, 0, 1, 1, 1])
    run = simulate(Host(preempt="none"), work, "maxweight", record=True)
    assert run.grants is not None
    assert [int(run.workload.tenant[vm]) for vm in run.grants["vm"]] == [1, 0, 1, 0, 1]
