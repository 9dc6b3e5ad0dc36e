"""Those that run: in the order of the ends of their grants, and, where they contend, with rates that change with who runs beside whom."""

from __future__ import annotations

from vmenv.host import columns as c
from vmenv.host.contention import contends, note_pair, progress_until_now, set_rate
from vmenv.host.heap import make_heap
from vmenv.host.state import State
from vmenv.jit import jittable


@jittable
def _ends_before(s: State, i: int, j: int) -> bool:
    """The order of the running: by the end of their grants, then by VM number."""
    if s.slots[i, c.END_US] != s.slots[j, c.END_US]:
        return bool(s.slots[i, c.END_US] < s.slots[j, c.END_US])
    return bool(s.slots[i, c.VM] < s.slots[j, c.VM])


push_running, pop_running = make_heap(c.RUNNING_HEAP, c.NUM_RUNNING, _ends_before)


@jittable
def cut_grants(s: State) -> None:
    """Lets all grants end now."""
    for k in range(s.run[c.NUM_RUNNING]):
        s.slots[s.lists[c.RUNNING_HEAP, k], c.END_US] = s.run[c.CLOCK_US]
    order_running(s)


@jittable
def order_running(s: State) -> None:
    """Puts the running in order anew, their grants' ends having changed."""
    num_running = s.run[c.NUM_RUNNING]
    s.run[c.NUM_RUNNING] = 0
    for k in range(num_running):
        push_running(s, s.lists[c.RUNNING_HEAP, k])


@jittable
def count_progress(s: State) -> None:
    """Counts what the running have got done until now: their set, and with it their rates, may be about to change."""
    if contends(s):
        if s.run[c.NUM_RUNNING] == 2:
            i, j = s.lists[c.RUNNING_HEAP, 0], s.lists[c.RUNNING_HEAP, 1]
            both_since = max(s.slots[i, c.SINCE_US], s.slots[j, c.SINCE_US])
            note_pair(s, i, j, both_since)
            note_pair(s, j, i, both_since)
        for k in range(s.run[c.NUM_RUNNING]):
            progress_until_now(s, s.lists[c.RUNNING_HEAP, k])


@jittable
def set_rates(s: State) -> None:
    """Sets the rates of the running, and the ends of their grants, after their set has changed."""
    if contends(s):
        for k in range(s.run[c.NUM_RUNNING]):
            set_rate(s, s.lists[c.RUNNING_HEAP, k])
        order_running(s)
