"""Many runs at once, weights from outside: carry out the commands, let an interval pass, observe. The environments are glue around this."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from vmenv.host import columns as h
from vmenv.host.state import Floats, Ints
from vmenv.jit import jittable, pinned
from vmenv.share import columns as c
from vmenv.share.dynamics import pass_interval, skip_empty_time
from vmenv.share.observation import Observations, observe
from vmenv.share.state import Runs, State, one, reset

PASS, BEGIN, STEP = range(3)  # commands: leave the run alone, begin its episode, let an interval pass
GOING, TERMINATED, TRUNCATED, NOT_BEGUN, FAILED = range(5)  # as in `vmenv.dispatch.batch`


class Exchange(NamedTuple):
    """What goes into a batch of B runs and comes out of it at a turn, beside weights and observations."""

    commands: Ints  # (B,)
    rewards: Floats  # (B,), written
    phase: NDArray[np.int8]  # (B,), written


def allocate_exchange(num_runs: int) -> Exchange:
    """Returns the buffers of runs that have not begun."""
    return Exchange(np.zeros(num_runs, np.int64), np.zeros(num_runs), np.full(num_runs, NOT_BEGUN, np.int8))


@jittable
def cost(s: State) -> float:
    """Returns what the objective has counted so far, in intervals.

    STEAL: CPU demand lost / capacity. ALL_UNMET: the sum of that over the devices. BACKLOG_COST: the integral over time of what waits on
    all devices / their capacities, in intervals squared.
    """
    interval = float(s.host[c.INTERVAL_US])
    if s.host[c.OBJECTIVE] == c.BACKLOG_COST:
        return float(s.waited[0] / (interval * interval))
    last = 1 if s.host[c.OBJECTIVE] == c.STEAL else s.devices.shape[0]
    total = 0.0
    for device in range(last):
        total += s.devices[device, c.DEV_LOST] / (s.filling.capacity[device] * interval)
    return total


def turn(runs: Runs, io: Exchange, out: Observations, first: int, past: int) -> int:
    """Carries out the commands of the runs in [first, past), whose weights are set, and observes them. Returns 0."""
    for r in range(first, past):
        io.rewards[r] = 0.0
        if io.commands[r] != PASS:
            s = pinned(one(runs, r))
            if io.commands[r] == BEGIN:
                reset(s, runs.num_vms[r])
            before = cost(s)
            if io.commands[r] == STEP:
                pass_interval(s)
            skip_empty_time(s)
            io.rewards[r] = before - cost(s)
            io.phase[r] = _phase(s)
            observe(s, out.vms[r], out.host[r])
    return 0


@jittable
def _phase(s: State) -> int:
    state = s.run[c.STATE]
    if state == h.GOING:
        return GOING
    if state == h.DONE:
        return TERMINATED
    return TRUNCATED if state == h.HORIZON_REACHED else FAILED
