"""The loop that every scheduler shares: order the runnable VMs by key, grant to the first that fits, repeat until nothing fits."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from vmenv.host import columns as c
from vmenv.host.dynamics import close, fits, grant, settle, wait
from vmenv.host.state import Floats, Runs, reset
from vmenv.jit import jittable
from vmenv.schedulers.view import view_host, view_vm

Key = Callable[..., tuple[float, float]]
Update = Callable[[Runs, int, Floats], None]
Choose = Callable[[Runs, int, Floats, bool], int]


@jittable
def keep_no_memory(s: Runs, r: int, params: Floats) -> None:
    """The `update` of a scheduler that looks at nothing but the VM and the host as they are."""


def make_choose(key: Key, update: Update = keep_no_memory) -> Choose:
    """Returns the function that picks the slot to grant: the least key, ties by arrival number.

    The pick is NOBODY when nothing fits, when all that fit have the key infinity, or when the scheduler does not backfill and its first
    VM does not fit.
    """

    def choose(s: Runs, r: int, params: Floats, backfill: bool) -> int:
        update(s, r, params)
        host = view_host(s, r)
        best = c.NOBODY
        best_primary, best_secondary, best_number = 0.0, 0.0, 0
        for i in range(s.run[r, c.TOP_SLOT]):
            if s.slots[r, c.STATUS, i] == c.RUNNABLE and (not backfill or fits(s, r, i)):
                vm = view_vm(s, r, i)
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
        if best != c.NOBODY and not backfill and not fits(s, r, best):
            return c.NOBODY
        return best

    return choose


@jittable
def rollout(s: Runs, r: int, choose: Any, params: Floats, backfill: bool) -> None:
    """Plays run `r` from its first event to its end under one scheduler."""
    reset(s, r)
    settle(s, r)
    while s.run[r, c.STATE] == c.GOING:
        i = choose(s, r, params, backfill)
        if i != c.NOBODY:
            grant(s, r, i)
        else:
            wait(s, r)  # on purpose: the scheduler lets nobody past the first, or wants none of those that fit
        settle(s, r)
    close(s, r)


def rollouts(s: Runs, choose: Any, params: Floats, backfill: bool) -> None:
    """Plays all runs of the batch. `params` has a row for each run."""
    for r in range(s.run.shape[0]):
        rollout(s, r, choose, params[r], backfill)
