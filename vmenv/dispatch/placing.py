"""From what a scenario has drawn to tables that runs can play: checks, order of arrival, what VMs cost, deadlines."""

from __future__ import annotations

import numpy as np

from vmenv.dispatch.objective import rates_of
from vmenv.host import columns as c
from vmenv.host import given
from vmenv.host.state import Ints, Runs
from vmenv.jit import drawing
from vmenv.workload.drawing import DOUBTFUL, NUM_CLASSES, NUM_PHASES, NUM_VMS, OK, STATUS, TOO_LARGE, Drawn, is_sound, put_in_order


def place(runs: Runs, drawn: Drawn, limits: Ints, objective: int, first: int, past: int) -> int:
    """Finishes the tables of the episodes `[first, past)`, but for those that are too large or doubtful. Returns 0.

    Args:
        runs: Whose tables they are in.
        drawn: The episodes.
        limits: (NUM_DEMANDS + 1,) the largest demand and, last, the largest image that the host can certainly hold.
        objective: Number of the objective in OBJECTIVES.
        first: The first episode of this call.
        past: One past the last.
    """
    for k in range(first, past):
        if drawn.found[k, STATUS] == TOO_LARGE:
            continue
        table, num_vms, num_classes = drawn.tables[k], drawn.found[k, NUM_VMS], drawn.found[k, NUM_CLASSES]
        vms, phases = runs.vms[table], runs.phases[table]
        contention = runs.contention[table][:num_classes, :num_classes]
        sound = is_sound(vms, phases, contention, num_vms, drawn.found[k, NUM_PHASES])
        drawn.found[k, STATUS] = OK if sound and _fits(vms, phases, num_vms, drawn.found[k, NUM_PHASES], limits) else DOUBTFUL
        if drawn.found[k, STATUS] == OK:
            put_in_order(vms, phases, num_vms)
            runs.num_vms[table] = num_vms
            _charge(runs, table, num_vms, objective)
    return 0


@drawing
def _fits(vms: Ints, phases: Ints, num_vms: int, num_phases: int, limits: Ints) -> bool:
    for i in range(num_vms):
        if vms[i, given.EMULATED] != 0 or vms[i, given.IMAGE_MIB] > limits[c.NUM_DEMANDS]:
            return False
    for i in range(num_phases):
        for demand in range(c.NUM_DEMANDS):
            if phases[i, demand] > limits[demand]:
                return False
    return True


@drawing
def _charge(runs: Runs, table: int, num_vms: int, objective: int) -> None:
    """Writes what each VM costs, and the deadlines of those that cost more when late, the soonest first."""
    vms, switch_us = runs.vms[table], runs.host[c.SWITCH_US]
    for i in range(runs.deadlines.shape[1]):
        runs.deadlines[table, i, 0] = runs.deadlines[table, i, 1] = c.NEVER
    num_late = 0
    for i in range(num_vms):
        is_vm = vms[i, given.KIND] == c.RUN
        present, late = rates_of(objective, is_vm, switch_us + vms[i, given.SIZE_US], vms[i, given.WEIGHT], vms[i, given.SLO_US])
        runs.cost_rates[table, i], runs.late_rates[table, i] = present, late
        if late != 0.0:
            runs.deadlines[table, num_late, 0] = vms[i, given.ARRIVAL_US] + vms[i, given.SLO_US]
            runs.deadlines[table, num_late, 1] = i
            num_late += 1
    if num_late > 0:
        before = runs.deadlines[table, :num_late].copy()
        soonest = np.argsort(before[:, 0].copy(), kind="mergesort")
        for k in range(num_late):
            runs.deadlines[table, k, 0], runs.deadlines[table, k, 1] = before[soonest[k], 0], before[soonest[k], 1]
