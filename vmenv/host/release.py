"""The end of a grant: what it held is free, and the books say what it had and what that cost."""

from __future__ import annotations

from vmenv.host import columns as c
from vmenv.host.books import book_demand
from vmenv.host.contention import contends, take_progress
from vmenv.host.devices import add_demand
from vmenv.host.memory import enter_order_of_use
from vmenv.host.provisioning import grow
from vmenv.host.running import count_progress, order_running, pop_running, set_rates
from vmenv.host.state import State, fold
from vmenv.jit import jittable


@jittable
def release(s: State, i: int) -> None:
    """Ends the grant of slot `i` now: it is runnable again, and the books say what it had and what that cost."""
    now = s.run[c.CLOCK_US]
    held = now - s.slots[i, c.GRANT_US]
    served = max(0, now - s.slots[i, c.SERVICE_US])
    add_demand(s, i, c.FREE, 1)
    book_demand(s, i, c.SERVED, served)
    book_demand(s, i, c.OVERHEAD, held - served)
    s.run[c.MEMORY_RUNNING_MIB] -= s.front[i, c.MEMORY]
    done = served
    if contends(s):
        s.neighbours[s.slots[i, c.VM_CLASS]] -= 1
        done = take_progress(s, i)
    s.slots[i, c.ATTAINED_US] += done
    s.slots[i, c.PHASE_LEFT_US] -= done
    s.slots[i, c.GRANTED_US] += held
    s.slots[i, c.OVERHEAD_US] += held - served
    s.slots[i, c.START_DEBT_US] = max(0, s.slots[i, c.SERVICE_US] - now)
    s.slots[i, c.LAST_END_US] = s.front[i, c.TURN_US] = now
    s.front[i, c.STATUS] = c.RUNNABLE
    s.front[i, c.STALE] |= c.STALE_GRANT
    s.run[c.NUM_RUNNABLE] += 1
    _log(s, i)
    fold(s, c.EVENT_END, s.slots[i, c.VM])


@jittable
def end_grant_now(s: State, i: int) -> None:
    """Takes slot `i` from those that run. No grant of another ends at this instant: what is due has happened."""
    count_progress(s)
    s.slots[i, c.END_US] = s.run[c.CLOCK_US]
    order_running(s)
    release(s, pop_running(s))
    set_rates(s)
    grow(s, i)
    enter_order_of_use(s, i)


@jittable
def _log(s: State, i: int) -> None:
    """Writes the grant of slot `i` that has just ended to the log, if one is kept, over the oldest entry."""
    length = s.log.shape[0]
    if length > 0:
        n = s.run[c.NUM_LOGGED] % length
        s.log[n, c.LOG_VM] = s.slots[i, c.VM]
        s.log[n, c.LOG_SLOT] = i
        s.log[n, c.LOG_GRANT_US] = s.slots[i, c.GRANT_US]
        s.log[n, c.LOG_SERVICE_US] = min(s.slots[i, c.SERVICE_US], s.run[c.CLOCK_US])
        s.log[n, c.LOG_END_US] = s.run[c.CLOCK_US]
        s.log[n, c.LOG_PHASE] = s.slots[i, c.PHASE]
        s.log[n, c.LOG_DISK_DEVICE] = s.slots[i, c.DISK_DEVICE]
        s.log[n, c.LOG_NIC_DEVICE] = s.slots[i, c.NIC_DEVICE]
        s.run[c.NUM_LOGGED] += 1
