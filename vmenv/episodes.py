"""Episodes of a scenario that are decided from outside: the one batch under the environments, the vector environments and evaluation."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from vmenv.engine import engine
from vmenv.errors import ActionError
from vmenv.host import columns as c
from vmenv.host.dynamics import close
from vmenv.host.spec import check_integer
from vmenv.host.state import Floats, Ints, Runs, allocate, load
from vmenv.objective import cost_rates
from vmenv.observation import allocate_observations
from vmenv.packing import check_clock
from vmenv.run import Run
from vmenv.scenarios.base import Scenario
from vmenv.workload.table import Workload


class Episodes:
    """B runs of one scenario.

    Args:
        scenario: What is played.
        num_runs: B.
        clairvoyant: Whether the observation tells the work left.
        log_length: Grants that each run's log keeps.
        interpreted: Whether to run as plain Python.

    Attributes:
        observations: The buffers of the current decisions; the next step or restart writes over them.
        rewards: (B,) of the last step. An episode's rewards add up to minus its mean cost a VM: the mean slowdown, or the mean
            (weighted) response time in units of the scenario's `time_scale_us`.
        seeds: (B,) the seeds of the current episodes.
    """

    def __init__(
        self, scenario: Scenario, num_runs: int, *, clairvoyant: bool = False, log_length: int = 0, interpreted: bool = False
    ) -> None:
        check_integer("number of runs", num_runs, least=1, most=2**24)
        self.scenario = scenario
        self.host = scenario.build_host()
        self.workloads: list[Workload | None] = [None] * num_runs
        self.seeds = np.full(num_runs, -1, np.int64)
        self.rewards = np.zeros(num_runs)
        self.observations = allocate_observations(self.host, num_runs, scenario.num_slots, clairvoyant)
        self._engine = engine(interpreted)
        self._scales = np.zeros(num_runs)
        self._unit = 1.0 if scenario.objective == "mean_slowdown" else float(scenario.time_scale_us)
        self._tau = float(scenario.time_scale_us)
        self._runs = allocate(
            self.host,
            num_runs=num_runs,
            num_slots=scenario.num_slots,
            num_vms=1,
            num_phases=1,
            horizon_us=scenario.horizon_us,
            log_length=log_length,
        )

    @property
    def num_runs(self) -> int:
        """B."""
        return len(self.seeds)

    @property
    def runs(self) -> Runs:
        """The state arrays, for checks and for policies that look behind the observation."""
        return self._runs

    @property
    def terminated(self) -> np.ndarray:
        """(B,) whether all VMs of the run are done."""
        return self._runs.run[:, c.STATE] == c.DONE

    @property
    def truncated(self) -> np.ndarray:
        """(B,) whether the run was cut at the horizon."""
        return self._runs.run[:, c.STATE] == c.HORIZON_REACHED

    @property
    def clock_us(self) -> Ints:
        """(B,) the time in each run."""
        return self._runs.run[:, c.CLOCK_US]

    def restart(self, which: Sequence[int] | Ints, seeds: Sequence[int] | Ints) -> None:
        """Begins the episodes with these seeds in the runs `which`, and observes their first decisions."""
        for r, seed in zip(which, seeds, strict=True):
            workload = self.scenario.episode(int(seed))
            self._make_room(workload)
            vms, phases = workload.kernel_tables()
            rates = cost_rates(self.scenario.objective, self.host, workload)
            load(self._runs, r, vms, phases, rates[workload.arrival_order])
            self.workloads[r] = workload
            self.seeds[r] = seed
            self._scales[r] = 1.0 / (workload.num_vms * self._unit)
        self._engine.begin(self._runs, np.asarray(which, np.int64), self.observations, self._tau)
        check_clock(self._runs)

    def step(self, actions: Ints) -> None:
        """Carries out one action in every run that is going on.

        Args:
            actions: (B,) slots, or the number of slots for "wait".

        Raises:
            ActionError: An action is out of range or masked; then nothing has been carried out anywhere.
        """
        actions = np.ascontiguousarray(actions, np.int64)
        wrong = self._engine.first_illegal(self._runs, actions, self.observations)
        if wrong != c.NOBODY:
            raise ActionError(self._explain(wrong, int(actions[wrong])))
        self._engine.step(self._runs, actions, self.rewards, self._scales, self.observations, self._tau)
        check_clock(self._runs)

    def run(self, r: int) -> Run:
        """Returns the outcome so far of run `r`, as if it ended here; the run itself goes on."""
        return Run.read(self.closed(r), 0, self.host, self._workload(r))

    def closed(self, r: int) -> Runs:
        """Returns a copy of run `r` alone, ended where it stands."""
        copy = Runs(**{name: array if name == "host" else array[r : r + 1].copy() for name, array in self._runs._asdict().items()})
        close(copy, 0)
        return copy

    def _workload(self, r: int) -> Workload:
        workload = self.workloads[r]
        if workload is None:
            raise ActionError("no episode has begun: call reset() first")
        return workload

    def _make_room(self, workload: Workload) -> None:
        """Lengthens the tables of VMs and phases, twofold at least, when a workload is larger than all before."""
        s = self._runs
        if workload.num_vms > s.vms.shape[1]:
            longer = max(workload.num_vms, 2 * s.vms.shape[1])
            self._runs = s = s._replace(vms=_lengthen(s.vms, longer), cost_rates=_lengthen(s.cost_rates, longer))
        if len(workload.work_us) > s.phases.shape[1]:
            self._runs = s._replace(phases=_lengthen(s.phases, max(len(workload.work_us), 2 * s.phases.shape[1])))

    def _explain(self, r: int, action: int) -> str:
        mask = self.observations.action_mask[r]
        wait = len(mask) - 1
        legal = ", ".join(str(a) if a < wait else f"{a} (wait)" for a in np.flatnonzero(mask))
        where = f" in environment {r}" if self.num_runs > 1 else ""
        if not 0 <= action <= wait:
            reason = f"actions go from 0 to {wait}"
        elif action == wait:
            reason = "no event is pending, so that waiting leads nowhere"
        elif self._runs.slots[r, c.STATUS, action] == c.RUNNABLE:
            reason = "its demand does not fit beside what runs"
        else:
            reason = "the slot is empty" if self._runs.slots[r, c.STATUS, action] == c.EMPTY else "its VM is running"
        return f"action {action}{where} is not allowed: {reason}. Allowed now: {legal}; see info['action_mask']"


def _lengthen(array: Ints | Floats, length: int) -> np.ndarray:
    longer = np.zeros((array.shape[0], length, *array.shape[2:]), array.dtype)
    longer[:, : array.shape[1]] = array
    return longer
