"""Which workload stands in which table of a batch. Training episodes are drawn once and kept: a reset only points at a table."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from vmenv.dispatch.objective import OBJECTIVES, cost_rates
from vmenv.dispatch.packing import put
from vmenv.dispatch.placing import place
from vmenv.dispatch.scenario import DispatchScenario
from vmenv.episodes.drawing import MOST_AT_ONCE, Drawer
from vmenv.episodes.seeds import FIRST_TRAINING_SEED
from vmenv.host.state import Floats, Ints, Runs, allocate, with_memory
from vmenv.jit.mode import COMPILED
from vmenv.workload.checks import limits_of
from vmenv.workload.drawing import STATUS, Tables
from vmenv.workload.table import Workload


class EpisodeTables:
    """The tables of a batch of B runs: one for each run, and as many as there are training episodes to be kept.

    Episodes of a scenario that has a `draw` are drawn by compiled code on all threads, once there have been enough of them for compiling to
    be worth it. Others cost Python some tenths of a millisecond each, as do the first.

    Args:
        scenario: Draws the episodes.
        runs: The batch.
        interpreted: Whether to draw by plain Python.

    Attributes:
        runs: The batch; another one with longer tables after an episode that did not fit.
    """

    def __init__(self, scenario: DispatchScenario, runs: Runs, interpreted: bool = False) -> None:
        self.runs = runs
        self._scenario = scenario
        self._host = scenario.build_host()
        self._drawer = Drawer(scenario) if scenario.draws_compiled and not interpreted else None
        self._limits = limits_of(self._host)
        self._place: Callable[[int, int], int] | None = None
        self._seeds: list[int | None] = [None] * len(runs.num_vms)
        self._workloads: dict[int, Workload] = {}  # table -> what was not drawn by compiled code, or has been asked for
        self._kept: dict[int, int] = {}  # seed -> table
        self._next = len(runs.table)  # first table that is free for keeping

    def __getstate__(self) -> dict[str, Any]:
        return self.__dict__ | {"_place": None}  # machine code with addresses

    def workload(self, r: int) -> Workload | None:
        """Returns what run `r` plays."""
        table = int(self.runs.table[r])
        seed = self._seeds[table]
        if table not in self._workloads and seed is not None:
            self._workloads[table] = self._scenario.episode(seed)
        return self._workloads.get(table)

    def seat(self, which: Ints, seeds: Ints) -> None:
        """Lets runs play the episodes with these seeds; those for training are kept for later, while there is a free table.

        Args:
            which: (K,) the runs; none may be going on.
            seeds: (K,) of the episodes.

        Raises:
            SpecError: The scenario's parameters make it draw what no host can play.
        """
        tables, new = [], []
        for r, seed in zip(which.tolist(), seeds.tolist(), strict=True):
            table = self._kept.get(seed)
            if table is None:
                table = r
                if seed >= FIRST_TRAINING_SEED and self._next < len(self._seeds):
                    table = self._kept[seed] = self._next
                    self._next += 1
                new.append((table, seed))
            tables.append(table)
        try:
            for first in range(0, len(new), MOST_AT_ONCE):
                self._draw(new[first : first + MOST_AT_ONCE])
        except BaseException:
            for _, seed in new:  # of which some have not been drawn
                self._kept.pop(seed, None)
            raise
        self.runs.table[which] = tables

    def remember(self) -> None:
        """Makes room for the memory of a scheduler."""
        self.runs, self._place = with_memory(self.runs), None

    def seated(self) -> tuple[list[int | None], dict[int, Workload]]:
        """Returns what stands in the tables of the runs, for `seat_again`."""
        own = len(self.runs.table)
        return self._seeds[:own], {table: work for table, work in self._workloads.items() if table < own}

    def seat_again(self, seated: tuple[list[int | None], dict[int, Workload]]) -> None:
        """Takes note of what stands in the tables of the runs, which have got back what they held then."""
        own = len(self.runs.table)
        kept = {table: work for table, work in self._workloads.items() if table >= own}
        self._seeds[:own], self._workloads = seated[0], kept | seated[1]

    def _draw(self, episodes: list[tuple[int, int]]) -> None:
        """Draws episodes, pairs of a table and a seed, into their tables."""
        drawer, number = self._drawer, 0
        while number < len(episodes) and (drawer is None or not drawer.is_due):
            table, seed = episodes[number]
            self._put(table, seed, self._scenario.episode(seed) if drawer is None else drawer.episode(self._scenario, seed))
            number += 1
        if drawer is not None and number < len(episodes):
            doubtful = self._draw_compiled(drawer, episodes[number:])
            for table, seed in episodes[number:]:
                self._seeds[table] = seed
                self._workloads.pop(table, None)
            for table, seed in doubtful:
                self._put(table, seed, self._scenario.episode(seed))

    def _put(self, table: int, seed: int, workload: Workload) -> None:
        self._make_room(workload.num_vms, len(workload.work_us), workload.num_classes)
        put(self.runs, table, workload, cost_rates(self._scenario.objective, self._host, workload))
        self._seeds[table], self._workloads[table] = seed, workload

    def _draw_compiled(self, drawer: Drawer, episodes: list[tuple[int, int]]) -> list[tuple[int, int]]:
        """Returns those that cannot be told to be right, for the checks of `Workload`."""
        if drawer.take(episodes):
            self._place = None
        status = drawer.drawn.found[: len(episodes), STATUS]
        while True:
            s = self.runs
            drawer.fill(Tables(s.vms, s.phases, s.contention), len(episodes))
            if self._place is None:
                arguments = (s, drawer.drawn, self._limits, OBJECTIVES.index(self._scenario.objective))
                self._place = COMPILED.bind(place, arguments)
            COMPILED.divide(self._place, len(episodes))
            if not status.any():
                return []
            if not self._make_room(*drawer.largest(len(episodes)).tolist()):
                return [episodes[k] for k in np.flatnonzero(status)]

    def _make_room(self, num_vms: int, num_phases: int, num_classes: int) -> bool:
        """Lengthens the tables of VMs and phases, twofold at least, and those of classes, for a workload that is larger than all before.

        Returns:
            Whether it is larger.
        """
        s, longer = self.runs, {}
        if num_vms > s.vms.shape[1]:
            length = num_vms if s.vms.shape[1] == 1 else max(num_vms, 2 * s.vms.shape[1])
            longer = {name: _lengthen(getattr(s, name), length) for name in ("vms", "cost_rates", "late_rates", "deadlines", "outcomes")}
        if num_phases > s.phases.shape[1]:
            length = num_phases if s.phases.shape[1] == 1 else max(num_phases, 2 * s.phases.shape[1])
            longer["phases"] = _lengthen(s.phases, length)
        more = num_classes - s.contention.shape[1]
        if more > 0:
            longer["contention"] = np.pad(s.contention, ((0, 0), (0, more), (0, more)))
            longer["neighbours"] = np.pad(s.neighbours, ((0, 0), (0, more)))
            longer["pairs"] = np.pad(s.pairs, ((0, 0), (0, more), (0, more), (0, 0)))
        if longer:
            self.runs, self._place = s._replace(**longer), None
            if self._drawer is not None:
                self._drawer.rebind()
        return bool(longer)


def pack_episodes(scenario: DispatchScenario, seeds: Sequence[int]) -> Runs:
    """Returns a run for each of these episodes, ready to begin."""
    runs = allocate(
        scenario.build_host(),
        num_runs=len(seeds),
        num_slots=scenario.num_slots,
        num_vms=1,
        num_phases=1,
        horizon_us=scenario.horizon_us,
        commits=scenario.commit,
        reserves=scenario.reservation,
    )
    tables = EpisodeTables(scenario, runs)
    tables.seat(np.arange(len(seeds)), np.asarray(seeds, np.int64))
    return tables.runs


def _lengthen(array: Ints | Floats, length: int) -> np.ndarray:
    longer = np.zeros((array.shape[0], length, *array.shape[2:]), array.dtype)
    longer[:, : array.shape[1]] = array
    return longer
