"""Many runs at once, decided from outside: begin, step, observe. The environments are glue around these three."""

from __future__ import annotations

from typing import Any

from vmenv.host import columns as c
from vmenv.host.dynamics import decide, settle
from vmenv.host.state import Floats, Ints, Runs, reset
from vmenv.observation import Observations, observe


def begin(s: Runs, which: Ints, out: Observations, tau: float) -> None:
    """Starts the runs named in `which` and observes their first decisions."""
    for k in range(which.shape[0]):
        r = which[k]
        reset(s, r)
        settle(s, r)
        observe(s, r, out, tau)


def first_illegal(s: Runs, actions: Ints, out: Observations) -> int:
    """Returns the first run that is going on and whose action is out of range or masked, NOBODY if there is none."""
    num_actions = out.action_mask.shape[1]
    for r in range(actions.shape[0]):
        legal = 0 <= actions[r] < num_actions and out.action_mask[r, actions[r]] == 1
        if s.run[r, c.STATE] == c.GOING and not legal:
            return r
    return c.NOBODY


def step(s: Runs, actions: Ints, rewards: Any, scales: Floats, out: Observations, tau: float) -> None:
    """Carries out one decision in every run that is going on, and observes the next.

    Args:
        s: The runs.
        actions: (B,) legal actions, as `first_illegal` tells; not looked at where a run is over.
        rewards: (B,) float64, written: minus the cost of the time that passed, times the scale.
        scales: (B,) what the cost of each run is multiplied by.
        out: Written.
        tau: Time scale of the observation.
    """
    for r in range(actions.shape[0]):
        rewards[r] = 0.0
        if s.run[r, c.STATE] == c.GOING:
            before = s.costs[r, c.COST]
            decide(s, r, actions[r])
            rewards[r] = scales[r] * (before - s.costs[r, c.COST])
            observe(s, r, out, tau)
