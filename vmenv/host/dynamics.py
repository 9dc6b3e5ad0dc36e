"""The dynamics: grant, wait, advance. Integers only, event by event; the same functions serve one run, a batch, and both modes.

At a decision the clock stands: `grant` puts one VM on, and the next decision follows at the same instant while anything fits. `advance`
moves the clock to the next instant at which something happens and processes all of it, in this order: grant ends by VM number,
arrivals, admissions, and last the queue places of the VMs whose grant ended.
"""

from __future__ import annotations

from vmenv.host import columns as c
from vmenv.host.admission import admit, arrive, destroy, enter_phase, next_arrival_us, take_place, write_outcome
from vmenv.host.devices import add_demand, devices_free
from vmenv.host.memory import make_resident, memory_free, paging_us, shrink
from vmenv.host.state import Runs, fold
from vmenv.jit import jittable

# --- what can be decided ----------------------------------------------------------------------------------------------------------------


@jittable
def fits(s: Runs, r: int, i: int) -> bool:
    """Returns whether slot `i` can be granted now: runnable, whole demand free, room for its memory beside the running VMs."""
    return bool(s.slots[r, c.STATUS, i] == c.RUNNABLE and devices_free(s, r, i) and memory_free(s, r, i))


@jittable
def anything_fits(s: Runs, r: int) -> bool:
    """Returns whether some VM can be granted now."""
    if s.run[r, c.NUM_RUNNABLE] > 0:
        for i in range(s.run[r, c.TOP_SLOT]):
            if fits(s, r, i):
                return True
    return False


@jittable
def can_wait(s: Runs, r: int) -> bool:
    """Returns whether an event is pending, so that waiting leads somewhere."""
    return bool(s.run[r, c.NUM_RUNNING] > 0 or s.run[r, c.NEXT_ARRIVAL] < s.run[r, c.NUM_VMS])


# --- decisions --------------------------------------------------------------------------------------------------------------------------


@jittable
def grant(s: Runs, r: int, i: int) -> None:
    """Grants slot `i`, which must fit: its devices and memory are held until the end of its quantum or phase.

    The end is fixed here (T_next = T_current + T_quantum); what it changes is changed when the clock gets there.
    """
    now = s.run[r, c.CLOCK_US]
    start_cost = s.slots[r, c.START_DEBT_US, i]
    if s.slots[r, c.LAST_END_US, i] != now:
        start_cost += s.host[c.SWITCH_US]
        s.slots[r, c.NUM_SWITCHES, i] += 1
    start_cost += paging_us(s, make_resident(s, r, i))

    service = s.slots[r, c.PHASE_LEFT_US, i]
    if s.host[c.PREEMPT] != c.PREEMPT_NONE:
        service = min(service, s.host[c.QUANTUM_US])
    s.slots[r, c.START_DEBT_US, i] = 0
    s.slots[r, c.GRANT_US, i] = now
    s.slots[r, c.SERVICE_US, i] = now + start_cost
    s.slots[r, c.END_US, i] = now + start_cost + service
    s.slots[r, c.NUM_GRANTS, i] += 1
    s.slots[r, c.STATUS, i] = c.RUNNING
    add_demand(s, r, i, c.FREE, -1)
    s.run[r, c.MEMORY_RUNNING_MIB] += s.slots[r, c.MEMORY, i]
    s.run[r, c.NUM_RUNNABLE] -= 1
    _insert_running(s, r, i)
    s.run[r, c.NUM_DECISIONS] += 1
    fold(s, r, c.EVENT_GRANT, s.slots[r, c.VM, i])


@jittable
def wait(s: Runs, r: int) -> None:
    """Lets time move to the next event although something may fit."""
    s.run[r, c.NUM_DECISIONS] += 1
    fold(s, r, c.EVENT_WAIT, 0)
    advance(s, r)


