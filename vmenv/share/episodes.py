"""Episodes of shares, decided from outside: the one batch under the environments, the vector environment and evaluation."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from gymnasium import spaces
from numpy.typing import NDArray

from vmenv.episodes.batch import CompiledEpisodes
from vmenv.episodes.drawing import MOST_AT_ONCE, Drawer
from vmenv.episodes.exchange import GOING, PASS
from vmenv.episodes.scenario import Scenario
from vmenv.episodes.seeds import FIRST_TRAINING_SEED
from vmenv.errors import ActionError, SimulationError
from vmenv.host import columns as h
from vmenv.host import given
from vmenv.host.state import Floats, Ints
from vmenv.jit.mode import COMPILED
from vmenv.share import columns as c
from vmenv.share.batch import STEP, turn
from vmenv.share.invariants import check_invariants
from vmenv.share.observation import allocate_observations, host_features, vm_features
from vmenv.share.placing import place
from vmenv.share.run import ShareRun
from vmenv.share.scenario import OBJECTIVES, SPARE, UNMET
from vmenv.share.state import Runs, allocate, load, one
from vmenv.workload.drawing import OK, STATUS, TOO_LARGE, Tables

WEIGHT_STEPS = 10_000  # weights are whole numbers from 1 to this


def weights_of(actions: Any) -> Ints:
    """Returns the integer weights that actions in [0, 1] mean: 1 + 9,999 a, to the nearest. None is 0: nobody is shut out by rounding."""
    return 1 + np.rint(np.asarray(actions, np.float64) * (WEIGHT_STEPS - 1)).astype(np.int64)


class ShareEpisodes(CompiledEpisodes):
    """B runs of one scenario of shares. Rewards are minus what the objective counted in the interval (`vmenv.share.batch.cost`).

    Args:
        scenario: What is played: a scenario, or the name of one.
        num_runs: B.
        num_kept: Training episodes that are kept once drawn.
        interpreted: Whether to run as plain Python.
    """

    least_part = 8
    _bound = ("_part_of_turn", "_place")

    def __init__(self, scenario: str | Scenario, num_runs: int, *, num_kept: int = 0, interpreted: bool = False) -> None:
        super().__init__(scenario, num_runs, interpreted=interpreted)
        self.observations = allocate_observations(self.host, num_runs, self.scenario.num_slots)
        self._io.scales[:] = 1.0
        self._kept: dict[int, tuple[Ints, Ints, Ints]] = {}
        self._num_kept = num_kept
        self._drawer = Drawer(self.scenario) if self.scenario.draws_compiled and not interpreted else None
        self._place: Callable[[int, int], int] | None = None
        self._no_classes = np.zeros((num_runs, 0, 0), np.int64)
        self._runs = self._allocate(1, 1)
        self._bind()

    @property
    def observation_space(self) -> spaces.Dict:
        """Of one environment; the features are listed in `vmenv.share.observation`."""
        return spaces.Dict(
            {
                "vms": spaces.Box(0.0, 1.0, (self.scenario.num_slots, len(vm_features())), np.float32),
                "host": spaces.Box(0.0, 1.0, (len(host_features(self.host)),), np.float32),
            }
        )

    @property
    def action_space(self) -> spaces.Box:
        """Of one environment: a weight for each slot."""
        return spaces.Box(0.0, 1.0, (self.scenario.num_slots,), np.float32)

    @property
    def runs(self) -> Runs:
        """The state arrays, for checks and for heuristics."""
        return self._runs

    @property
    def steal_us(self) -> Floats:
        """(B, D) demand lost in the last interval / capacity, in microseconds."""
        return np.asarray(self._runs.devices[:, :, c.LAST_LOST] / self._runs.capacity)

    def info(self) -> dict[str, NDArray[Any]]:
        """Returns the clock, and for each device what was lost in the last interval."""
        return super().info() | {"steal_us": self.steal_us}

    def run(self, r: int) -> ShareRun:
        """Returns the outcome so far of run `r`."""
        return ShareRun.read(one(self._runs, r), self.host)

    def some_actions(self) -> Floats:
        """Returns (B, S) equal weights."""
        return np.ones(self._runs.weights.shape)

    def broken_laws(self, r: int) -> list[str]:
        """Returns a line for each conservation law that run `r` violates as it stands."""
        return check_invariants(one(self._runs, r))

    def _command(self, actions: Any) -> None:
        self._runs.weights[:] = weights_of(self._checked(actions))
        self._io.commands[:] = np.where(self._io.phase == GOING, STEP, PASS)

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

    def _seat(self, which: Ints, seeds: Ints) -> bool:
        before = self._runs
        episodes = list(zip(which.tolist(), seeds.tolist(), strict=True))
        drawer, compiled = self._drawer, []
        for r, seed in episodes:
            if drawer is not None and seed not in self._kept and drawer.is_due:
                compiled.append((r, seed))
            else:
                self._load(r, seed)
        if drawer is not None and compiled:
            for r, seed in self._draw(drawer, compiled):
                self._load(r, seed)
        return self._runs is not before

    def _load(self, r: int, seed: int) -> None:
        tables = self._tables(seed)
        self._make_room(len(tables[0]), len(tables[1]))
        load(self._runs, r, *tables)

    def _draw(self, drawer: Drawer, episodes: list[tuple[int, int]]) -> list[tuple[int, int]]:
        """Draws episodes, pairs of a run and a seed; returns those that cannot be told to be right, for the checks of `Workload`."""
        judged = []
        for first in range(0, len(episodes), MOST_AT_ONCE):
            some = episodes[first : first + MOST_AT_ONCE]
            if drawer.take(some):
                self._place = None
            status = drawer.drawn.found[: len(some), STATUS]
            while True:
                s = self._runs
                drawer.fill(Tables(s.vms, s.phases, self._no_classes), len(some))
                if self._place is None:
                    self._place = COMPILED.bind(place, (s, drawer.drawn, int(self.scenario.weight_is_vcpus)))
                COMPILED.divide(self._place, len(some))
                if not (status == TOO_LARGE).any():
                    break
                self._make_room(*drawer.largest(len(some)).tolist()[:2])
            judged += [some[k] for k in np.flatnonzero(status)]
            for k in np.flatnonzero(status == OK) if len(self._kept) < self._num_kept else ():
                self._keep(some[k][1], self._drawn_into(some[k][0]))
        return judged

    def _drawn_into(self, r: int) -> tuple[Ints, Ints, Ints]:
        """Returns copies of the VMs, phases and limits that stand in the table of run `r`."""
        s, n = self._runs, int(self._runs.num_vms[r])
        return s.vms[r, :n].copy(), s.phases[r, : s.vms[r, :n, given.PAST_PHASE].max()].copy(), s.limits[r, :n].copy()

    def _keep(self, seed: int, tables: tuple[Ints, Ints, Ints]) -> None:
        if seed >= FIRST_TRAINING_SEED and len(self._kept) < self._num_kept:
            self._kept[seed] = tables

    def _tables(self, seed: int) -> tuple[Ints, Ints, Ints]:
        """Returns VMs, phases and limits of an episode."""
        tables = self._kept.get(seed)
        if tables is None:
            workload = self.scenario.episode(seed) if self._drawer is None else self._drawer.episode(self.scenario, seed)
            tables = (*workload.kernel_tables, self.scenario.limits(workload)[workload.arrival_order])
            self._keep(seed, tables)
        return tables

    def _make_room(self, num_vms: int, num_phases: int) -> bool:
        """Lengthens the tables, twofold at least, when a workload is larger than all before; returns whether it did."""
        s = self._runs
        if num_vms <= s.vms.shape[1] and num_phases <= s.phases.shape[1]:
            return False
        wider = [
            now if now >= wanted else wanted if now == 1 else max(wanted, 2 * now)
            for now, wanted in ((s.vms.shape[1], num_vms), (s.phases.shape[1], num_phases))
        ]
        larger = self._allocate(*wider)
        for name, array in s._asdict().items():
            getattr(larger, name)[tuple(slice(length) for length in array.shape)] = array
        self._runs, self._place = larger, None
        if self._drawer is not None:
            self._drawer.rebind()
        return True

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
            objective=OBJECTIVES[scenario.objective],
            horizon_us=scenario.horizon_us,
        )

    def _bind(self) -> None:
        self._place = None
        self._part_of_turn = self._mode.bind(turn, (self._runs, self._io, self.observations))

    def _moving(self) -> list[NDArray[Any]]:
        return [*self._runs, *self._io, *self.observations]

    def _state(self) -> dict[str, NDArray[Any]]:
        return self._by_name(self._runs._asdict())

    def _fail(self) -> None:
        if (self._runs.run[:, c.STATE] == h.CLOCK_OVERFLOW).any():
            raise SimulationError(
                f"a run went past {self._runs.host[c.CLOCK_LIMIT_US]} us, where capacity x time leaves 64 bits: "
                "give a horizon, earlier arrivals, or coarser units of bandwidth"
            )
