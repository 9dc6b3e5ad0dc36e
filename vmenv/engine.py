"""The entry points of the simulator in either mode: plain Python, or machine code with the same results."""

from __future__ import annotations

import functools
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

from vmenv import batch
from vmenv.host.spec import Host
from vmenv.host.state import Floats, Runs, allocate
from vmenv.jit import compiled, is_ours, jittable, numba_module
from vmenv.schedulers.base import Scheduler, functions_of
from vmenv.schedulers.loop import Choose, Key, Update, keep_no_memory, make_choose, rollouts


@dataclass(frozen=True)
class Engine:
    """The functions of one mode.

    Attributes:
        begin: `vmenv.batch.begin`.
        step: `vmenv.batch.step`.
        first_illegal: `vmenv.batch.first_illegal`.
        rollouts: `vmenv.schedulers.loop.rollouts`.
        choose: Turns a scheduler into the `choose` that `rollouts` takes.
    """

    begin: Callable[..., Any]
    step: Callable[..., Any]
    first_illegal: Callable[..., Any]
    rollouts: Callable[..., Any]
    choose: Callable[[Key, Update], Choose]

    def play(self, s: Runs, scheduler: Scheduler, params: Floats) -> None:
        """Plays all runs of `s` under `scheduler`; `params` (B, n) holds its parameters for each run."""
        self.rollouts(s, self.choose(*functions_of(scheduler)), params, scheduler.backfill)


INTERPRETED = Engine(batch.begin, batch.step, batch.first_illegal, rollouts, make_choose)


@functools.cache
def _compiled_engine() -> Engine:
    types = numba_module().types
    play_signature = types.void(_runs_type(), types.FunctionType(_choose_signature()), types.float64[:, ::1], types.boolean)
    return Engine(
        begin=compiled(batch.begin),
        step=compiled(batch.step),
        first_illegal=compiled(batch.first_illegal),
        rollouts=_Lazy(rollouts, play_signature),
        choose=_compiled_choose,
    )


def engine(interpreted: bool = False) -> Engine:
    """Returns the entry points, compiled unless told otherwise."""
    return INTERPRETED if interpreted else _compiled_engine()


class _Lazy:
    """Compiles for a fixed signature at the first call: the type of a function argument cannot be told from its value."""

    def __init__(self, function: Callable[..., Any], signature: Any) -> None:
        self._make = functools.cache(lambda: compiled(function, signature))

    def __call__(self, *arguments: Any) -> Any:
        return self._make()(*arguments)


@functools.cache
def _compiled_choose(key: Key, update: Update) -> Any:
    jittable(key)
    if update is not keep_no_memory:
        jittable(update)
    choose: Any = make_choose(key, update)
    # numba names machine code by qualified name and a number that starts anew in each process: without a name of its own, code of one
    # scheduler that was cached by one process would stand in for that of another, cached by another process.
    choose.__qualname__ = f"choose_{key.__module__}_{key.__qualname__}".replace(".", "_")
    # A key from outside may change while the sources of vmenv, which name the cache, do not.
    return compiled(choose, _choose_signature(), cache=is_ours(key))


@functools.cache
def _runs_type() -> Any:
    return numba_module().typeof(allocate(Host(), num_runs=1, num_slots=1, num_vms=1, num_phases=1))


@functools.cache
def _choose_signature() -> Any:
    types = numba_module().types
    return types.int64(_runs_type(), types.int64, types.float64[::1], types.boolean)


def stack_params(scheduler: Scheduler, seeds: list[int]) -> Floats:
    """Returns (len(seeds), n) parameters for `Engine.play`, one row of random draws a seed."""
    if scheduler.random:
        return np.stack([scheduler.params(seed) for seed in seeds])
    return np.repeat(scheduler.params()[None], len(seeds), axis=0)
