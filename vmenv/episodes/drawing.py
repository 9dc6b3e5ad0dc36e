"""Drawing episodes of a scenario: many at once by compiled code, into the tables of a batch, or one by plain numpy, as a workload."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from vmenv.host import columns as c
from vmenv.host.state import Ints
from vmenv.jit.compile import can_draw
from vmenv.jit.mode import COMPILED
from vmenv.workload.drawing import (
    NUM_CLASSES,
    NUM_FOUND,
    NUM_PHASES,
    NUM_VMS,
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
FIRST_ROWS = 64  # of a table of which nobody knows how many there will be
PATIENCE_S = 1.0  # that a process draws a scenario's episodes in Python before it has them compiled, which takes several seconds
_spent_s: dict[Any, float] = {}  # by a scenario's draw


class Drawer:
    """Draws episodes of a scenario that has a `draw`, in compiled code, on all threads.

    Args:
        scenario: The scenario.

    Attributes:
        drawn: The episodes of the last call, in its first rows.
    """

    def __init__(self, scenario: Scenario) -> None:
        self._draw, self._stream = type(scenario).draw, scenario.stream
        self._numbers = scenario.numbers()
        self._fill: Callable[[int, int], int] | None = None
        self.drawn = Drawn(np.zeros(1, np.int64), np.zeros(1, np.int64), np.zeros((1, NUM_FOUND), np.int64))

    def __getstate__(self) -> dict[str, Any]:
        return self.__dict__ | {"_fill": None}  # machine code with addresses

    @property
    def is_due(self) -> bool:
        """Whether to draw in compiled code by now: this process has drawn for long enough in Python that compiling is worth it."""
        return _spent_s.get(self._draw, 0.0) >= PATIENCE_S and can_draw()

    def episode(self, scenario: Scenario, seed: int) -> Workload:
        """Returns the workload of an episode, drawn in Python, and takes note of the time."""
        began_s = time.perf_counter()
        workload = scenario.episode(seed)
        _spent_s[self._draw] = _spent_s.get(self._draw, 0.0) + time.perf_counter() - began_s
        return workload

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
            self._fill = COMPILED.bind(make_fill(self._draw, *self._stream), (self._numbers, tables, self.drawn))
        COMPILED.divide(self._fill, num)

    def largest(self, num: int) -> Ints:
        """Returns (3,) how many VMs, phases and classes the largest of the last episodes have, which may be more than fit."""
        return np.asarray(self.drawn.found[:num, : NUM_CLASSES + 1].max(axis=0))


def draw_interpreted(scenario: Scenario, rng: np.random.Generator) -> Workload:
    """Returns a workload that a scenario's `draw` has drawn in plain numpy."""
    draw, numbers, begun = type(scenario).draw, scenario.numbers(), rng.bit_generator.state
    assert draw is not None
    size = np.array([getattr(scenario, "num_vms", FIRST_ROWS)] * 2 + [0])
    while True:
        vms, phases, contention = (table[0] for table in empty_tables(size))
        set_defaults(vms, phases, contention)
        found = np.array(draw(rng, numbers, columns_of(vms, phases, contention)))
        if (found <= size).all():
            return workload_of(vms, phases, contention, found)
        size, rng.bit_generator.state = np.maximum(found, size), begun


def empty_tables(size: Ints) -> Tables:
    """Returns tables for one workload of so many VMs, phases and classes."""
    return Tables(
        np.zeros((1, size[NUM_VMS], c.NUM_GIVEN_COLUMNS), np.int64),
        np.zeros((1, size[NUM_PHASES], c.NUM_PHASE_COLUMNS), np.int64),
        np.zeros((1, size[NUM_CLASSES], size[NUM_CLASSES]), np.int64),
    )
