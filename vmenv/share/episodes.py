"""Episodes of a share scenario, decided from outside: the one batch under the environments, the vector environment and evaluation."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from vmenv.checks import check_integer
from vmenv.dispatch.loop.engine import engine
from vmenv.dispatch.scenario import FIRST_TRAINING_SEED
from vmenv.errors import ActionError, SimulationError
from vmenv.host.state import Floats, Ints
from vmenv.share import columns as c
from vmenv.share.batch import BEGIN, FAILED, GOING, PASS, STEP, TERMINATED, TRUNCATED, allocate_exchange, turn
from vmenv.share.observation import allocate_observations
from vmenv.share.run import ShareRun
from vmenv.share.scenario import SHARE_OBJECTIVES, SPARE, UNMET, ShareScenario
from vmenv.share.state import Runs, allocate, load, one

LEAST_PART = 8  # runs that are worth another thread
WEIGHT_STEPS = 10_000  # weights are whole numbers from 1 to this


def weights_of(actions: Any) -> Ints:
    """Returns the integer weights that actions in [0, 1] mean: 1 + 9,999 a, to the nearest. None is 0: nobody is shut out by rounding."""
    return 1 + np.rint(np.asarray(actions, np.float64) * (WEIGHT_STEPS - 1)).astype(np.int64)


class ShareEpisodes:
    """B runs of one share scenario.

    Args:
        scenario: What is played.
        num_runs: B.
        num_kept: Training episodes that are kept once drawn.
        interpreted: Whether to run as plain Python.

    Attributes:
        observations: The buffers of the current decisions; the next step or restart writes over them.
        seeds: (B,) the seeds of the current episodes.
    """

    def __init__(self, scenario: ShareScenario, num_runs: int, *, num_kept: int = 0, interpreted: bool = False) -> None:
        check_integer("number of runs", num_runs, least=1, most=2**24)
        self.scenario = scenario
        self.host = scenario.build_host()
        self.seeds = np.full(num_runs, -1, np.int64)
        self.observations = allocate_observations(self.host, num_runs, scenario.num_slots)
        self._engine = engine(interpreted)
        self._io = allocate_exchange(num_runs)
        self._kept: dict[int, tuple[Ints, Ints, Ints]] = {}
        self._num_kept = num_kept
        self._runs = self._allocate(1, 1)
        self._bind()

    @property
    def num_runs(self) -> int:
        """B."""
        return len(self.seeds)

    @property
    def runs(self) -> Runs:
        """The state arrays, for checks and for heuristics."""
        return self._runs

    @property
    def rewards(self) -> Floats:
        """(B,) of the last step: minus what the objective counted in the interval, in intervals (see `vmenv.share.batch.cost`)."""
        return self._io.rewards

    @property
    def phase(self) -> NDArray[np.int8]:
        """(B,) GOING, TERMINATED, TRUNCATED or NOT_BEGUN. The next step writes over it."""
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
        """(B,) the time in each run."""
        return self._runs.run[:, c.CLOCK_US]

    @property
    def steal_us(self) -> Floats:
        """(B, D) demand lost in the last interval / capacity, in microseconds."""
        return np.asarray(self._runs.devices[:, :, c.LAST_LOST] / self._runs.capacity)

    def restart(self, which: Sequence[int] | Ints, seeds: Sequence[int] | Ints) -> None:
        """Begins the episodes with these seeds in the runs `which`, and observes their first decisions."""
        self._io.commands[:] = PASS
        self._command_begin(which, seeds)
        self._turn()

    def step(self, actions: Any, begin: Ints | None = None, seeds: Sequence[int] | Ints = ()) -> None:
        """Lets an interval pass in every run that is going on.

        Args:
            actions: (B, S) numbers from 0 to 1, the weights of the slots; where a run is over they are not looked at.
            begin: Runs that are over and begin an episode instead.
            seeds: Of the episodes that begin.

        Raises:
            ActionError: The shape is another, or a number is not from 0 to 1; then nothing has happened anywhere.
        """
        self._runs.weights[:] = weights_of(self._checked(actions))
        self._io.commands[:] = np.where(self._io.phase == GOING, STEP, PASS)
        if begin is not None:
            self._command_begin(begin, seeds)
        self._turn()

    def run(self, r: int) -> ShareRun:
        """Returns the outcome so far of run `r`."""
        return ShareRun.read(one(self._runs, r), self.host)

    def _checked(self, actions: Any) -> NDArray[Any]:
        shape = self._runs.weights.shape
        try:
            array = np.asarray(actions, np.float64)
        except (TypeError, ValueError) as error:
            raise ActionError(f"action is {actions!r}: give {shape[1]} numbers from 0 to 1, one a slot") from error
        if array.shape != shape:
            raise ActionError(f"action has shape {array.shape[1:]}: give {shape[1]} numbers from 0 to 1, one a slot")
        legal = (array >= 0) & (array <= 1)  # nan is neither
        if not legal[self._io.phase == GOING].all():
            r, i = np.argwhere(~legal & (self._io.phase == GOING)[:, None])[0]
            where = f" in environment {r}" if self.num_runs > 1 else ""
            raise ActionError(f"action[{i}]{where} is {array[r, i]}: give numbers from 0 to 1")
        return np.where(legal, array, 0.0)

    def _command_begin(self, which: Sequence[int] | Ints, seeds: Sequence[int] | Ints) -> None:
        which = np.asarray(which, np.int64)
        for r, seed in zip(which.tolist(), np.asarray(seeds, np.int64).tolist(), strict=True):
            tables = self._tables(seed)
            self._make_room(len(tables[0]), len(tables[1]))
            load(self._runs, r, *tables)
        self.seeds[which] = seeds
        self._io.commands[which] = BEGIN

    def _tables(self, seed: int) -> tuple[Ints, Ints, Ints]:
        """Returns VMs, phases and limits of an episode."""
        tables = self._kept.get(seed)
        if tables is None:
            workload = self.scenario.episode(seed)
            tables = (*workload.kernel_tables, self.scenario.limits(workload)[workload.arrival_order])
            if seed >= FIRST_TRAINING_SEED and len(self._kept) < self._num_kept:
                self._kept[seed] = tables
        return tables

    def _make_room(self, num_vms: int, num_phases: int) -> None:
        """Lengthens the tables, twofold at least, when a workload is larger than all before."""
        s = self._runs
        if num_vms <= s.vms.shape[1] and num_phases <= s.phases.shape[1]:
            return
        wider = [
            now if now >= wanted else wanted if now == 1 else max(wanted, 2 * now)
            for now, wanted in ((s.vms.shape[1], num_vms), (s.phases.shape[1], num_phases))
        ]
        larger = self._allocate(*wider)
        for name, array in s._asdict().items():
            getattr(larger, name)[tuple(slice(length) for length in array.shape)] = array
        self._runs = larger
        self._bind()

    def _allocate(self, num_vms: int, num_phases: int) -> Runs:
        scenario = self.scenario
        return allocate(
            self.host,
            num_runs=len(self.seeds),
            num_slots=scenario.num_slots,
            num_vms=num_vms,
            num_phases=num_phases,
            interval_us=scenario.interval_us,
            unmet=UNMET[scenario.unmet],
            spare=SPARE[scenario.spare],
            objective=SHARE_OBJECTIVES[scenario.objective],
            horizon_us=scenario.horizon_us,
        )

    def _bind(self) -> None:
        self._part_of_turn = self._engine.bind(turn, (self._runs, self._io, self.observations))

    def _turn(self) -> None:
        self._engine.divide(self._part_of_turn, self.num_runs, LEAST_PART)
        if self._io.phase.max() == FAILED:
            raise SimulationError(
                f"a run went past {self._runs.host[c.CLOCK_LIMIT_US]} us, where capacity x time leaves 64 bits: "
                "give a horizon, earlier arrivals, or coarser units of bandwidth"
            )
