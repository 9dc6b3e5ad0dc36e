"""Episodes of a scenario that are decided from outside: the one batch under the environments, the vector environments and evaluation."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from vmenv.checks import check_integer
from vmenv.dispatch.advice import Adviser
from vmenv.dispatch.batch import BEGIN, GOING, PASS, TERMINATED, TRUNCATED, allocate_exchange, first_illegal, turn
from vmenv.dispatch.episode_tables import EpisodeTables
from vmenv.dispatch.loop.engine import engine
from vmenv.dispatch.objective import RATIOS
from vmenv.dispatch.observation import allocate_observations
from vmenv.dispatch.packing import check_clock
from vmenv.dispatch.run import Run
from vmenv.dispatch.scenario import FIRST_TRAINING_SEED, Scenario
from vmenv.dispatch.scheduler import Scheduler, make_scheduler
from vmenv.errors import ActionError
from vmenv.host import columns as c
from vmenv.host.dynamics import close
from vmenv.host.state import Floats, Ints, Runs, State, allocate, one
from vmenv.workload.table import Workload

LEAST_PART = 32  # runs that are worth being handed over: to share them out takes as long as some ten decisions


class Episodes:
    """B runs of one scenario.

    Args:
        scenario: What is played.
        num_runs: B.
        num_kept: Training episodes that are kept once drawn, so that later resets to them cost nothing.
        clairvoyant: Whether the observation tells the work left.
        history: Whether the observation tells what the run has taught about sizes so far.
        log_length: Grants that each run's log keeps.
        interpreted: Whether to run as plain Python.

    Attributes:
        observations: The buffers of the current decisions; the next step or restart writes over them.
        seeds: (B,) the seeds of the current episodes.
    """

    def __init__(
        self,
        scenario: Scenario,
        num_runs: int,
        *,
        num_kept: int = 0,
        clairvoyant: bool = False,
        history: bool = False,
        log_length: int = 0,
        interpreted: bool = False,
    ) -> None:
        check_integer("number of runs", num_runs, least=1, most=2**24)
        self.scenario = scenario
        self.host = scenario.build_host()
        self.seeds = np.full(num_runs, -1, np.int64)
        self.observations = allocate_observations(self.host, num_runs, scenario.num_slots, clairvoyant, history)
        self._engine = engine(interpreted)
        self._io = allocate_exchange(num_runs)
        self._is_legal = self.observations.action_mask[0].item  # of an action in the first run
        self._unit = 1.0 if scenario.objective in RATIOS else float(scenario.time_scale_us)
        self._runs = allocate(
            self.host,
            num_runs=num_runs,
            num_slots=scenario.num_slots,
            num_vms=1,
            num_phases=1,
            horizon_us=scenario.horizon_us,
            log_length=log_length,
            num_tables=num_runs + num_kept,
        )
        self._bank = EpisodeTables(scenario, self._runs)
        self._adviser = Adviser(self._engine, history)
        self._bind()

    @property
    def num_runs(self) -> int:
        """B."""
        return len(self.seeds)

    @property
    def runs(self) -> Runs:
        """The state arrays, for checks and for policies that look behind the observation."""
        return self._runs

    @property
    def rewards(self) -> Floats:
        """(B,) of the last step.

        An episode's rewards add up to minus its mean cost a VM: the mean slowdown, or the mean (weighted) response time in units of the
        scenario's `time_scale_us`.
        """
        return self._io.rewards

    @property
    def phase(self) -> NDArray[np.int8]:
        """(B,) GOING, TERMINATED, TRUNCATED or NOT_BEGUN, as `vmenv.dispatch.batch` has them. The next step writes over it."""
        return self._io.phase

    @property
    def terminated(self) -> NDArray[np.bool_]:
        """(B,) whether all VMs of the run are done."""
        return self._io.phase == TERMINATED

    @property
    def truncated(self) -> NDArray[np.bool_]:
        """(B,) whether the run was cut at the horizon."""
        return self._io.phase == TRUNCATED

    @property
    def clock_us(self) -> Ints:
        """(B,) the time in each run. The next step writes over it."""
        return self._io.clock_us

    def restart(self, which: Sequence[int] | Ints, seeds: Sequence[int] | Ints) -> None:
        """Begins the episodes with these seeds in the runs `which`, and observes their first decisions."""
        self._io.commands[:] = PASS
        self._command_begin(which, seeds)
        self._turn()

    def step(self, actions: Ints, begin: Ints | None = None, seeds: Sequence[int] | Ints = ()) -> None:
        """Carries out one action in every run that is going on.

        Args:
            actions: (B,) slots, or the number of slots for "wait"; where a run is over its action is not looked at.
            begin: Runs that are over and begin an episode instead.
            seeds: Of the episodes that begin.

        Raises:
            ActionError: An action is out of range or masked; then nothing has been carried out anywhere.
        """
        commands = self._io.commands
        commands[:] = actions
        wrong = self._first_illegal(0, self.num_runs)
        if wrong != c.NOBODY:
            raise ActionError(self._explain(wrong, int(commands[wrong])))
        if begin is not None:
            self._command_begin(begin, seeds)
        self._turn()

    def step_one(self, action: int) -> int:
        """Carries out one action in the only run of a batch of one, with as little as possible around it, and returns its phase.

        Raises:
            ActionError: As `step`.
        """
        io = self._io
        if not (io.phase.item(0) == GOING and 0 <= action <= self.scenario.num_slots and self._is_legal(action)):
            if io.failed.item(0):
                self._fail()
            raise ActionError(self._explain(0, action))
        io.commands[0] = action
        self._part_of_turn(0, 1)
        if io.failed.item(0):
            self._fail()
        phase: int = io.phase.item(0)
        return phase

    def advise(self, scheduler: str | Scheduler) -> Ints:
        """Returns (B,) what a scheduler would decide now: a slot, or the number of slots for "wait"; 0 where no episode goes on.

        Following it from the first decision of an episode to the last gives the digest of `vmenv.simulate` with this scheduler and, as its
        seed, the episode's. A clairvoyant scheduler advises by what the observation does not tell.

        Args:
            scheduler: A name, or what `vmenv.make_scheduler` returns. One with a memory is asked at every decision or not at all.

        Raises:
            SpecError: It has a memory, and these episodes keep that of another.
        """
        chosen = make_scheduler(scheduler) if isinstance(scheduler, str) else scheduler
        return self._adviser.ask(self._runs, chosen, self.seeds, self._io.phase == GOING)

    def _command_begin(self, which: Sequence[int] | Ints, seeds: Sequence[int] | Ints) -> None:
        bank, io, unit = self._bank, self._io, self._unit
        for r, seed in zip(np.asarray(which, np.int64).tolist(), np.asarray(seeds, np.int64).tolist(), strict=True):
            table = bank.seat(r, seed, keep=seed >= FIRST_TRAINING_SEED)
            io.scales[r] = 1.0 / (bank.runs.num_vms.item(table) * unit)
            io.commands[r], self.seeds[r] = BEGIN, seed
        if bank.runs is not self._runs:
            self._runs = bank.runs
            self._bind()

    def _turn(self) -> None:
        """Carries out the commands."""
        self._engine.divide(self._part_of_turn, self.num_runs, LEAST_PART)
        if self._io.failed.item(0):
            self._fail()

    def _fail(self) -> None:
        check_clock(self._runs)
        self._io.failed[0] = 0  # the runs that failed have begun anew

    def _bind(self) -> None:
        arguments = (self._runs, self._io, self.observations, float(self.scenario.time_scale_us))
        self._first_illegal = self._engine.bind(first_illegal, arguments)
        self._part_of_turn = self._engine.bind(turn, arguments)

    def run(self, r: int) -> Run:
        """Returns the outcome so far of run `r`, as if it ended here; the run itself goes on."""
        return Run.read(self.closed(r), self.host, self._workload(r))

    def closed(self, r: int) -> State:
        """Returns a copy of run `r`, ended where it stands."""
        copy = State(**{name: array.copy() for name, array in one(self._runs, r)._asdict().items()})
        close(copy)
        return copy

    def _workload(self, r: int) -> Workload:
        workload = self._bank.workload(r)
        if workload is None:
            raise ActionError("no episode has begun: call reset() first")
        return workload

    def _explain(self, r: int, action: int) -> str:
        mask = self.observations.action_mask[r]
        wait = len(mask) - 1
        legal = ", ".join(str(a) if a < wait else f"{a} (wait)" for a in np.flatnonzero(mask))
        where = f" in environment {r}" if self.num_runs > 1 else ""
        if not 0 <= action <= wait:
            reason = f"actions go from 0 to {wait}"
        elif action == wait:
            reason = "no event is pending, so that waiting leads nowhere"
        elif self._runs.slots[r, action, c.STATUS] == c.RUNNABLE:
            reason = "its demand does not fit beside what runs"
        else:
            reason = "the slot is empty" if self._runs.slots[r, action, c.STATUS] == c.EMPTY else "its VM is running"
        return f"action {action}{where} is not allowed: {reason}. Allowed now: {legal}; see info['action_mask']"
