"""Many runs at once, weights from outside: carry out the commands, let an interval pass, observe. The environments are glue around this."""

from __future__ import annotations

from vmenv.episodes.exchange import BEGIN, PASS, Exchange, note_turn
from vmenv.jit import jittable, pinned
from vmenv.share import columns as c
from vmenv.share.dynamics import pass_interval, skip_empty_time
from vmenv.share.observation import Observations, observe
from vmenv.share.state import Runs, State, one, reset

STEP = 0  # the command to let an interval pass, beside BEGIN and PASS


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
            io.rewards[r] = io.scales[r] * (before - cost(s))
            note_turn(io, r, s.run[c.STATE], s.run[c.CLOCK_US])
            observe(s, out.vms[r], out.host[r])
    return 0