@jittable
def settle(s: Runs, r: int) -> None:
    """Advances until there is something to decide or the run is over."""
    while s.run[r, c.STATE] == c.GOING and not anything_fits(s, r):
        advance(s, r)


@jittable
def decide(s: Runs, r: int, action: int) -> None:
    """Carries out one decision, a slot or (`action` = number of slots) "wait", and goes on to the next decision."""
    if action == s.slots.shape[2]:
        wait(s, r)
    else:
        grant(s, r, action)
    settle(s, r)


@jittable
def _insert_running(s: Runs, r: int, i: int) -> None:
    """Enters slot `i` into the list of the running, which is kept in the order of VM numbers."""
    k = s.run[r, c.NUM_RUNNING]
    vm = s.slots[r, c.VM, i]
    while k > 0 and s.slots[r, c.VM, s.slots[r, c.RUNNING_LIST, k - 1]] > vm:
        s.slots[r, c.RUNNING_LIST, k] = s.slots[r, c.RUNNING_LIST, k - 1]
        k -= 1
    s.slots[r, c.RUNNING_LIST, k] = i
    s.run[r, c.NUM_RUNNING] += 1


# --- time -------------------------------------------------------------------------------------------------------------------------------


@jittable
def next_event_us(s: Runs, r: int) -> int:
    """Returns the time of the next grant end or arrival, NEVER if none is pending."""
    soonest = next_arrival_us(s, r)
    for k in range(s.run[r, c.NUM_RUNNING]):
        soonest = min(soonest, s.slots[r, c.END_US, s.slots[r, c.RUNNING_LIST, k]])
    return soonest


@jittable
def advance(s: Runs, r: int) -> None:
    """Moves the clock to the next instant with an event, and processes that instant."""
    now = next_event_us(s, r)
    if now > s.host[c.HORIZON_US]:
        _pass_time(s, r, s.host[c.HORIZON_US])
        s.run[r, c.STATE] = c.HORIZON_REACHED
    elif now > s.host[c.CLOCK_LIMIT_US]:
        s.run[r, c.STATE] = c.CLOCK_OVERFLOW
    else:
        _pass_time(s, r, now)
        arrival = next_arrival_us(s, r) == now
        _end_grants(s, r, bool(arrival and s.host[c.PREEMPT] == c.PREEMPT_ARRIVAL))
        arrive(s, r)
        admit(s, r)
        _queue_again(s, r)
        if s.run[r, c.NUM_DONE] == s.run[r, c.NUM_VMS]:
            s.run[r, c.STATE] = c.DONE


@jittable
def _pass_time(s: Runs, r: int, now: int) -> None:
    """Moves the clock, and with it the integrals of the cost and of the idle capacity."""
    passed = now - s.run[r, c.CLOCK_US]
    s.costs[r, c.COST] += s.costs[r, c.COST_RATE] * passed
    for device in range(s.devices.shape[2]):
        s.devices[r, c.IDLE, device] += s.devices[r, c.FREE, device] * passed
    s.run[r, c.CLOCK_US] = now


@jittable
def _end_grants(s: Runs, r: int, everyone: bool) -> None:
    """Ends the grants that are due now, or (an arrival preempts) all of them."""
    kept = 0
    s.run[r, c.NUM_ENDED] = 0
    for k in range(s.run[r, c.NUM_RUNNING]):
        i = s.slots[r, c.RUNNING_LIST, k]
        if everyone or s.slots[r, c.END_US, i] == s.run[r, c.CLOCK_US]:
            _end_grant(s, r, i)
        else:
            s.slots[r, c.RUNNING_LIST, kept] = i
            kept += 1
    s.run[r, c.NUM_RUNNING] = kept


