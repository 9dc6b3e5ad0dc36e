"""Contention: VMs that run side by side slow each other down, by their classes. Progress is kept in thousandths of a microsecond, exactly.

A running VM of class a progresses at 1000 - (the sum of `contention[a, b]` over the other running VMs, b being their classes)
thousandths of its full speed, but at LEAST_RATE at the least. The rate changes when the set of running VMs does, and with it the end of the
grant: the end of its quantum, which is a time on the clock, or of its phase, which is progress, whichever comes first. Start costs are not
slowed.
"""

from __future__ import annotations

from vmenv.host import columns as c
from vmenv.host.state import State
from vmenv.jit import jittable


@jittable
def contends(s: State) -> bool:
    """Returns whether VMs slow each other down here."""
    return s.neighbours.shape[0] > 0


@jittable
def rate_among(s: State, a: int) -> int:
    """Returns the rate of a VM of class `a` beside all that run; one that runs itself must be taken out of `neighbours` before."""
    rate = c.FULL_RATE
    for b in range(s.neighbours.shape[0]):
        rate -= s.neighbours[b] * s.contention[a, b]
    return int(max(rate, c.LEAST_RATE))


@jittable
def progress_until_now(s: State, i: int) -> None:
    """Counts what running slot `i` has got done since it was last counted, and what that shows of its only neighbour."""
    now = s.run[c.CLOCK_US]
    served = now - max(s.slots[i, c.SINCE_US], s.slots[i, c.SERVICE_US])
    s.slots[i, c.SINCE_US] = now
    if served > 0:
        s.slots[i, c.PROGRESS] += served * s.slots[i, c.RATE]
        s.slots[i, c.CONTENDED_US] += served  # less the progress, when the grant ends


@jittable
def set_rate(s: State, i: int) -> None:
    """Sets the rate of running slot `i` among those that run now, and when its grant ends."""
    a = s.slots[i, c.VM_CLASS]
    s.neighbours[a] -= 1
    s.slots[i, c.RATE] = rate_among(s, a)
    s.neighbours[a] += 1
    left = s.slots[i, c.PHASE_LEFT_US] * c.FULL_RATE - s.slots[i, c.PROGRESS]
    begins = max(s.run[c.CLOCK_US], s.slots[i, c.SERVICE_US])
    # Rounded up: the phase is over at the first whole microsecond at which all of it is done.
    s.slots[i, c.END_US] = min(s.front[i, c.TURN_US], begins + (left + s.slots[i, c.RATE] - 1) // s.slots[i, c.RATE])


@jittable
def note_pair(s: State, i: int, j: int, since: int) -> None:
    """Takes down what the time from `since` has shown of slots `i` and `j`, the only two that ran."""
    now = s.run[c.CLOCK_US]
    a, b = s.slots[i, c.VM_CLASS], s.slots[j, c.VM_CLASS]
    served = now - max(since, s.slots[i, c.SERVICE_US])
    if served > 0:
        s.pairs[a, b, c.PAIR_US] += served
        s.pairs[a, b, c.PAIR_PROGRESS] += served * s.slots[i, c.RATE]


@jittable
def take_progress(s: State, i: int) -> int:
    """Returns the whole microseconds that slot `i`, whose grant ends now, has got done; thousandths stay for its next grant."""
    done = min(s.slots[i, c.PROGRESS] // c.FULL_RATE, s.slots[i, c.PHASE_LEFT_US])
    s.slots[i, c.PROGRESS] -= done * c.FULL_RATE
    if done == s.slots[i, c.PHASE_LEFT_US]:
        s.slots[i, c.PROGRESS] = 0  # the next phase begins with nothing done
    s.slots[i, c.CONTENDED_US] -= done
    return int(done)
