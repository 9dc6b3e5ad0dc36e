"""The exact optimum of small instances, by a time-indexed mixed-integer program.

Time is cut into steps of one quantum. In each step a VM runs with its whole demand or not at all; VMs may be left and taken up again at
every border of a step, for nothing or for a penalty that is added to the cost. On hosts without start costs and paging, and with arrivals
and work in whole quanta, that is the model of `vmenv.host`.

A variable says that the k-th quantum of a VM is served in a step; only the last one of each VM costs. Quanta of one VM come in their order,
which with shares of quanta allowed already gives the optimum on one pCPU. The program is solved by HiGHS through scipy (Huangfu and Hall,
Mathematical Programming Computation 10, 2018).
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from vmenv.bounds.relaxation import presence_rates
from vmenv.dispatch.simulation import simulate
from vmenv.errors import SpecError
from vmenv.host.spec import Host
from vmenv.host.state import Floats, Ints
from vmenv.workload.table import Workload

MOST_VARIABLES = 20_000
SAFE = 1.0 - 1e-6  # HiGHS's tolerances are 1e-7
HEURISTICS = ("srpt", "fcfs")  # the better one bounds how late a VM can be done in an optimal schedule


class Optimum(NamedTuple):
    """An optimal schedule.

    Attributes:
        value: Least possible objective, in its unit, penalties included.
        runs: (N, T) whether each VM runs in each quantum.
    """

    value: float
    runs: NDArray[np.bool_]


class _Program:
    """Constraints, gathered row by row."""

    def __init__(self) -> None:
        self.entries: list[tuple[int, int, float]] = []
        self.low: list[float] = []
        self.high: list[float] = []

    def add(self, terms: list[tuple[int, float]], low: float, high: float) -> None:
        """Adds low <= sum of value x variable <= high."""
        self.entries += [(len(self.low), variable, value) for variable, value in terms]
        self.low.append(low)
        self.high.append(high)


def optimum(host: Host, workload: Workload, objective: str, *, switch_penalty_us: float = 0.0, limit_s: float = 60.0) -> Optimum:
    """Returns the optimum of an instance of some ten VMs.

    Args:
        host: Without start costs, reloads and paging times.
        workload: VMs of one phase each; arrivals and work are whole quanta.
        objective: One of `vmenv.bounds.relaxation.BOUNDED_OBJECTIVES`.
        switch_penalty_us: Cost of every time that a VM is put on, in microseconds of its presence.
        limit_s: Seconds after which it is given up.

    Raises:
        SpecError: The instance is not of this kind, is too large, or was not solved in time.
    """
    value, runs = _solve(host, workload, objective, switch_penalty_us, limit_s, integral=True)
    return Optimum(value, runs)


def linear_bound(host: Host, workload: Workload, objective: str, *, switch_penalty_us: float = 0.0, limit_s: float = 60.0) -> float:
    """Returns a lower bound on the optimum of such an instance, where shares of quanta may be served: the program's linear relaxation.

    Args, errors: As for `optimum`; some fifty VMs can be solved.
    """
    value, _ = _solve(host, workload, objective, switch_penalty_us, limit_s, integral=False)
    return SAFE * value


def _solve(
    host: Host, workload: Workload, objective: str, switch_penalty_us: float, limit_s: float, integral: bool
) -> tuple[float, NDArray[np.bool_]]:
    from scipy.optimize import Bounds, LinearConstraint, milp  # only who wants an exact optimum needs scipy
    from scipy.sparse import coo_array

    arrival, steps, shares = _in_steps(host, workload)
    rates = presence_rates(objective, host, workload) * host.quantum_us
    penalty = switch_penalty_us / host.quantum_us
    latest = _latest_ends(host, workload, rates, penalty)
    num_served = int((steps * (latest - arrival - steps + 1)).sum())
    if num_served > MOST_VARIABLES:  # before they are made: there may be billions
        raise SpecError(f"{len(arrival)} VMs make {num_served} variables: give an instance with {MOST_VARIABLES} at the most")
    served = {
        (j, k, t): 0 for j in range(len(arrival)) for k in range(steps[j]) for t in range(arrival[j] + k, latest[j] - (steps[j] - 1 - k))
    }
    served = {key: number for number, key in enumerate(served)}
    starts = {(j, t): len(served) + n for n, (j, t) in enumerate(sorted({(j, t) for j, _, t in served}))} if penalty else {}
    num_variables = len(served) + len(starts)
    cost = np.zeros(num_variables)
    for (j, k, t), variable in served.items():
        if k == steps[j] - 1:
            cost[variable] = rates[j] * (t + 1 - arrival[j])
    for (j, _), variable in starts.items():
        cost[variable] = rates[j] * penalty
    program = _constraints(steps, shares, latest, served, starts)
    rows, columns, values = (np.array(column) for column in zip(*program.entries, strict=True))
    matrix = coo_array((values, (rows, columns)), shape=(len(program.low), num_variables)).tocsr()
    solved = milp(
        cost,
        integrality=np.full(num_variables, integral),
        bounds=Bounds(0, 1),
        constraints=[LinearConstraint(matrix, program.low, program.high)],
        options={"time_limit": limit_s, "mip_rel_gap": 0.0},
    )
    if solved.status != 0:
        raise SpecError(f"not solved to the optimum ({solved.message}): give fewer VMs, or more than {limit_s:g} s")
    runs = np.zeros((len(arrival), int(latest.max())), np.bool_)
    for (j, _, t), variable in served.items():
        runs[j, t] |= solved.x[variable] > 0.5
    return float(solved.fun) / len(arrival), runs


def _constraints(
    steps: Ints, shares: list[Floats], latest: Ints, served: dict[tuple[int, int, int], int], starts: dict[tuple[int, int], int]
) -> _Program:
    program = _Program()
    by_quantum: dict[tuple[int, int], list[int]] = {}
    by_step: dict[tuple[int, int], list[int]] = {}
    for (j, k, t), variable in served.items():
        by_quantum.setdefault((j, k), []).append(t)
        by_step.setdefault((j, t), []).append(variable)
    for (j, k), times in by_quantum.items():
        program.add([(served[j, k, t], 1.0) for t in times], 1.0, 1.0)
        if k + 1 < steps[j]:  # the next quantum is not served before this one
            for t in times:
                sooner = [(served[j, k, s], 1.0) for s in times if s <= t]
                program.add(sooner + [(served[j, k + 1, s], -1.0) for s in by_quantum[j, k + 1] if s <= t + 1], 0.0, np.inf)
    for variables in by_step.values():
        program.add([(variable, 1.0) for variable in variables], 0.0, 1.0)
    for t in range(int(latest.max())):
        for share in shares:
            terms = [(variable, float(share[j])) for j in range(len(steps)) for variable in by_step.get((j, t), [])]
            if terms:
                program.add(terms, 0.0, 1.0 + 1e-9)
    for (j, t), variable in starts.items():
        now = [(v, -1.0) for v in by_step[j, t]]
        program.add([(variable, 1.0), *now, *((v, 1.0) for v in by_step.get((j, t - 1), []))], 0.0, np.inf)
    return program


def _latest_ends(host: Host, workload: Workload, rates: Floats, penalty: float) -> Ints:
    """Returns the step by whose end each VM is done in an optimal schedule: it can lose no more than a heuristic loses in all."""
    arrival, steps = workload.arrival_us // host.quantum_us, workload.work_us // host.quantum_us
    least = float((rates * (steps + penalty)).sum())
    costs = []
    for name in HEURISTICS:
        run = simulate(host, workload, name)
        costs.append(float((rates * ((run.completion_us - workload.arrival_us) / host.quantum_us + penalty * run.num_switches)).sum()))
    latest: Ints = arrival + steps + np.floor((min(costs) - least) / rates + 1e-6).astype(np.int64)
    return latest


def _in_steps(host: Host, workload: Workload) -> tuple[Ints, Ints, list[Floats]]:
    """Returns arrivals and work in quanta, and the demands as shares of the resources."""
    if host.switch_us or host.reload_us or host.swap_kib_s is not None:
        raise SpecError("the host has start or paging costs: give one with switch_us=0, reload_us=0, swap_kib_s=None")
    if workload.contention is not None or (workload.emulated.any() and host.exit_ns_per_kib):
        raise SpecError("the workload has contention or emulated devices: give one without")
    if len(host.disks) > 1 or len(host.nics) > 1:
        raise SpecError(f"the host has {len(host.disks)} disks and {len(host.nics)} NICs: give one with one of each")
    if (workload.num_phases > 1).any():
        raise SpecError(f"a VM has {workload.num_phases.max()} phases: give VMs of one phase")
    if (workload.arrival_us % host.quantum_us).any() or (workload.work_us % host.quantum_us).any():
        raise SpecError(f"an arrival or a size is no whole number of quanta: give multiples of quantum_us={host.quantum_us}")
    demands: tuple[tuple[Any, int], ...] = (
        (workload.cpu_millicores, 1000 * host.cpus),
        (workload.memory_mib, host.memory_mib),
        (workload.disk_kib_s, host.disks[0].bandwidth_kib_s),
        (workload.net_kib_s, host.nics[0].bandwidth_kib_s),
    )
    shares = [demand / capacity for demand, capacity in demands if demand.any()]
    return workload.arrival_us // host.quantum_us, workload.work_us // host.quantum_us, shares