@jittable
def _end_grant(s: Runs, r: int, i: int) -> None:
    """Frees what slot `i` held, moves its attained service and remaining work, and its demand at a phase border."""
    release(s, r, i)
    if s.slots[r, c.PHASE_LEFT_US, i] == 0 and s.slots[r, c.PHASE, i] + 1 == s.slots[r, c.PAST_PHASE, i]:
        destroy(s, r, i)
        return
    if s.slots[r, c.PHASE_LEFT_US, i] == 0:
        add_demand(s, r, i, c.MAPPED, -1)
        enter_phase(s, r, i, s.slots[r, c.PHASE, i] + 1)
        shrink(s, r, i)
    s.slots[r, c.ENDED_LIST, s.run[r, c.NUM_ENDED]] = i
    s.run[r, c.NUM_ENDED] += 1


@jittable
def release(s: Runs, r: int, i: int) -> None:
    """Ends the grant of slot `i` now: it is runnable again, and the books say what it had and what that cost."""
    now = s.run[r, c.CLOCK_US]
    held = now - s.slots[r, c.GRANT_US, i]
    served = max(0, now - s.slots[r, c.SERVICE_US, i])
    add_demand(s, r, i, c.FREE, 1)
    add_demand(s, r, i, c.SERVED, served)
    add_demand(s, r, i, c.OVERHEAD, held - served)
    s.run[r, c.MEMORY_RUNNING_MIB] -= s.slots[r, c.MEMORY, i]
    s.slots[r, c.ATTAINED_US, i] += served
    s.slots[r, c.PHASE_LEFT_US, i] -= served
    s.slots[r, c.GRANTED_US, i] += held
    s.slots[r, c.OVERHEAD_US, i] += held - served
    s.slots[r, c.START_DEBT_US, i] = max(0, s.slots[r, c.SERVICE_US, i] - now)
    s.slots[r, c.LAST_END_US, i] = now
    s.slots[r, c.STATUS, i] = c.RUNNABLE
    s.run[r, c.NUM_RUNNABLE] += 1
    _log(s, r, i)
    fold(s, r, c.EVENT_END, s.slots[r, c.VM, i])


@jittable
def close(s: Runs, r: int) -> None:
    """Ends a run where it stands: cuts what is running, and writes the outcome of the VMs that are still present."""
    for k in range(s.run[r, c.NUM_RUNNING]):
        release(s, r, s.slots[r, c.RUNNING_LIST, k])
    s.run[r, c.NUM_RUNNING] = 0
    for i in range(s.run[r, c.TOP_SLOT]):
        if s.slots[r, c.STATUS, i] != c.EMPTY:
            write_outcome(s, r, i)


@jittable
def _queue_again(s: Runs, r: int) -> None:
    """Gives the VMs whose grant ended at this instant their places, behind the arrivals of the instant."""
    for k in range(s.run[r, c.NUM_ENDED]):
        take_place(s, r, s.slots[r, c.ENDED_LIST, k])
    s.run[r, c.NUM_ENDED] = 0


@jittable
def _log(s: Runs, r: int, i: int) -> None:
    """Writes the grant of slot `i` that has just ended to the log, if one is kept, over the oldest entry."""
    length = s.log.shape[2]
    if length > 0:
        n = s.run[r, c.NUM_LOGGED] % length
        s.log[r, c.LOG_VM, n] = s.slots[r, c.VM, i]
        s.log[r, c.LOG_SLOT, n] = i
        s.log[r, c.LOG_GRANT_US, n] = s.slots[r, c.GRANT_US, i]
        s.log[r, c.LOG_SERVICE_US, n] = min(s.slots[r, c.SERVICE_US, i], s.run[r, c.CLOCK_US])
        s.log[r, c.LOG_END_US, n] = s.run[r, c.CLOCK_US]
        s.log[r, c.LOG_PHASE, n] = s.slots[r, c.PHASE, i]
        s.log[r, c.LOG_DISK_DEVICE, n] = s.slots[r, c.DISK_DEVICE, i]
        s.log[r, c.LOG_NIC_DEVICE, n] = s.slots[r, c.NIC_DEVICE, i]
        s.run[r, c.NUM_LOGGED] += 1
