"""Instants of VMs, side by side in float64: what vector instructions compare with the clock for all slots at once. Exact below 2**53."""

from __future__ import annotations

from vmenv.host import columns as c
from vmenv.host.state import State
from vmenv.jit import jittable


@jittable
def note_arrival(s: State, i: int) -> None:
    """Notes when the VM of slot `i` arrived, which is also the turn that it waits since."""
    s.instants[c.ARRIVED, i] = s.slots[i, c.ARRIVAL_US]
    set_turn(s, i, s.slots[i, c.ARRIVAL_US])


@jittable
def set_turn(s: State, i: int, turn_us: int) -> None:
    """Sets the end of its quantum, NEVER if there are no quanta, or of its last one."""
    s.slots[i, c.TURN_US] = turn_us
    s.instants[c.TURN, i] = turn_us
