"""A VM's phases: what it demands in each, and where in them it is after how much service."""

from __future__ import annotations

from vmenv.host import columns as c
from vmenv.host.devices import add_demand, exits_millicores
from vmenv.host.state import State
from vmenv.jit import jittable


@jittable
def enter_phase(s: State, i: int, phase: int) -> None:
    """R_next = R_current + R_quantum: slot `i` now demands what `phase` demands."""
    s.front[i, c.STALE] = c.STALE_ALL
    s.slots[i, c.PHASE] = phase
    s.slots[i, c.PHASE_LEFT_US] = s.phases[phase, c.PHASE_WORK_US]
    for demand in range(c.NUM_DEMANDS):
        s.front[i, demand] = s.phases[phase, demand]
    s.front[i, c.CPU] += exits_millicores(s, i)
    add_demand(s, i, c.MAPPED, 1)


@jittable
def go_back(s: State, i: int, attained_us: int) -> None:
    """Puts slot `i`, which does not run, where it was after so much service, all of it still to come again."""
    phase, left = s.slots[i, c.FIRST_PHASE], attained_us
    while left >= s.phases[phase, c.PHASE_WORK_US] and phase + 1 < s.slots[i, c.PAST_PHASE]:  # a border that is reached is passed
        left -= s.phases[phase, c.PHASE_WORK_US]
        phase += 1
    add_demand(s, i, c.MAPPED, -1)
    enter_phase(s, i, phase)
    s.slots[i, c.PHASE_LEFT_US] -= left
    s.slots[i, c.ATTAINED_US] = attained_us
