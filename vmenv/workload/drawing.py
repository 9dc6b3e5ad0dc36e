"""Workloads that compiled code draws straight into the tables of a batch: what a scenario writes, and what makes a table of it.

A scenario's `draw` is one function over a generator and the columns below. Interpreted it is plain Python, compiled it runs on all threads,
and in either mode it draws the same numbers. It writes VMs in any order; here they are checked, and put into the order of their arrival.
"""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np

from vmenv.host import columns as c
from vmenv.host import given
from vmenv.host.state import Ints
from vmenv.jit import drawing, jittable, name_apart, pcg64, seed_words
from vmenv.workload.table import RANGES, Workload

Draw = Callable[..., tuple[int, int, int]]
NUM_VMS, NUM_PHASES, NUM_CLASSES, STATUS, NUM_FOUND = range(5)  # columns of `Drawn.found`
OK, TOO_LARGE, DOUBTFUL = range(3)  # STATUS: of what is DOUBTFUL the checks of `Workload` say what is wrong


class Columns(NamedTuple):
    """What a draw writes: the columns of a `Workload`, views of a table. All hold their defaults, and `num_phases` is 1."""

    arrival_us: Ints  # (N,), as those that follow
    weight: Ints
    priority: Ints
    slo_us: Ints
    image_mib: Ints
    estimate_us: Ints
    tenant: Ints
    vm_class: Ints
    kind: Ints
    target: Ints
    dirty_kib_s: Ints
    working_set_mib: Ints
    saving_permille: Ints
    emulated: Ints
    num_phases: Ints
    work_us: Ints  # (P,), as those that follow
    cpu_millicores: Ints
    memory_mib: Ints
    disk_kib_s: Ints
    net_kib_s: Ints
    contention: Ints  # (C, C)


class Drawn(NamedTuple):
    """K episodes that are to be drawn into tables of a batch.

    Attributes:
        seeds: (K,) of the episodes.
        tables: (K,) where they go.
        found: (K, NUM_FOUND) written: the VMs, phases and classes that each has, and how it stands: TOO_LARGE if not all of them fit.
    """

    seeds: Ints
    tables: Ints
    found: Ints


class Tables(NamedTuple):
    """What episodes are drawn into; see `vmenv.host.state.Runs`."""

    vms: Ints  # (T, N, NUM_GIVEN_COLUMNS)
    phases: Ints  # (T, P, NUM_PHASE_COLUMNS)
    contention: Ints  # (T, C, C)


@jittable
def columns_of(vms: Ints, phases: Ints, contention: Ints) -> Columns:
    """Returns the columns of one table; until `put_in_order` PAST_PHASE stands for the number of phases."""
    return Columns(
        vms[:, given.ARRIVAL_US],
        vms[:, given.WEIGHT],
        vms[:, given.PRIORITY],
        vms[:, given.SLO_US],
        vms[:, given.IMAGE_MIB],
        vms[:, given.ESTIMATE_US],
        vms[:, given.TENANT],
        vms[:, given.VM_CLASS],
        vms[:, given.KIND],
        vms[:, given.TARGET],
        vms[:, given.DIRTY_KIB_S],
        vms[:, given.WORKING_SET_MIB],
        vms[:, given.SAVING],
        vms[:, given.EMULATED],
        vms[:, given.PAST_PHASE],
        phases[:, c.PHASE_WORK_US],
        phases[:, c.CPU],
        phases[:, c.MEMORY],
        phases[:, c.DISK],
        phases[:, c.NET],
        contention,
    )


@functools.cache
def make_fill(draw: Draw, first_word: int, second_word: int) -> Callable[..., int]:
    """Returns what draws episodes `[first, past)`: `fill(numbers, tables, drawn, first, past)`.

    Args:
        draw: Of a scenario.
        first_word: Of the scenario's stream.
        second_word: Of the scenario's stream.
    """

    def fill(numbers: Any, tables: Tables, drawn: Drawn, first: int, past: int) -> int:
        for k in range(first, past):
            words = seed_words(drawn.seeds[k], first_word, second_word)
            rng = pcg64(words[0], words[1], words[2], words[3])
            table = drawn.tables[k]
            columns = columns_of(tables.vms[table], tables.phases[table], tables.contention[table])
            set_defaults(tables.vms[table], tables.phases[table], tables.contention[table])
            found = draw(rng, numbers, columns)
            fit = found[0] <= tables.vms.shape[1] and found[1] <= tables.phases.shape[1] and found[2] <= tables.contention.shape[1]
            drawn.found[k, NUM_VMS], drawn.found[k, NUM_PHASES], drawn.found[k, NUM_CLASSES] = found[0], found[1], found[2]
            drawn.found[k, STATUS] = OK if fit else TOO_LARGE
        return 0

    name_apart(fill, f"{draw.__module__}.{draw.__qualname__}_{first_word:x}_{second_word:x}")
    return fill


@jittable
def set_defaults(vms: Ints, phases: Ints, contention: Ints) -> None:
    """Writes what a column holds that nobody writes to."""
    vms[:], phases[:], contention[:] = 0, 0, 0
    vms[:, given.WEIGHT] = 1
    vms[:, given.PAST_PHASE] = 1
    vms[:, given.TARGET] = c.NOBODY
    phases[:, c.CPU] = 1000


