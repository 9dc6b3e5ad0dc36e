"""The optimal policy of the scenario `gang`, as a scheduler: the table that `markov` solves for, looked up at every decision."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from typing import Any

import numpy as np

from vmenv.bounds.markov import solve_one_or_all
from vmenv.dispatch.scenarios.gang import Gang
from vmenv.dispatch.scheduler import Scheduler
from vmenv.dispatch.schedulers.drain import LARGE_START, NOBODY_STARTS, SMALL_START, count_kinds, kind_key
from vmenv.host.dynamics import can_wait
from vmenv.host.state import Floats, State


@dataclass(frozen=True, kw_only=True)
class GangOptimal(Scheduler):
    """Does what a table says.

    Args:
        shape: Small VMs that run, small ones that wait, large ones that wait: how many of each the table knows, 0 included.
        table: What to do at each, row by row: 0 nobody starts, 1 a small VM, 2 a large one. Longer queues count as the longest.
    """

    information = "demands"
    source = "relative value iteration, `vmenv.bounds.markov`"
    waits_on_purpose = True

    shape: tuple[int, int, int]
    table: tuple[int, ...]

    def params(self, seed: int = 0) -> Floats:
        """Returns the shape and the table."""
        return np.array([*self.shape, *self.table], np.float64)

    def describe(self) -> dict[str, Any]:
        """Returns the policy as plain values, the table by its digest."""
        return {"kind": "gang_optimal", "shape": self.shape, "table": hashlib.sha256(bytes(self.table)).hexdigest()[:16]}

    @staticmethod
    def update(s: State, params: Floats) -> None:
        """Memory of the run: 0 which kind starts."""
        kinds = count_kinds(s)
        running, small, large = int(params[0]), int(params[1]), int(params[2])
        row = (min(kinds.small_running, running - 1) * small + min(kinds.small_waiting, small - 1)) * large
        s.run_memory[0] = params[3 + row + min(kinds.large_waiting, large - 1)]
        if s.run_memory[0] == NOBODY_STARTS and not can_wait(s):  # the model knows no last VM
            s.run_memory[0] = SMALL_START if kinds.small_waiting > 0 else LARGE_START

    @staticmethod
    def key(vm: Any, host: Any, params: Any) -> tuple[float, float]:
        """Order of arrival within the kind that starts; infinity for the others."""
        return kind_key(vm, host)


def gang_optimal(scenario: Gang, longest_small: int = 80, longest_large: int = 40) -> GangOptimal:
    """Returns the policy with the least mean number of VMs present, in the long run. Solving takes some seconds.

    Args:
        scenario: What it is optimal for.
        longest_small: Waiting small VMs that the table knows.
        longest_large: Waiting large VMs that it knows.
    """
    solved = solve_one_or_all(
        scenario.cpus, scenario.small_rate, scenario.large_rate, longest_small=longest_small, longest_large=longest_large, tolerance=0.01
    )
    return GangOptimal(shape=solved.actions.shape, table=tuple(solved.actions.ravel().tolist()))
