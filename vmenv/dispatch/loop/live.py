"""The loop that all schedulers share, from where a run stands: for runs that others have a hand in, and that go on afterwards."""

from __future__ import annotations

from typing import Any

from vmenv.dispatch.loop.rollout import COMMITS, TURNS, carry_out, is_asked
from vmenv.host import columns as c
from vmenv.host.dynamics import advance, can_wait, grant_held, note_wait
from vmenv.host.state import Floats, Runs, one
from vmenv.jit import lend, monotonic_ns, pinned

STOP_ENOUGH, STOP_UNTIL, STOP_IDLE, STOP_LATE = range(4)  # why it stopped


def carry_on(runs: Runs, choose: Any, params: Floats, rule: int, sure: bool, until_us: int, most_decisions: int, until_ns: int) -> int:
    """Lets a scheduler decide in the only run of a batch of one, from now on.

    Args:
        runs: The run, neither before its first event nor closed.
        choose: As for `vmenv.dispatch.loop.rollout.rollouts`.
        params: (1, n) the scheduler's parameters.
        rule: As for `vmenv.dispatch.loop.rollout.go_on`.
        sure: As for `vmenv.dispatch.loop.rollout.go_on`.
        until_us: Where to stop; what happens at that instant happens, and is decided upon. NEVER: where there is nothing left to wait for.
        most_decisions: Decisions after which to stop.
        until_ns: When to stop, by `monotonic_ns`, so that the caller sees to signals.

    Returns:
        STOP_ENOUGH, STOP_UNTIL, STOP_IDLE or STOP_LATE. The state of the run says whether all VMs are done (DONE), or that the times would
        go past the last (CLOCK_OVERFLOW; the clock has not moved).
    """
    s = pinned(one(runs, 0))
    lent = lend(s)
    last = s.run[c.NUM_DECISIONS] + most_decisions
    s.host[c.HORIZON_US] = until_us
    reason, turns = STOP_IDLE, 0
    while s.run[c.STATE] == c.GOING:
        turns += 1
        if turns % TURNS == 0 and monotonic_ns() >= until_ns:
            reason = STOP_LATE
            break
        if s.run[c.NUM_DECISIONS] >= last:
            reason = STOP_ENOUGH
            break
        something_to_wait_for = until_us != c.NEVER or can_wait(s)
        if is_asked(s, rule, sure):
            i = choose(lent, params[0], rule)
            if i != c.NOBODY:
                carry_out(s, i, rule)
                continue
            if not sure and something_to_wait_for:
                note_wait(s)
        elif rule >= COMMITS and grant_held(s):
            continue
        if not something_to_wait_for:
            break
        advance(s)
    if s.run[c.STATE] == c.HORIZON_REACHED:
        s.run[c.STATE] = c.GOING
        reason = STOP_UNTIL
    s.host[c.HORIZON_US] = c.NEVER
    return reason
