"""The entry points of the simulator in either mode: plain Python, or machine code with the same results."""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import numpy as np

from vmenv.dispatch.loop.live import STOP_LATE, carry_on
from vmenv.dispatch.loop.rollout import (
    BLOCKS,
    COMMITS,
    MANY_SLOTS,
    OVERTAKES,
    RESERVES,
    Choose,
    Key,
    Update,
    advise,
    keep_no_memory,
    make_choose,
    rollouts,
)
from vmenv.dispatch.scheduler import Scheduler, rule_of
from vmenv.errors import SpecError
from vmenv.host import columns as c
from vmenv.host.spec import PREEMPT_MODES, Host, check_commits
from vmenv.host.state import Floats, Ints, Runs, allocate, one
from vmenv.jit import borrow, compiled, jittable, lent, numba_module, quick_to_pass, soon_ns
from vmenv.jit.mode import Mode, mode

Rule = tuple[Choose, int, bool]


@dataclass(frozen=True)
class Engine:
    """The functions of one mode.

    Attributes:
        mode: What either mode is by itself.
        rollouts: `vmenv.dispatch.loop.rollout.rollouts`.
        advise: `vmenv.dispatch.loop.rollout.advise`.
        onward: `vmenv.dispatch.loop.live.carry_on`.
        choose: Turns a scheduler into the `choose` that `rollouts` takes.
    """

    mode: Mode
    rollouts: Callable[..., Any]
    advise: Callable[..., Any]
    onward: Callable[..., int]
    choose: Callable[[Key, Update, bool, bool], Choose]

    def __reduce__(self) -> tuple[Any, ...]:
        """Copies and pickles as what it is, one of the two of this process: machine code goes nowhere."""
        return engine, (self is INTERPRETED,)

    def play(self, runs: Runs, scheduler: Scheduler, params: Floats, most_decisions: int = c.NEVER) -> None:
        """Plays all runs under `scheduler`; a signal is seen to within a tenth of a second.

        Args:
            runs: The runs.
            scheduler: Who decides.
            params: (B, n) its parameters for each run.
            most_decisions: A run that has made more of them is left as it stands, going on.
        """
        rule, begins = self._decides(scheduler, runs), True
        with _as_decided(runs, rule[1]):
            while begins or ((runs.run[:, c.STATE] == c.GOING) & (runs.run[:, c.NUM_DECISIONS] <= most_decisions)).any():
                last = (begins, most_decisions, soon_ns())
                self.mode.divide(functools.partial(self._play_some, runs, params, rule, last), len(runs.table))
                begins = False

    def _play_some(self, runs: Runs, params: Floats, rule: Rule, last: tuple[bool, int, int], first: int, past: int) -> None:
        choose, when_first_waits, sure = rule
        self.rollouts(runs, first, past, choose, params, when_first_waits, sure, *last)

    def carry_on(self, runs: Runs, scheduler: Scheduler, params: Floats, until_us: int, most_decisions: int) -> int:
        """Lets `scheduler` decide in a batch of one from where it stands; see `vmenv.dispatch.loop.live.carry_on`."""
        (choose, rule, sure), past = self._decides(scheduler, runs), int(runs.run[0, c.NUM_DECISIONS]) + most_decisions
        try:
            with _as_decided(runs, rule):
                while True:
                    reason = self.onward(runs, choose, params, rule, sure, until_us, past - int(runs.run[0, c.NUM_DECISIONS]), soon_ns())
                    if reason != STOP_LATE:
                        return int(reason)
        finally:
            runs.host[c.HORIZON_US] = c.NEVER  # an interrupt may have come where the interpreter had set it

    def decide(self, runs: Runs, scheduler: Scheduler, params: Floats, until_us: int) -> int:
        """Does as `carry_on` with one decision, and is quicker to call: for whoever has something to do between two decisions."""
        choose, rule, sure = self._decides(scheduler, runs)
        if self is not INTERPRETED:
            choose = quick_to_pass(choose, _choose_signature())
        with _as_decided(runs, rule):
            return int(self.onward(runs, choose, params, rule, sure, until_us, 1, c.NEVER))

    def _decides(self, scheduler: Scheduler, runs: Runs) -> Rule:
        """Returns its `choose`, what is done when its first does not fit, and whether that it picks nobody says that nothing fits."""
        rule = _rule_for(scheduler, runs)
        sure = scheduler.keeps_keys and rule == OVERTAKES and not scheduler.waits_on_purpose
        key, update, keeps_keys = rule_of(scheduler)
        many = keeps_keys and runs.slots.shape[1] >= MANY_SLOTS
        return self.choose(key, update, keeps_keys, many), rule, sure

    def ask(self, runs: Runs, scheduler: Scheduler, params: Floats, picks: Ints) -> None:
        """Writes into `picks` what `scheduler` would decide now; see `vmenv.dispatch.loop.rollout.advise`."""
        key, update, _ = rule_of(scheduler)
        choose, rule = self.choose(key, update, False, False), _rule_for(scheduler, runs)
        if rule >= COMMITS and runs.host[c.COMMITS] == 0:
            raise SpecError("a scheduler with commit=True can advise only where picks are held: give the scenario commit=True")
        self.mode.divide(lambda first, past: self.advise(runs, picks, first, past, choose, params, rule), len(runs.table))


