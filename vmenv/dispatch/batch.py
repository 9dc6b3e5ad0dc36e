"""Many runs at once, decided from outside: check the commands, carry them out, observe. The environments are glue around this."""

from __future__ import annotations

from vmenv.dispatch.history import observe_history
from vmenv.dispatch.observation import Observations, observe, one_observation
from vmenv.episodes.exchange import BEGIN, GOING, PASS, Exchange, note_turn
from vmenv.host import columns as c
from vmenv.host.dynamics import commit_to, grant, note_wait, settle
from vmenv.host.state import Runs, one, reset
from vmenv.jit import pinned, unsigned


def first_illegal(runs: Runs, io: Exchange, out: Observations, tau: float, first: int, past: int) -> int:
    """Returns the first run of [first, past) whose command is no legal action, NOBODY if there is none. Runs that are over are to pass."""
    num_actions = out.action_mask.shape[1]
    for r in range(first, past):
        command = io.commands[r]
        if io.phase[r] != GOING:
            io.commands[r] = PASS
        elif not (0 <= command < num_actions and out.action_mask[r, command] == 1):
            return r
    return c.NOBODY


def turn(runs: Runs, io: Exchange, out: Observations, tau: float, first: int, past: int) -> int:
    """Carries out the commands of the runs in [first, past), and observes what is to be decided next.

    Args:
        runs: The runs.
        io: Its commands (a slot to grant, or to commit the host to, the number of slots for "wait") are legal, as `first_illegal` tells.
        out: Brought up to date.
        tau: Time scale of the observation.
        first: The first run of this call.
        past: One past the last.

    Returns:
        0.
    """
    for r in range(unsigned(first), unsigned(past)):
        io.rewards[r] = 0.0
        command = io.commands[r]
        if command != PASS:
            s = pinned(one(runs, r))
            waits = command == s.slots.shape[0]
            if command == BEGIN:
                reset(s, runs.num_vms[runs.table[r]])
            elif waits:
                note_wait(s)
            elif s.host[c.COMMITS] == 1:
                commit_to(s, command, s.host[c.RESERVES] == 1)
            else:
                grant(s, command)
            before = s.costs[c.COST]
            settle(s, waits)  # the one place where time moves: compiled once
            if command != BEGIN:
                io.rewards[r] = io.scales[r] * (before - s.costs[c.COST])
            note_turn(io, r, s.run[c.STATE], s.run[c.CLOCK_US])
            seen = one_observation(out, r)
            observe(s, seen, tau)
            observe_history(s, seen, tau)
    return 0
