"""Many runs at once, decided from outside: check the commands, carry them out, observe. The environments are glue around this."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from vmenv.dispatch.history import observe_history
from vmenv.dispatch.observation import Observations, observe, one_observation
from vmenv.host import columns as c
from vmenv.host.dynamics import grant, note_wait, settle
from vmenv.host.state import Floats, Ints, Runs, State, one, reset
from vmenv.jit import jittable, pinned, unsigned

BEGIN, PASS = -(2**62), -(2**62) - 1  # commands that nobody gives as an action by mistake: begin an episode, leave the run alone
GOING, TERMINATED, TRUNCATED, NOT_BEGUN, FAILED = range(5)


class Exchange(NamedTuple):
    """What goes into a batch of B runs and comes out of it at a turn, beside the observations."""

    commands: Ints  # (B,): a slot to grant, the number of slots for "wait", BEGIN or PASS
    rewards: Floats  # (B,), written: minus the cost of the time that passed, times the scale; 0 at BEGIN and PASS
    scales: Floats  # (B,): what the cost of each run is multiplied by
    phase: NDArray[np.int8]  # (B,), written: GOING, TERMINATED, TRUNCATED, NOT_BEGUN or FAILED (times left 64 bits)
    failed: NDArray[np.int8]  # (1,), written: 1 if a run was FAILED; who has seen to it sets it back
    clock_us: Ints  # (B,), written: the time, once more: side by side, as nowhere in the state


def allocate_exchange(num_runs: int) -> Exchange:
    """Returns the buffers of runs that have not begun."""
    return Exchange(
        commands=np.full(num_runs, PASS, np.int64),
        rewards=np.zeros(num_runs),
        scales=np.zeros(num_runs),
        phase=np.full(num_runs, NOT_BEGUN, np.int8),
        failed=np.zeros(1, np.int8),
        clock_us=np.zeros(num_runs, np.int64),
    )


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
        io: Its commands are legal, as `first_illegal` tells.
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
            else:
                grant(s, command)
            before = s.costs[c.COST]
            settle(s, waits)  # the one place where time moves: compiled once
            if command != BEGIN:
                io.rewards[r] = io.scales[r] * (before - s.costs[c.COST])
            io.phase[r], io.clock_us[r] = _phase(s), s.run[c.CLOCK_US]
            if io.phase[r] == FAILED:
                io.failed[0] = 1
            seen = one_observation(out, r)
            observe(s, seen, tau)
            observe_history(s, seen, tau)
    return 0


@jittable
def _phase(s: State) -> int:
    state = s.run[c.STATE]
    if state == c.GOING:
        return GOING
    if state == c.DONE:
        return TERMINATED
    return TRUNCATED if state == c.HORIZON_REACHED else FAILED
