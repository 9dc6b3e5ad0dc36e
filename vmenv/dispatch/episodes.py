"""Episodes of dispatch, decided from outside: the one batch under the environments, the vector environments and evaluation."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from gymnasium import spaces
from numpy.typing import NDArray

from vmenv.dispatch.advice import Adviser
from vmenv.dispatch.batch import first_illegal, turn
from vmenv.dispatch.episode_tables import EpisodeTables
from vmenv.dispatch.objective import RATIOS
from vmenv.dispatch.observation import allocate_observations
from vmenv.dispatch.packing import check_clock
from vmenv.dispatch.run import Run
from vmenv.dispatch.scheduler import SCHEDULERS, Scheduler
from vmenv.dispatch.spaces import LegalActions, observation_space
from vmenv.episodes.batch import CompiledEpisodes
from vmenv.episodes.exchange import GOING
from vmenv.episodes.scenario import Scenario
from vmenv.errors import ActionError
from vmenv.host import columns as c
from vmenv.host.dynamics import close
from vmenv.host.invariants import check_invariants
from vmenv.host.state import PER_TABLE, Floats, Ints, Runs, State, allocate, one
from vmenv.workload.table import Workload


class DispatchEpisodes(CompiledEpisodes):
    """B runs of one scenario.

    Args:
        scenario: What is played: a scenario, or the name of one.
        num_runs: B.
        num_kept: Training episodes that are kept once drawn, so that later resets to them cost nothing.
        clairvoyant: Whether the observation tells the work left.
        history: Whether the observation tells what the run has taught about sizes so far.
        log_length: Grants that each run's log keeps.
        interpreted: Whether to run as plain Python.
    """

    most_kept = 16_384
    _bound = ("_part_of_turn", "_first_illegal", "_is_legal")

    def __init__(
        self,
        scenario: str | Scenario,
        num_runs: int,
        *,
        num_kept: int = 0,
        clairvoyant: bool = False,
        history: bool = False,
        log_length: int = 0,
        interpreted: bool = False,
    ) -> None:
        super().__init__(scenario, num_runs, interpreted=interpreted)
        given = self.scenario
        self.observations = allocate_observations(self.host, num_runs, given.num_slots, clairvoyant, history)
        self._seen = {"clairvoyant": clairvoyant, "history": history}
        self._unit = 1.0 if given.objective in RATIOS else float(given.time_scale_us)
        self._runs = allocate(
            self.host,
            num_runs=num_runs,
            num_slots=given.num_slots,
            num_vms=1,
            num_phases=1,
            horizon_us=given.horizon_us,
            log_length=log_length,
            num_tables=num_runs + num_kept,
            remembers=history,
            commits=given.commit,
            reserves=given.reservation,
        )
        self._tables = EpisodeTables(given, self._runs, interpreted)
        self._adviser = Adviser(interpreted, history)
        self._bind()

    @property
    def observation_space(self) -> spaces.Dict:
        """Of one environment; the features are listed in `vmenv.dispatch.observation`."""
        return observation_space(self.host, self.scenario.num_slots, **self._seen)

    @property
    def action_space(self) -> LegalActions:
        """Of one environment: a slot, or the number of slots for "wait"."""
        return LegalActions(self.scenario.num_slots + 1)

    @property
    def runs(self) -> Runs:
        """The state arrays, for checks and for policies that look behind the observation; `remember` first if they keep a memory there."""
        return self._runs

    @property
    def rewards(self) -> Floats:
        """(B,) of the last step.

        An episode's rewards add up to minus its mean cost a VM: the mean slowdown, or the mean (weighted) response time in units of the
        scenario's `time_scale_us`.
        """
        return self._io.rewards

    def some_actions(self) -> Ints:
        """Returns (B,) the first action of each run that is legal, 0 where none is."""
        return np.asarray(self.observations.action_mask.argmax(axis=1))

    def broken_laws(self, r: int) -> list[str]:
        """Returns a line for each conservation law that run `r` violates as it stands."""
        return check_invariants(one(self._runs, r))

    def _command(self, actions: Ints) -> None:
        commands = self._io.commands
        commands[:] = self._whole(actions)
        wrong = self._first_illegal(0, self.num_runs)
        if wrong != c.NOBODY:
            raise ActionError(self._explain(wrong, int(commands[wrong])))

    def step_one(self, action: int) -> int:
        """Carries out one action in the only run of a batch of one, with as little as possible around it, and returns its phase.

        Raises:
            ActionError: As `step`.
        """
        if self._busy:
            self._check_idle()
        io = self._io
        if not (io.phase.item(0) == GOING and 0 <= action <= self.scenario.num_slots and self._is_legal(action)):
            if io.failed.item(0):
                self._check_failed()
            raise ActionError(self._explain(0, action))
        self._busy = True
        try:
            io.commands[0] = action
            self._part_of_turn(0, 1)
        finally:
            self._busy = False
        if io.failed.item(0):
            self._check_failed()
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
        chosen = SCHEDULERS.make(scheduler) if isinstance(scheduler, str) else scheduler
        self.remember()
        return self._adviser.ask(self._runs, chosen, self.seeds, self._io.phase == GOING)

    def remember(self) -> None:
        """Makes room for the memory of a scheduler, which a learner that decides by itself does without."""
        if not self._runs.run_memory.size:
            self._tables.remember()
            self._runs = self._tables.runs
            self._bind()

    def _forget(self) -> None:
        self._runs.run_memory.fill(0.0)
        self._runs.vm_memory.fill(0.0)

    def _whole(self, actions: Any) -> NDArray[Any]:
        """Returns the actions, which must be whole numbers: numpy would cut off what is behind the point, and read words."""
        given = np.asarray(actions)
        if given.dtype.kind not in "iu" or given.shape != (self.num_runs,):
            told = f"of shape {given.shape}" if given.shape != (self.num_runs,) else f"{actions!r}"
            raise ActionError(f"actions are {told}: give ({self.num_runs},) whole numbers from 0 to {self.scenario.num_slots}")
        return given

    def _seat(self, which: Ints, seeds: Ints) -> bool:
        tables = self._tables
        tables.seat(which, seeds)
        self._io.scales[which] = 1.0 / (tables.runs.num_vms[tables.runs.table[which]] * self._unit)
        moved = tables.runs is not self._runs
        self._runs = tables.runs
        return moved

    def _moving(self) -> list[NDArray[Any]]:
        own = (array[: self.num_runs] if name in PER_TABLE else array for name, array in self._runs._asdict().items())  # not those kept
        return [*own, *self._io, *self.observations]

    def _state(self) -> dict[str, NDArray[Any]]:
        of_episodes = {*PER_TABLE, "table"}
        runs = {name: array for name, array in self._runs._asdict().items() if name not in of_episodes}
        return self._by_name(runs)

    def _note(self) -> tuple[Any, Any]:
        return self._tables.seated(), self._adviser.remembers

    def _take_note(self, note: tuple[Any, Any]) -> None:
        self._tables.seat_again(note[0])
        self._adviser.remembers = note[1]
        if note[1] is None and not self._seen["history"]:  # there may have been no memory then to go back to
            self._forget()

    def load_state(self, state: Mapping[str, NDArray[Any]]) -> None:
        """See `CompiledEpisodes.load_state`."""
        if np.size(state.get("runs.run_memory", ())):
            self.remember()
        self._forget()
        super().load_state(state)

    def _fail(self) -> None:
        check_clock(self._runs)

    def _bind(self) -> None:
        arguments = (self._runs, self._io, self.observations, float(self.scenario.time_scale_us))
        self._is_legal = self.observations.action_mask[0].item  # of an action in the first run
        self._first_illegal = self._mode.bind(first_illegal, arguments)
        self._part_of_turn = self._mode.bind(turn, arguments)

    def run(self, r: int) -> Run:
        """Returns the outcome so far of run `r`, as if it ended here; the run itself goes on."""
        return Run.read(self.closed(r), self.host, self._workload(r))

    def closed(self, r: int) -> State:
        """Returns a copy of run `r`, ended where it stands."""
        copy = State(**{name: array.copy() for name, array in one(self._runs, r)._asdict().items()})
        close(copy)
        return copy

    def _workload(self, r: int) -> Workload:
        workload = self._tables.workload(r)
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
        elif self._runs.front[r, action, c.STATUS] == c.RUNNABLE:
            reason = "its demand does not fit beside what runs"
        else:
            reason = "the slot is empty" if self._runs.front[r, action, c.STATUS] == c.EMPTY else "its VM is running"
        return f"action {action}{where} is not allowed: {reason}. Allowed now: {legal}; see info['action_mask']"
