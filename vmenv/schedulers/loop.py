"""The loop that every scheduler shares: order the runnable VMs by key, grant to the first that fits, repeat until nothing fits."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from vmenv.host import columns as c
from vmenv.host.dynamics import close, grant, settle, wait
from vmenv.host.fitting import fits
from vmenv.host.state import Floats, Runs, State, one, reset
from vmenv.jit import jittable
from vmenv.schedulers.view import view_host, view_vm

Key = Callable[..., tuple[float, float]]
Update = Callable[[State, Floats], None]
Choose = Callable[[State, Floats, bool], int]


@jittable
def keep_no_memory(s: State, params: Floats) -> None:
    """The `update` of a scheduler that looks at nothing but the VM and the host as they are."""


def make_choose(key: Key, update: Update = keep_no_memory) -> Choose:
    """Returns the function that picks the slot to grant: the least key, ties by arrival number.

    The pick is NOBODY when nothing fits, when all that fit have the key infinity, or when the scheduler does not backfill and its first
    VM does not fit.
    """

    def choose(s: State, params: Floats, backfill: bool) -> int:
        update(s, params)
        host = view_host(s)
        best = c.NOBODY
        best_primary, best_secondary, best_number = 0.0, 0.0, 0
        for i in range(s.run[c.TOP_SLOT]):
            if s.slots[i, c.STATUS] == c.RUNNABLE and (not backfill or fits(s, i)):
                vm = view_vm(s, i)
                primary, secondary = key(vm, host, params)
                if primary < np.inf and (
                    best == c.NOBODY
                    or primary < best_primary
                    or (
                        primary == best_primary
                        and (secondary < best_secondary or (secondary == best_secondary and vm.number < best_number))
                    )
                ):
                    best = i
                    best_primary, best_secondary, best_number = primary, secondary, vm.number
        if best != c.NOBODY and not backfill and not fits(s, best):
            return c.NOBODY
        return best

    return choose


@jittable
def rollout(s: State, num_vms: int, choose: Any, params: Floats, backfill: bool) -> None:
    """Plays a run of `num_vms` VMs from its first event to its end under one scheduler."""
    reset(s, num_vms)
    settle(s)
    while s.run[c.STATE] == c.GOING:
        i = choose(s, params, backfill)
        if i != c.NOBODY:
            grant(s, i)
        else:
            wait(s)  # on purpose: the scheduler lets nobody past the first, or wants none of those that fit
        settle(s)
    close(s)


def rollouts(runs: Runs, first: int, past: int, choose: Any, params: Floats, backfill: bool) -> None:
    """Plays the runs from `first` to `past` of the batch. `params` has a row for each run of it."""
    for r in range(first, past):
        rollout(one(runs, r), runs.num_vms[runs.table[r]], choose, params[r], backfill)
