"""The core as GPU kernels, a thread a run. They call the same functions as the processor does; there is no second model.

The functions get compiled for the GPU without the options that they have on the processor, so that a process should compile for one of the
two; what it compares with is played by the interpreter.
"""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any

from numba import cuda
from numba.extending import register_jitable

from vmenv.dispatch.batch import turn
from vmenv.dispatch.loop.rollout import BLOCKS, COMMITS, OVERTAKES, RESERVES, go_on, make_choose
from vmenv.dispatch.scheduler import Scheduler, rule_of
from vmenv.host import columns as c
from vmenv.host.state import one, reset
from vmenv.jit import jittable, lend, pinned, take_waiting

THREADS = 64  # of a block


def launch(kernel: Any, num_runs: int, *arguments: Any) -> None:
    """Runs a kernel with a thread a run."""
    threads = min(THREADS, num_runs)
    kernel[-(-num_runs // threads), threads](*arguments)


@functools.cache
def turn_kernel() -> Any:
    """Returns `vmenv.dispatch.batch.turn` as a kernel of (runs, io, out, tau)."""
    _register(turn)

    @cuda.jit
    def take_turn(runs: Any, io: Any, out: Any, tau: float) -> None:
        r = cuda.grid(1)
        if r < runs.table.shape[0]:
            turn(runs, io, out, tau, r, r + 1)

    return take_turn


def rollout_kernel(scheduler: Scheduler) -> Any:
    """Returns whole runs by `vmenv.dispatch.loop.rollout.go_on` as a kernel of (runs, params), the latter with a row for each run."""
    key, update, keeps_keys = rule_of(scheduler)
    choose = make_choose(key, update, keeps_keys)
    rule = RESERVES if scheduler.reservation else COMMITS if scheduler.commit else OVERTAKES if scheduler.backfill else BLOCKS
    sure = scheduler.keeps_keys and rule == OVERTAKES and not scheduler.waits_on_purpose
    _register(key, update, choose)

    @cuda.jit
    def play(runs: Any, params: Any) -> None:
        r = cuda.grid(1)
        if r < runs.table.shape[0]:
            s = one(runs, r)
            reset(s, runs.num_vms[runs.table[r]])
            go_on(s, s, choose, params[r], rule, sure, c.NEVER)

    return play


def _register(*functions: Callable[..., Any]) -> None:
    for function in (pinned, lend, *functions):  # the first two mean something on the processor alone
        jittable(function)
    for function in take_waiting():
        register_jitable(function)
