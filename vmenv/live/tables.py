"""The tables of a run whose VMs are not all known when it begins: rows come and go ahead of the clock, and arrays grow.

These functions work on whole arrays and are never compiled; the dynamics read the tables as ever.
"""

from __future__ import annotations

import numpy as np

from vmenv.host import columns as c
from vmenv.host import given, outcome
from vmenv.host.lifecycle import WITHDRAW, go_on_without
from vmenv.host.spec import Host
from vmenv.host.state import Ints, Runs, State, allocate, fold, one, push_free, reset

_PER_VM = ("vms", "cost_rates", "late_rates", "outcomes")


def begin_empty(s: State) -> None:
    """Puts a run at time 0 with no VM to come."""
    reset(s, 0)
    s.run[c.NEXT_ARRIVAL_US] = s.run[c.NEXT_DEADLINE_US] = c.NEVER
    s.run[c.STATE] = c.DONE


def insert_vm(s: State, row: Ints, cost_rate: float, late_rate: float) -> int:
    """Enters a VM that arrives now or later, behind those that arrive at the same time.

    Args:
        s: The run; its tables have room, and its phases are in theirs.
        row: (NUM_GIVEN_COLUMNS,) as in `State.vms`.
        cost_rate: Its c_i.
        late_rate: Its d_i.

    Returns:
        Its VM number. Those of the VMs that arrive later are one higher than before.
    """
    num_vms = int(s.run[c.NUM_VMS])
    vm = int(np.searchsorted(s.vms[:num_vms, given.ARRIVAL_US], row[given.ARRIVAL_US], side="right"))
    for name in _PER_VM:
        column = getattr(s, name)
        column[vm + 1 : num_vms + 1] = column[vm:num_vms].copy()
    s.vms[vm], s.cost_rates[vm], s.late_rates[vm] = row, cost_rate, late_rate
    s.outcomes[vm] = 0
    s.outcomes[vm, outcome.COMPLETION_US] = s.outcomes[vm, outcome.ADMISSION_US] = -1
    s.run[c.NUM_VMS] += 1
    s.run[c.STATE] = c.GOING
    look_ahead(s)
    return vm


def withdraw_vm(s: State, vm: int) -> None:
    """Takes a VM that has not been admitted out of the tables, as if it had never been to come. From now on it costs nothing.

    The VM numbers behind it are one lower than before.
    """
    fold(s, c.EVENT_COMMAND, WITHDRAW)
    fold(s, c.EVENT_COMMAND, vm)
    if vm < s.run[c.NEXT_ARRIVAL]:  # it waits in the admission queue
        s.run[c.NEXT_ARRIVAL] -= 1
        s.costs[c.COST_RATE] -= s.cost_rates[vm]
        if _deadlines(s)[vm] <= s.run[c.CLOCK_US]:
            s.costs[c.COST_RATE] -= s.late_rates[vm]
        if s.run[c.NUM_DONE] == s.run[c.NEXT_ARRIVAL]:
            s.costs[c.COST_RATE] = 0.0
    num_vms = int(s.run[c.NUM_VMS])
    for name in _PER_VM:
        column = getattr(s, name)
        column[vm : num_vms - 1] = column[vm + 1 : num_vms].copy()
    s.run[c.NUM_VMS] -= 1
    look_ahead(s)
    go_on_without(s)


def forget_memory(s: State) -> None:
    """Lets a scheduler begin that knows nothing of what another one noted."""
    s.vm_memory[:] = 0.0
    s.run_memory[:] = 0.0
    s.keys[s.keys != c.NO_KEY] = c.UNKNOWN_KEY
    s.least_keys[:] = c.UNKNOWN_KEY
    s.block_first[:] = s.group_first[:] = c.UNKNOWN_SLOT


def look_ahead(s: State) -> None:
    """Finds the next arrival, and writes down the deadlines to come: those up to now are in the cost already."""
    next_arrival, num_vms = int(s.run[c.NEXT_ARRIVAL]), int(s.run[c.NUM_VMS])
    s.run[c.NEXT_ARRIVAL_US] = s.vms[next_arrival, given.ARRIVAL_US] if next_arrival < num_vms else c.NEVER
    if not s.late_rates[:num_vms].any():
        s.run[c.NEXT_DEADLINE], s.run[c.NEXT_DEADLINE_US] = 0, c.NEVER
        return
    deadlines = _deadlines(s)
    to_come = (s.late_rates[:num_vms] != 0.0) & (deadlines > s.run[c.CLOCK_US])
    late = np.flatnonzero(to_come)
    soonest = late[np.argsort(deadlines[late], kind="stable")]
    s.deadlines[:] = c.NEVER
    s.deadlines[: len(late), 0], s.deadlines[: len(late), 1] = deadlines[soonest], soonest
    s.run[c.NEXT_DEADLINE], s.run[c.NEXT_DEADLINE_US] = 0, s.deadlines[0, 0]


def _deadlines(s: State) -> Ints:
    """Returns (NUM_VMS,) arrival + slo_us."""
    rows = s.vms[: s.run[c.NUM_VMS]]
    return np.asarray(rows[:, given.ARRIVAL_US] + rows[:, given.SLO_US])


def with_room(runs: Runs, host: Host, *, num_vms: int, num_phases: int, num_slots: int) -> Runs:
    """Returns a run like that in `runs`, a batch of one, with room for so many VMs, phases and slots; the run that is given is untouched.

    Args:
        runs: The run.
        host: What it is on.
        num_vms: VMs; as many as before at least.
        num_phases: Phases; likewise.
        num_slots: Slots; likewise. The new ones are empty.
    """
    longer = allocate(host, num_runs=1, num_slots=num_slots, num_vms=num_vms, num_phases=num_phases)
    reset(one(longer, 0), 0)
    s, had = one(longer, 0), one(runs, 0)
    for name in ("host", "run", "costs", "devices", "run_memory"):
        getattr(s, name)[:] = getattr(had, name)
    for name in (*_PER_VM, "deadlines", "phases", "front", "slots", "least_keys", "keys", "vm_memory"):
        getattr(s, name)[: len(getattr(had, name))] = getattr(had, name)
    s.lists[:, : had.lists.shape[1]] = had.lists
    s.waiting[:, : had.waiting.shape[1]] = had.waiting
    for i in range(len(had.slots), num_slots):
        push_free(s, i)
    return longer
