"""Which workload stands in which table of a batch. Training episodes are drawn once and kept: a reset only points at a table.

Drawing an episode takes as long as a thousand decisions of the compiled core, so that it must not be done for every reset.
"""

from __future__ import annotations

import numpy as np

from vmenv.dispatch.objective import cost_rates
from vmenv.dispatch.packing import put
from vmenv.dispatch.scenario import DispatchScenario
from vmenv.host.state import Floats, Ints, Runs, with_memory
from vmenv.workload.table import Workload


class EpisodeTables:
    """The tables of a batch of B runs: one for each run, and as many as there are training episodes to be kept.

    Args:
        scenario: Draws the episodes.
        runs: The batch.

    Attributes:
        runs: The batch; another one with longer tables after an episode that did not fit.
        num_vms: (T,) VMs of each table.
    """

    def __init__(self, scenario: DispatchScenario, runs: Runs) -> None:
        self.runs = runs
        self._scenario = scenario
        self._host = scenario.build_host()
        self._workloads: list[Workload | None] = [None] * len(runs.num_vms)
        self._kept: dict[int, int] = {}  # seed -> table
        self._next = len(runs.table)  # first table that is free for keeping

    def workload(self, r: int) -> Workload | None:
        """Returns what run `r` plays."""
        return self._workloads[self.runs.table[r]]

    def seat(self, r: int, seed: int, keep: bool) -> int:
        """Lets run `r` play the episode with this seed, and returns the table.

        Args:
            r: The run; it must not be going on.
            seed: Of the episode.
            keep: Whether to keep it for later resets, while there is a free table.
        """
        table = self._kept.get(seed)
        if table is None:
            table = r
            if keep and self._next < len(self._workloads):
                table = self._kept[seed] = self._next
                self._next += 1
            self._draw(table, seed)
        self.runs.table[r] = table
        return table

    def remember(self) -> None:
        """Makes room for the memory of a scheduler."""
        self.runs = with_memory(self.runs)

    def seated(self) -> list[Workload | None]:
        """Returns what stands in the tables of the runs, for `seat_again`."""
        return self._workloads[: len(self.runs.table)]

    def seat_again(self, workloads: list[Workload | None]) -> None:
        """Takes note of what stands in the tables of the runs, which have got back what they held then."""
        self._workloads[: len(workloads)] = workloads

    def _draw(self, table: int, seed: int) -> None:
        workload = self._scenario.episode(seed)
        self._make_room(workload)
        put(self.runs, table, workload, cost_rates(self._scenario.objective, self._host, workload))
        self._workloads[table] = workload

    def _make_room(self, workload: Workload) -> None:
        """Lengthens the tables of VMs and phases, twofold at least, and those of classes, when a workload is larger than all before."""
        s, longer = self.runs, {}
        if workload.num_vms > s.vms.shape[1]:
            length = workload.num_vms if s.vms.shape[1] == 1 else max(workload.num_vms, 2 * s.vms.shape[1])
            longer = {name: _lengthen(getattr(s, name), length) for name in ("vms", "cost_rates", "late_rates", "deadlines", "outcomes")}
        if len(workload.work_us) > s.phases.shape[1]:
            length = len(workload.work_us) if s.phases.shape[1] == 1 else max(len(workload.work_us), 2 * s.phases.shape[1])
            longer["phases"] = _lengthen(s.phases, length)
        more = workload.num_classes - s.contention.shape[1]
        if more > 0:
            longer["contention"] = np.pad(s.contention, ((0, 0), (0, more), (0, more)))
            longer["neighbours"] = np.pad(s.neighbours, ((0, 0), (0, more)))
            longer["pairs"] = np.pad(s.pairs, ((0, 0), (0, more), (0, more), (0, 0)))
        if longer:
            self.runs = s._replace(**longer)


def _lengthen(array: Ints | Floats, length: int) -> np.ndarray:
    longer = np.zeros((array.shape[0], length, *array.shape[2:]), array.dtype)
    longer[:, : array.shape[1]] = array
    return longer
