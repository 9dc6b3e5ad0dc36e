"""Drawing many episodes of a scenario at once, into the tables of a batch, and one of them as a workload."""

from __future__ import annotations

import copy
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from vmenv.host import columns as c
from vmenv.host.state import Ints
from vmenv.jit.mode import Mode, drawing_mode
from vmenv.workload.drawing import (
    NUM_CLASSES,
    NUM_FOUND,
    NUM_PHASES,
    NUM_VMS,
    OK,
    STATUS,
    Drawn,
    Tables,
    columns_of,
    make_fill,
    set_defaults,
    workload_of,
)
from vmenv.workload.table import Workload

if TYPE_CHECKING:
    from vmenv.episodes.scenario import Scenario

MOST_AT_ONCE = 1024
FIRST_ROWS = 64  # of tables that nothing has been drawn into yet


class Drawer:
    """Draws episodes of a scenario that has a `draw`.

    Args:
        scenario: The scenario.
        mode: How, if not as compiled code can.

    Attributes:
        drawn: The episodes of the last call, the first `num` rows.
    """

    def __init__(self, scenario: Scenario, mode: Mode | None = None) -> None:
        self._draw, self._stream = type(scenario).draw, scenario.stream
        self._numbers = scenario.numbers()
        self._mode = mode or drawing_mode()
        self._fill: Callable[[int, int], int] | None = None
        self.drawn = Drawn(np.zeros(1, np.int64), np.zeros(1, np.int64), np.zeros((1, NUM_FOUND), np.int64))

    def __getstate__(self) -> dict[str, Any]:
        return self.__dict__ | {"_fill": None}  # machine code with addresses

    def take(self, episodes: Sequence[tuple[int, int]]) -> bool:
        """Takes note of what is to be drawn: pairs of a table and a seed. Returns whether other arrays have taken the place of `drawn`."""
        longer = len(episodes) > len(self.drawn.seeds)
        if longer:
            length = max(len(episodes), 2 * len(self.drawn.seeds))
            self.drawn = Drawn(np.zeros(length, np.int64), np.zeros(length, np.int64), np.zeros((length, NUM_FOUND), np.int64))
            self._fill = None
        for k, (table, seed) in enumerate(episodes):
            self.drawn.tables[k], self.drawn.seeds[k] = table, seed
        return longer

    def rebind(self) -> None:
        """Has the next `fill` look for where its arrays are: others have taken their place."""
        self._fill = None

    def fill(self, tables: Tables, num: int) -> None:
        """Draws what was taken."""
        if self._fill is None:
            assert self._draw is not None
            self._fill = self._mode.bind(make_fill(self._draw, *self._stream), (self._numbers, tables, self.drawn))
        self._mode.divide(self._fill, num)

    def largest(self, num: int) -> Ints:
        """Returns (3,) how many VMs, phases and classes the largest of the last episodes have, which may be more than fit."""
        return np.asarray(self.drawn.found[:num, : NUM_CLASSES + 1].max(axis=0))


def draw_one(scenario: Scenario, seed: int) -> Workload:
    """Returns the workload of one episode, drawn in compiled code."""
    drawer = Drawer(scenario)
    drawer.take([(0, seed)])
    size = np.array([getattr(scenario, "num_vms", FIRST_ROWS)] * 2 + [0])
    while True:
        tables = _tables(size)
        drawer.fill(tables, 1)
        if drawer.drawn.found[0, STATUS] == OK:
            return workload_of(tables.vms[0], tables.phases[0], tables.contention[0], drawer.drawn.found[0])
        size = np.maximum(drawer.largest(1), size)
        drawer.rebind()


def draw_interpreted(scenario: Scenario, rng: np.random.Generator) -> Workload:
    """Returns a workload drawn by plain Python from any generator."""
    draw = type(scenario).draw
    assert draw is not None
    size = np.array([getattr(scenario, "num_vms", FIRST_ROWS)] * 2 + [0])
    while True:
        tables, trial = _tables(size), copy.deepcopy(rng)
        one = (tables.vms[0], tables.phases[0], tables.contention[0])
        set_defaults(*one)
        found = np.array(draw(trial, scenario.numbers(), columns_of(*one)))
        if (found <= size).all():
            rng.bit_generator.state = trial.bit_generator.state
            return workload_of(*one, found)
        size = np.maximum(found, size)


def _tables(size: Ints) -> Tables:
    """Returns tables for one workload of so many VMs, phases and classes."""
    return Tables(
        np.zeros((1, size[NUM_VMS], c.NUM_GIVEN_COLUMNS), np.int64),
        np.zeros((1, size[NUM_PHASES], c.NUM_PHASE_COLUMNS), np.int64),
        np.zeros((1, size[NUM_CLASSES], size[NUM_CLASSES]), np.int64),
    )