def _rule_for(scheduler: Scheduler, runs: Runs) -> int:
    """Returns what happens when the first in a scheduler's order does not fit: BLOCKS, OVERTAKES, COMMITS or RESERVES."""
    commits = bool(scheduler.commit or runs.host[c.COMMITS] == 1)
    reserves = bool(scheduler.reservation or runs.host[c.RESERVES] == 1)
    check_commits(PREEMPT_MODES[int(runs.host[c.PREEMPT])], commits, reserves)
    if commits:
        return RESERVES if reserves else COMMITS
    return OVERTAKES if scheduler.backfill else BLOCKS


@contextmanager
def _as_decided(runs: Runs, rule: int) -> Iterator[None]:
    """Lets the host say of waiting what is so under a rule: where picks are held nobody may wait, whoever it is that holds them."""
    commits = runs.host[c.COMMITS]
    runs.host[c.COMMITS] = rule >= COMMITS
    try:
        yield
    finally:
        runs.host[c.COMMITS] = commits


INTERPRETED = Engine(mode(interpreted=True), rollouts, advise, carry_on, make_choose)


@functools.cache
def _compiled_engine() -> Engine:
    types = numba_module().types
    choose = types.FunctionType(_choose_signature())
    params = types.float64[:, ::1]
    playing = types.void(_runs_type(), types.int64, types.int64, choose, params, types.int64, *[types.boolean] * 2, *[types.int64] * 2)
    asking = types.void(_runs_type(), types.int64[::1], types.int64, types.int64, choose, params, types.int64)
    going_on = types.int64(_runs_type(), choose, params, types.int64, types.boolean, *[types.int64] * 3)
    return Engine(mode(), _Lazy(rollouts, playing), _Lazy(advise, asking), _Lazy(carry_on, going_on), _compiled_choose)


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
def _compiled_choose(key: Key, update: Update, keeps_keys: bool, many: bool = False) -> Any:
    jittable(key)
    if update is not keep_no_memory:
        jittable(update)
    choose = make_choose(key, update, keeps_keys, many)
    borrowing = borrow(choose, one(_smallest(), 0), choose.__qualname__)
    return compiled(borrowing, _choose_signature(), about=f"{key.__module__}.{key.__qualname__}")


@functools.cache
def _runs_type() -> Any:
    return numba_module().typeof(_smallest())


@functools.cache
def _choose_signature() -> Any:
    types = numba_module().types
    return types.int64(lent(one(_smallest(), 0)), types.float64[::1], types.int64)


@functools.cache
def _smallest() -> Runs:
    return allocate(Host(), num_runs=1, num_slots=1, num_vms=1, num_phases=1)


def stack_params(scheduler: Scheduler, seeds: list[int]) -> Floats:
    """Returns (len(seeds), n) parameters for `Engine.play`, one row a seed for who draws."""
    if scheduler.random:
        return np.stack([scheduler.params(seed) for seed in seeds])
    return np.repeat(scheduler.params()[None], len(seeds), axis=0)