def workload_of(vms: Ints, phases: Ints, contention: Ints, found: Ints) -> Workload:
    """Returns what has been drawn into one table as a workload, in the order in which it was drawn, all checked.

    Raises:
        SpecError: The scenario's parameters make it draw what no workload may have.
    """
    num_classes = found[NUM_CLASSES]
    columns = columns_of(vms[: found[NUM_VMS]], phases[: found[NUM_PHASES]], contention[:num_classes, :num_classes])._asdict()
    table = columns.pop("contention")
    return Workload(**columns, contention=table if num_classes else None)


def _ranges(names: dict[int, str], number: int) -> Ints:
    return np.array([RANGES[names[k]] for k in range(number)], np.int64).T.copy()


_GIVEN = {
    given.ARRIVAL_US: "arrival_us",
    given.TENANT: "tenant",
    given.KIND: "kind",
    given.WEIGHT: "weight",
    given.PRIORITY: "priority",
    given.SLO_US: "slo_us",
    given.IMAGE_MIB: "image_mib",
    given.ESTIMATE_US: "estimate_us",
    given.VM_CLASS: "vm_class",
    given.TARGET: "target",
    given.DIRTY_KIB_S: "dirty_kib_s",
    given.WORKING_SET_MIB: "working_set_mib",
    given.SAVING: "saving_permille",
    given.EMULATED: "emulated",
    given.PAST_PHASE: "num_phases",
    given.SIZE_US: "estimate_us",  # written here, as is the next
    given.FIRST_PHASE: "estimate_us",
}
_OF_PHASES = {
    c.CPU: "cpu_millicores",
    c.DISK: "disk_kib_s",
    c.NET: "net_kib_s",
    c.MEMORY: "memory_mib",
    c.PHASE_WORK_US: "work_us",
}
LEAST, MOST = _ranges(_GIVEN, c.NUM_GIVEN_COLUMNS)
LEAST_OF_PHASE, MOST_OF_PHASE = _ranges(_OF_PHASES, c.NUM_PHASE_COLUMNS)


@jittable
def is_sound(vms: Ints, phases: Ints, contention: Ints, num_vms: int, num_phases: int) -> bool:
    """Returns whether what has been drawn is certainly a workload; where not, `Workload` has to look at it."""
    if num_vms < 1:
        return False
    outside = total = 0
    for i in range(num_vms):
        for column in range(c.NUM_GIVEN_COLUMNS):
            outside |= (vms[i, column] < LEAST[column]) | (vms[i, column] > MOST[column])  # no early end: so it is done in vectors
    for i in range(num_phases):
        for column in range(c.NUM_PHASE_COLUMNS):
            outside |= (phases[i, column] < LEAST_OF_PHASE[column]) | (phases[i, column] > MOST_OF_PHASE[column])
    if outside:
        return False
    for i in range(num_vms):
        total += vms[i, given.PAST_PHASE]
        if vms[i, given.KIND] != c.RUN and not _is_sound_task(vms, i, num_vms):
            return False
        if contention.shape[0] > 0 and vms[i, given.VM_CLASS] >= contention.shape[0]:
            return False
    for a in range(contention.shape[0]):
        for b in range(contention.shape[1]):
            if contention[a, b] < 0 or contention[a, b] > 1000:
                return False
    return total == num_phases


@jittable
def _is_sound_task(vms: Ints, i: int, num_vms: int) -> bool:
    """Returns whether row `i` is a maintenance task, no migration, about a VM that has certainly arrived before it."""
    target = vms[i, given.TARGET]
    if target < 0 or target >= num_vms or vms[target, given.KIND] != c.RUN or vms[i, given.KIND] == c.MIGRATE:
        return False
    if vms[i, given.PAST_PHASE] != 1 or vms[i, given.IMAGE_MIB] != 0:
        return False
    came_us, due_us = vms[target, given.ARRIVAL_US], vms[i, given.ARRIVAL_US]
    return bool(came_us < due_us or (came_us == due_us and target < i))


@drawing
def put_in_order(vms: Ints, phases: Ints, num_vms: int) -> None:
    """Makes the table of a workload of what has been drawn: sizes, numbers of phases, order of arrival."""
    past, in_order = 0, True
    for i in range(num_vms):
        vms[i, given.FIRST_PHASE] = past
        past += vms[i, given.PAST_PHASE]
        vms[i, given.PAST_PHASE] = past
        size_us = 0
        for phase in range(vms[i, given.FIRST_PHASE], past):
            size_us += phases[phase, c.PHASE_WORK_US]
        vms[i, given.SIZE_US] = size_us
        if i > 0 and vms[i, given.ARRIVAL_US] < vms[i - 1, given.ARRIVAL_US]:
            in_order = False
    if in_order:
        return
    order = np.argsort(vms[:num_vms, given.ARRIVAL_US].copy(), kind="mergesort")
    before, rank = vms[:num_vms].copy(), np.empty(num_vms, np.int64)
    for i in range(num_vms):
        rank[order[i]] = i
    for i in range(num_vms):
        for column in range(c.NUM_GIVEN_COLUMNS):
            vms[i, column] = before[order[i], column]
        if vms[i, given.KIND] != c.RUN:
            vms[i, given.TARGET] = rank[vms[i, given.TARGET]]
