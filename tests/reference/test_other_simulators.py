"""Ciw and SimPy, two simulators that others wrote, on settings that they can express: the same arrivals and sizes, the same outcome.

SimPy gets the very numbers, so that every completion must be equal. Ciw draws its own, so that means are compared: both within a t interval
of each other at a false-alarm rate of 1e-4 a setting.
"""

from __future__ import annotations

import heapq
from typing import Any

import ciw
import numpy as np
import pytest
import simpy
from scipy import stats

from tests.theory.queues import LAWS, UNIT_US, queue, replicate
from vmenv.dispatch.simulation import simulate
from vmenv.host.spec import Host
from vmenv.workload import Workload


def by_simpy(host: Host, work: Workload, order: str) -> list[int]:
    """Returns completions of a SimPy model: a pool of pCPUs, a queue in some order, no pre-emption or round robin."""
    environment = simpy.Environment()
    completions = [0] * work.num_vms
    waiting: list[Any] = []
    free = host.cpus * 1000
    places = 0

    def push(vm: int, left: int) -> None:
        nonlocal places
        key = {"fcfs": 0, "sjf": int(work.size_us[vm]), "tsp": -int(work.priority[vm]), "tsrr": places}[order]
        heapq.heappush(waiting, (key, vm, left))
        places += 1

    def start() -> None:
        nonlocal free
        while waiting and work.cpu_millicores[waiting[0][1]] <= free:
            _, vm, left = heapq.heappop(waiting)
            free -= work.cpu_millicores[vm]
            environment.process(serve(vm, left))

    def serve(vm: int, left: int) -> Any:
        nonlocal free
        served = min(left, host.quantum_us) if order == "tsrr" else left
        yield environment.timeout(served)
        free += work.cpu_millicores[vm]
        if left > served:
            # Behind the arrivals of this instant, which SimPy may process later in it.
            yield environment.timeout(0)
            yield environment.timeout(0)
            push(vm, left - served)
        else:
            completions[vm] = int(environment.now)
        start()

    def arrive() -> Any:
        for vm in range(work.num_vms):
            yield environment.timeout(int(work.arrival_us[vm]) - environment.now)
            push(vm, int(work.size_us[vm]))
            start()

    environment.process(arrive())
    environment.run()
    return completions


@pytest.mark.parametrize("cpus", [1, 3])
@pytest.mark.parametrize("order", ["fcfs", "sjf", "tsp"])
@pytest.mark.parametrize("seed", [1, 2])
def test_simpy_agrees_to_the_microsecond(order: str, cpus: int, seed: int) -> None:
    """Twelve settings of 2,000 VMs that take a pCPU each, without pre-emption.

    SimPy would decide between an end and an arrival of the same instant, where vmenv takes both first. So that this never happens, sizes
    are multiples of 2,000 and VM k arrives at a multiple of that plus k: every end has the remainder of some earlier arrival.
    """
    rng = np.random.default_rng(seed)
    arrivals = 2_000 * np.cumsum(rng.integers(1, 20 // cpus, 2_000)) + np.arange(2_000)
    work = Workload.from_arrays(arrivals, 2_000 * rng.integers(1, 16, 2_000), priority=rng.integers(0, 4, 2_000))
    host = Host(cpus=cpus, preempt="none")
    assert simulate(host, work, order).completion_us.tolist() == by_simpy(host, work, order)


def test_simpy_agrees_on_round_robin() -> None:
    """One pCPU, quantum 100: the ring, with arrivals at other instants than the ends of quanta."""
    rng = np.random.default_rng(3)
    work = Workload.from_arrays(np.cumsum(rng.integers(1, 700, 500)) * 100 + 37, rng.integers(1, 600, 500) * 100)
    host = Host(quantum_us=100)
    work = Workload.from_arrays(work.arrival_us, rng.integers(1, 6, 500) * 100 * 100)
    assert simulate(host, work, "tsrr").completion_us.tolist() == by_simpy(host, work, "tsrr")


CIW = {
    "M/M/1": (1, "exponential", 0.7),
    "M/M/3": (3, "exponential", 0.8),
    "M/U/1": (1, "uniform", 0.7),
    "M/U/2": (2, "uniform", 0.8),
    "M/H2/1": (1, "hyperexponential", 0.5),
}


@pytest.mark.slow
@pytest.mark.parametrize("name", CIW)
def test_ciw_agrees_in_the_mean(name: str) -> None:
    """First come, first served; 10 replications of 20,000 VMs each."""
    cpus, law, load = CIW[name]
    p = (1.0 + np.sqrt(3.0 / 5.0)) / 2.0
    services = {
        "exponential": ciw.dists.Exponential(rate=1.0),
        "uniform": ciw.dists.Uniform(lower=0.0, upper=2.0),
        "hyperexponential": ciw.dists.HyperExponential(rates=[2.0 * p, 2.0 * (1.0 - p)], probs=[p, 1.0 - p]),
    }
    network = ciw.create_network(
        arrival_distributions=[ciw.dists.Exponential(rate=load * cpus)], service_distributions=[services[law]], number_of_servers=[cpus]
    )
    theirs = []
    for seed in range(10):
        ciw.seed(seed)
        simulation = ciw.Simulation(network)
        simulation.simulate_until_max_customers(20_000)
        records = sorted(simulation.get_all_records(), key=lambda record: record.arrival_date)[2_000:-2_000]
        theirs.append(np.mean([record.exit_date - record.arrival_date for record in records]))
    host = Host(cpus=cpus, preempt="none")
    runs = replicate(host, lambda rng: queue(rng, 20_000, load * cpus, LAWS[law]), "fcfs", seed=41)
    ours = [run.response_us[2_000:-2_000].mean() / UNIT_US for run in runs]
    assert stats.ttest_ind(ours, theirs, equal_var=False).pvalue > 1e-4
    assert stats.sem(ours) < 0.05 * np.mean(ours)
