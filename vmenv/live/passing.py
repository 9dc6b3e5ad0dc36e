"""How time passes on a live host: to the next event, to a time, or as a scheduler decides."""

from __future__ import annotations

from collections.abc import Mapping

from vmenv.checks import check_integer
from vmenv.dispatch.kind import KIND
from vmenv.dispatch.loop.engine import stack_params
from vmenv.dispatch.loop.live import STOP_ENOUGH, STOP_UNTIL
from vmenv.dispatch.scheduler import SCHEDULERS, Scheduler
from vmenv.episodes.alone import alone
from vmenv.episodes.saved import list_policies, load_policy
from vmenv.errors import ActionError, SpecError, UnknownNameError
from vmenv.host import columns as c
from vmenv.host.dynamics import can_wait, note_wait
from vmenv.host.fitting import anything_fits
from vmenv.live import tables
from vmenv.live.control import Parameter
from vmenv.live.live_host import LiveHost
from vmenv.live.status import Progress, Stop

MOST_DECISIONS = 10_000_000  # of one call: some seconds


class Passing(LiveHost):
    """The calls of `Control` that move the clock."""

    @alone
    def wait(self, until_us: int | None = None) -> int:
        """See `Control.wait`."""
        s = self.state
        if until_us is not None:
            until_us = self._live.check_time("until_us", until_us)
        elif not can_wait(s):
            raise ActionError("no event is pending, so that waiting leads nowhere: give until_us, or create or grant a VM")
        else:
            self._live.check_clock()
        if anything_fits(s):
            note_wait(s)
        if until_us is None:
            self._go_on()
        else:
            self._pass_time(until_us)
        return self.clock_us

    @alone
    def schedule(
        self,
        scheduler: str | Scheduler = "tsrr",
        *,
        parameters: Mapping[str, Parameter] | None = None,
        until_us: int | None = None,
        seed: int = 0,
        max_decisions: int = 1_000_000,
    ) -> Progress:
        """See `Control.schedule`. Here it may also be what `vmenv.make_scheduler` returns."""
        check_integer("seed", seed, most=2**63 - 1)
        check_integer("max_decisions", max_decisions, least=1, most=MOST_DECISIONS)
        until = c.NEVER if until_us is None else self._live.check_time("until_us", until_us)
        try:
            chosen = choose(scheduler, parameters or {})
            params = stack_params(chosen, [seed])
        except TypeError as error:
            raise SpecError(f"scheduler {scheduler!r} cannot take {dict(parameters or {})!r} ({error}): give numbers") from error
        s = self.state
        if self._asked != (chosen, seed):
            tables.forget_memory(s)
            self._asked = (chosen, seed)
        decisions = int(s.run[c.NUM_DECISIONS])
        reason = self._carry_on(chosen, params, until, max_decisions)
        if s.run[c.STATE] == c.CLOCK_OVERFLOW:
            self._live.check_clock()
        if reason != STOP_ENOUGH and until_us is not None:
            self._pass_time(until)
            reason = STOP_UNTIL
        done = s.run[c.STATE] == c.DONE
        stopped = Stop.ENOUGH if reason == STOP_ENOUGH else Stop.DONE if done else Stop.UNTIL if reason == STOP_UNTIL else Stop.IDLE
        return Progress(self.clock_us, int(s.run[c.NUM_DECISIONS]) - decisions, stopped)


def choose(scheduler: str | Scheduler, parameters: Mapping[str, Parameter]) -> Scheduler:
    """Returns the scheduler that is meant: by name, or itself. Paths are no names, for they may come from far away."""
    if isinstance(scheduler, Scheduler):
        if parameters:
            raise SpecError("parameters go with a scheduler's name: give a name, or make_scheduler(name, ...) without parameters")
        return scheduler
    if scheduler in SCHEDULERS.names():
        return SCHEDULERS.make(scheduler, **{name: tuple(v) if isinstance(v, list) else v for name, v in parameters.items()})
    if scheduler not in list_policies(KIND.name):
        raise UnknownNameError("scheduler", str(scheduler), [*SCHEDULERS.names(), *list_policies(KIND.name)])
    if parameters:
        raise SpecError(f"policy {scheduler!r} has no parameters: leave them out")
    return load_policy(scheduler)
