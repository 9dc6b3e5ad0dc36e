"""Exact optima: SRPT on one pCPU, never above any scheduler, and schedules that are what they say."""

from __future__ import annotations

import numpy as np
import pytest

from vmenv.bounds.exact import linear_bound, optimum
from vmenv.bounds.relaxation import lower_bound
from vmenv.dispatch.simulation import simulate
from vmenv.episodes.schedulers import list_schedulers, make_scheduler
from vmenv.errors import SpecError
from vmenv.host.spec import Host
from vmenv.workload import Workload

QUANTUM = 1000


def free_host(cpus: int = 1, preempt: str = "quantum", quantum_us: int = QUANTUM) -> Host:
    """Returns a host on which starting, reloading and paging take no time."""
    return Host(cpus=cpus, memory_mib=1000, quantum_us=quantum_us, preempt=preempt, swap_kib_s=None)


def instance(seed: int, num_vms: int, cpus: int) -> tuple[Host, Workload]:
    """Returns VMs of one pCPU on one, or of one to `cpus` pCPUs and half to all of the memory."""
    rng = np.random.default_rng(seed)
    host = free_host(cpus)
    demands = {"cpu_millicores": 1000 * rng.integers(1, cpus + 1, num_vms)}
    if cpus > 1:
        demands["memory_mib"] = rng.integers(100, 900, num_vms)
    arrival = np.cumsum(rng.integers(0, 3, num_vms))
    return host, Workload.from_arrays(QUANTUM * arrival, QUANTUM * rng.integers(1, 5, num_vms), **demands)


def cost(host: Host, workload: Workload, name: str) -> float:
    """Returns the mean response time under a scheduler."""
    return simulate(host, workload, make_scheduler(name), num_slots=workload.num_vms).cost / workload.num_vms


@pytest.mark.parametrize("seed", range(4))
def test_the_optimum_on_one_pcpu_is_srpt(seed: int) -> None:
    host, workload = instance(seed, 9, 1)
    assert optimum(host, workload, "mean_response_us").value == pytest.approx(cost(host, workload, "srpt"))


@pytest.mark.parametrize("seed", range(3))
def test_nothing_is_better_than_the_optimum(seed: int) -> None:
    """On a host of three pCPUs: bound <= linear bound <= optimum <= every scheduler; without pre-emption it only gets worse."""
    host, workload = instance(seed, 6, 3)
    best = optimum(host, workload, "mean_response_us")
    costs = {name: cost(host, workload, name) for name in list_schedulers()}
    assert best.value <= min(costs.values()) + 1e-6, min(costs, key=costs.__getitem__)
    linear = linear_bound(host, workload, "mean_response_us")
    assert linear <= best.value
    assert lower_bound(host, workload, "mean_response_us").value <= best.value
    rigid = free_host(3, preempt="none")
    assert best.value <= min(cost(rigid, workload, name) for name in ("fcfs", "srpt", "easy")) + 1e-6


def test_the_schedule_is_what_its_value_says() -> None:
    """Every VM is served for its work, never above any capacity, never before it comes, and done when the value counts it."""
    host, workload = instance(1, 6, 3)
    best = optimum(host, workload, "mean_response_us")
    steps, arrival = workload.work_us // QUANTUM, workload.arrival_us // QUANTUM
    assert (best.runs.sum(axis=1) == steps).all()
    assert (workload.cpu_millicores @ best.runs <= 3000).all()
    assert (workload.memory_mib @ best.runs <= 1000).all()
    first, last = best.runs.argmax(axis=1), best.runs.shape[1] - best.runs[:, ::-1].argmax(axis=1)
    assert (first >= arrival).all()
    assert QUANTUM * (last - arrival).mean() == pytest.approx(best.value)


def test_a_penalty_by_hand() -> None:
    """One pCPU, sizes 4 at 0 and 1 at 1: SRPT puts on thrice, 5 + 1 + 3p; waiting for the small one is 6 + 1 + 2p."""
    workload = Workload.from_arrays([0, QUANTUM], [4 * QUANTUM, QUANTUM], cpu_millicores=[1000] * 2)
    host = free_host()
    for penalty, expected in ((0, 6), (0.5, 7.5), (2, 11), (5, 17)):
        found = optimum(host, workload, "mean_response_us", switch_penalty_us=penalty * QUANTUM)
        assert found.value == pytest.approx(expected * QUANTUM / 2)


@pytest.mark.parametrize(
    ("host", "workload", "message"),
    [
        (Host(switch_us=1), Workload.from_arrays([0], [10_000]), "switch_us=0"),
        (free_host(), Workload.from_arrays([0], [10_000], contention=np.zeros((1, 1), np.int64)), "contention or emulated devices"),
        (free_host(), Workload.from_arrays([0, 0], [10_000, 10_000], kind=[0, 1], target=[-1, 0]), "a workload of VMs alone"),
        (free_host(quantum_us=7), Workload.from_arrays([0], [10]), "multiples of quantum_us=7"),
        (free_host(quantum_us=1), Workload.from_arrays([0] * 40, [60] * 40, cpu_millicores=[1000] * 40), "20000 at the most"),
    ],
)
def test_what_cannot_be_solved_is_refused(host: Host, workload: Workload, message: str) -> None:
    with pytest.raises(SpecError, match=message):
        optimum(host, workload, "mean_response_us")
