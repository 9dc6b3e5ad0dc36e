"""Lower bounds on the cost of an episode that no policy can pass, not even one that knows everything beforehand.

Each resource (CPU, memory of the running VMs, all disks together, all NICs together) is looked at alone, as a machine that may be shared
out in any way: a VM then brings the volume work x demand, beginning with its start cost. Two facts hold for every schedule of the host:

1. Where all VMs count alike, the sum of completion times is at least that of shortest remaining volume first (Schrage, Operations
   Research 16, 1968).
2. The mean busy time M of a VM is the mean of the instants at which its volume is served. The weighted sum of them is at least that of
   serving, at every instant, the VM with the highest weight / volume (Goemans, "Improved approximation algorithms for scheduling with
   release dates", SODA 1997), and a VM completes no sooner than M + h, where h is the mean work that is left while it is served: it works
   at its own speed at the most.

The weight of a VM can be split among the resources and the trivial bound (its own run time): every split is a bound, and the best one is
looked for by exponentiated gradient ascent (Kivinen and Warmuth, Information and Computation 132, 1997). Paging, switches beyond the first,
reloads, contention, exits, quanta, slots and images are left out; they only make schedules longer. So do maintenance tasks, which are left
out as well: their lateness is nothing at the least.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from vmenv.bounds.fluid import busy_times, srpt_completions
from vmenv.dispatch.objective import cost_rates
from vmenv.dispatch.scenario import DispatchScenario
from vmenv.errors import SpecError
from vmenv.host import columns as c
from vmenv.host.spec import Host
from vmenv.host.state import Floats
from vmenv.workload.combine import without_tasks
from vmenv.workload.table import Workload

BOUNDED_OBJECTIVES = (  # VMs count while they are present
    "mean_response_us",
    "weighted_response_us",
    "mean_slowdown",
    "slowdown_and_lateness",
    "mean_slowdown_10s",
)
STEPS, RATE = 40, 3.0
SAFE = 1.0 - 1e-9  # far more than what floats lose


class Resource(NamedTuple):
    """One resource.

    Attributes:
        name: Its name.
        volume: (N,) what each VM needs of it, in microseconds of the whole resource.
        left_us: (N,) h, the mean of the work left while the volume is served.
    """

    name: str
    volume: Floats
    left_us: Floats


@dataclass(frozen=True)
class Bound:
    """A lower bound.

    Attributes:
        value: Of the objective, in its unit.
        by: What gave it: "run times" (nobody ever waits), "shortest volume first on <resource>", or "busy times".
    """

    value: float
    by: str


def lower_bound(host: Host, workload: Workload, objective: str) -> Bound:
    """Returns the best of the bounds on the objective of a run that goes to its end.

    Args:
        host: The host.
        workload: The workload.
        objective: One of `BOUNDED_OBJECTIVES`.

    Raises:
        SpecError: The objective is none of them, or the workload has migrations.
    """
    if (workload.kind == c.MIGRATE).any():
        raise SpecError("there are migrations, which end VMs before their work is done: give a workload without")
    num_vms, workload = workload.num_vms, without_tasks(workload)
    rates = presence_rates(objective, host, workload)
    arrival = workload.arrival_us.astype(np.float64)
    alone = host.switch_us + workload.size_us.astype(np.float64)
    resources = [r for r in resources_of(host, workload) if r.volume.any()]
    found = [Bound(float(rates @ alone), "run times")]
    if (rates == rates[0]).all():
        for r in resources:
            done = np.maximum(srpt_completions(arrival, r.volume).sum() - arrival.sum(), 0.0)
            found.append(Bound(float(rates[0] * done), f"shortest volume first on {r.name}"))
    if resources:
        found.append(Bound(split_weights(rates, arrival, alone, resources), "busy times"))
    best = max(found, key=lambda bound: bound.value)
    return Bound(SAFE * best.value / num_vms, best.by)


def presence_rates(objective: str, host: Host, workload: Workload) -> Floats:
    """Returns (N,) c_i of an objective that counts presence alone.

    Raises:
        SpecError: It counts from deadlines on, or is none, or the workload has maintenance tasks.
    """
    if objective not in BOUNDED_OBJECTIVES:
        raise SpecError(f"there is no bound on {objective}, which counts from deadlines on: give one of {', '.join(BOUNDED_OBJECTIVES)}")
    if not workload.is_vm.all():
        raise SpecError("there are maintenance tasks, whose work depends on the schedule: give a workload of VMs alone")
    return cost_rates(objective, host, workload).present


def lower_bounds(scenario: DispatchScenario, seeds: Sequence[int]) -> Floats:
    """Returns (E,) the lower bounds on the scenario's objective for the episodes of the seeds.

    Raises:
        SpecError: The scenario has a horizon, which cuts costs that the bounds count.
    """
    if scenario.horizon_us is not None:
        raise SpecError(f"the scenario ends at horizon_us={scenario.horizon_us}: bounds are for runs that go to their end, give None")
    host = scenario.build_host()
    return np.array([lower_bound(host, scenario.episode(seed), scenario.objective).value for seed in seeds])


def resources_of(host: Host, workload: Workload) -> list[Resource]:
    """Returns what the VMs need of each resource; several disks or NICs count as one that has all their bandwidth."""
    capacities = {
        "cpu": (workload.cpu_millicores, 1000 * host.cpus),
        "memory": (workload.memory_mib, host.memory_mib),
        "disk": (workload.disk_kib_s, sum(disk.bandwidth_kib_s for disk in host.disks)),
        "net": (workload.net_kib_s, sum(nic.bandwidth_kib_s for nic in host.nics)),
    }
    return [_resource(name, demand / capacity, host, workload) for name, (demand, capacity) in capacities.items()]


def _resource(name: str, share: Floats, host: Host, workload: Workload) -> Resource:
    first, work = workload.first_phase, workload.work_us.astype(np.float64)
    ends = np.cumsum(work)
    behind = np.repeat(ends[first + workload.num_phases - 1], workload.num_phases) - ends  # work of the phases after each
    served, moment = share * work, share * work * (behind + work / 2)
    volume, left = np.add.reduceat(served, first), np.add.reduceat(moment, first)
    start = host.switch_us * share[first]  # the first grant holds what the first phase demands while the VM is put on
    volume, left = volume + start, left + start * (workload.size_us + host.switch_us / 2)
    return Resource(name, volume, np.divide(left, volume, out=np.zeros_like(left), where=volume > 0))


def split_weights(rates: Floats, arrival: Floats, alone: Floats, resources: list[Resource]) -> float:
    """Returns the best bound over the ways to split each VM's weight among its own run time and the resources."""
    shares = np.full((1 + len(resources), len(rates)), 1.0 / (1 + len(resources)))
    for k, r in enumerate(resources):
        shares[1 + k, r.volume == 0] = 0.0
    shares /= shares.sum(axis=0)
    best = 0.0
    for step in range(STEPS):
        response = np.empty_like(shares)
        response[0] = alone
        for k, r in enumerate(resources):
            response[1 + k] = busy_times(arrival, r.volume, rates * shares[1 + k]) + r.left_us - arrival
        best = max(best, float((rates * shares * response).sum()))
        gain = response / response.max(axis=0)
        shares = shares * np.exp(RATE / np.sqrt(1 + step) * gain)
        shares /= shares.sum(axis=0)
    return best
