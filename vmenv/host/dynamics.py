"""The dynamics: grant, wait, advance. Integers only, event by event; the same functions serve one run, a batch, and both modes.

At a decision the clock stands: `grant` puts one VM on, and the next decision follows at the same instant while anything fits. `advance`
moves the clock to the next instant at which something happens and processes all of it, in this order: grant ends by VM number,
arrivals, admissions, and last the queue places of the VMs whose grant ended.
"""

from __future__ import annotations

from vmenv.host import columns as c
from vmenv.host import outcome
from vmenv.host.admission import admit, arrive, destroy, write_outcome
from vmenv.host.books import book
from vmenv.host.contention import contends
from vmenv.host.devices import add_demand
from vmenv.host.fitting import anything_fits, fits, leave_waiting, take_place
from vmenv.host.memory import enter_order_of_use, make_resident, paging_us, shrink
from vmenv.host.phases import enter_phase
from vmenv.host.provisioning import grow, needs_rescue, rescue
from vmenv.host.release import release
from vmenv.host.reserving import overtaking, reservation_us
from vmenv.host.restore import begin_restore
from vmenv.host.running import count_progress, cut_grants, order_running, pop_running, push_running, set_rates
from vmenv.host.state import State, fold
from vmenv.host.storage import copy_us, slot_of
from vmenv.jit import jittable

# --- what can be decided ----------------------------------------------------------------------------------------------------------------


@jittable
def must_pick(s: State) -> bool:
    """Returns whether a host that commits is to be committed now: VMs wait, and it is committed to none of them."""
    return bool(s.run[c.COMMITTED] == c.NOBODY and s.run[c.NUM_RUNNABLE] > 0)


@jittable
def can_wait(s: State) -> bool:
    """Returns whether waiting is a decision: an event is pending, and the host need not commit to a pick now."""
    pending = s.run[c.NUM_RUNNING] > 0 or s.run[c.NEXT_ARRIVAL_US] != c.NEVER
    return bool(pending and not (s.host[c.COMMITS] == 1 and must_pick(s)))


# --- decisions --------------------------------------------------------------------------------------------------------------------------


@jittable
def grant(s: State, i: int) -> None:
    """Grants slot `i`, which must fit: its devices and memory are held until the end of its quantum or phase.

    The end is fixed here (T_next = T_current + T_quantum); what it changes is changed when the clock gets there.
    """
    now = s.run[c.CLOCK_US]
    if s.slots[i, c.KIND] == c.RESTORE and s.slots[i, c.NUM_GRANTS] == 0:
        begin_restore(s, i)
    start_cost = s.slots[i, c.START_DEBT_US]
    if s.slots[i, c.LAST_END_US] != now:
        start_cost += s.host[c.SWITCH_US]
        s.slots[i, c.NUM_SWITCHES] += 1
    if s.slots[i, c.TENANT] != s.run[c.LAST_TENANT]:
        start_cost += s.host[c.RELOAD_US]
        s.run[c.LAST_TENANT] = s.slots[i, c.TENANT]
    start_cost += paging_us(s, make_resident(s, i))

    service = s.slots[i, c.PHASE_LEFT_US]
    if s.host[c.PREEMPT] != c.PREEMPT_NONE:
        service = min(service, s.host[c.QUANTUM_US])
    start_cost += copy_us(s, i, service)
    s.front[i, c.TURN_US] = c.NEVER
    if s.host[c.PREEMPT] != c.PREEMPT_NONE:
        s.front[i, c.TURN_US] = now + start_cost + s.host[c.QUANTUM_US]
    s.slots[i, c.START_DEBT_US] = 0
    s.slots[i, c.GRANT_US] = now
    s.slots[i, c.SERVICE_US] = now + start_cost
    s.slots[i, c.END_US] = now + start_cost + service
    s.slots[i, c.NUM_GRANTS] += 1
    s.front[i, c.STATUS] = c.RUNNING
    s.front[i, c.STALE] |= c.STALE_GRANT
    add_demand(s, i, c.FREE, -1)
    s.run[c.MEMORY_RUNNING_MIB] += s.front[i, c.MEMORY]
    s.run[c.NUM_RUNNABLE] -= 1
    leave_waiting(s, i)
    count_progress(s)
    push_running(s, i)
    if contends(s):
        s.slots[i, c.SINCE_US] = now
        s.neighbours[s.slots[i, c.VM_CLASS]] += 1
        set_rates(s)
    s.run[c.NUM_DECISIONS] += 1
    fold(s, c.EVENT_GRANT, s.slots[i, c.VM])


@jittable
def note_wait(s: State) -> None:
    """Counts the decision to let time move although something may fit."""
    s.run[c.NUM_DECISIONS] += 1
    fold(s, c.EVENT_WAIT, 0)


@jittable
def commit_to(s: State, i: int, reserves: bool) -> None:
    """Commits the host to slot `i`, which is runnable: it is granted as soon as it fits, whatever arrives meanwhile.

    Nobody is granted before it, or if it `reserves` only those that will be done before it can start.
    """
    s.run[c.COMMITTED] = i
    s.run[c.RESERVED_US] = reservation_us(s, i) if reserves else -c.NEVER


@jittable
def grant_held(s: State) -> bool:
    """Grants the slot that the host is committed to if it fits, or one that may go past it; returns whether it has granted any."""
    i = s.run[c.COMMITTED]
    if i != c.NOBODY and not fits(s, i):
        i = overtaking(s) if s.run[c.RESERVED_US] > s.run[c.CLOCK_US] else c.NOBODY
    if i == c.NOBODY:
        return False
    grant(s, i)
    return True


@jittable
def settle(s: State, waits: bool) -> None:
    """Advances until there is something to decide or the run is over; once at least if the decision was to wait."""
    while s.run[c.STATE] == c.GOING and (waits or not (must_pick(s) if s.host[c.COMMITS] == 1 else anything_fits(s))):
        if not grant_held(s):
            advance(s)
        waits = False


# --- time -------------------------------------------------------------------------------------------------------------------------------


@jittable
def next_event_us(s: State) -> int:
    """Returns the time of the next grant end or arrival, NEVER if none is pending."""
    soonest = s.run[c.NEXT_ARRIVAL_US]
    if s.run[c.NUM_RUNNING] > 0:
        soonest = min(soonest, s.slots[s.lists[c.RUNNING_HEAP, 0], c.END_US])
    return int(soonest)


@jittable
def advance(s: State) -> None:
    """Moves the clock to the next instant with an event, and processes that instant."""
    now = next_event_us(s)
    rescued = now == c.NEVER and needs_rescue(s)
    if rescued:
        now = s.run[c.CLOCK_US] + s.host[c.RESCUE_US]
    if now > s.host[c.HORIZON_US]:
        _pass_time(s, s.host[c.HORIZON_US])
        s.run[c.STATE] = c.HORIZON_REACHED
    elif now > c.CLOCK_LIMIT_US:
        s.run[c.STATE] = c.NO_SPACE if now == c.NEVER else c.CLOCK_OVERFLOW
    else:
        if s.run[c.NUM_RUNNABLE] > 0 and now > s.run[c.CLOCK_US]:  # a host that is driven from outside may come to one instant twice
            s.run[c.WAITED_US] = now
        _pass_time(s, now)
        count_progress(s)
        if rescued:
            rescue(s)
        if s.host[c.PREEMPT] == c.PREEMPT_ARRIVAL and s.run[c.NEXT_ARRIVAL_US] == now:
            cut_grants(s)
        _end_grants(s)
        arrive(s)
        admit(s)
        _queue_again(s)
        set_rates(s)
        if s.run[c.NUM_DONE] == s.run[c.NUM_VMS]:
            s.run[c.STATE] = c.DONE


@jittable
def _pass_time(s: State, now: int) -> None:
    """Moves the clock, and with it the integrals of the cost and of the idle capacity."""
    passed = now - s.run[c.CLOCK_US]
    _accrue(s, now)
    for device in range(s.devices.shape[0]):
        book(s.devices, device, c.IDLE, s.devices[device, c.FREE], passed)
    s.run[c.CLOCK_US] = now


@jittable
def _accrue(s: State, now: int) -> None:
    """Adds to the cost what accrues until `now`. A deadline changes the rate from there on, and is no event otherwise."""
    since = s.run[c.CLOCK_US]
    while s.run[c.NEXT_DEADLINE_US] <= now:
        deadline, vm = s.run[c.NEXT_DEADLINE_US], s.deadlines[s.run[c.NEXT_DEADLINE], 1]
        s.costs[c.COST] += s.costs[c.COST_RATE] * (deadline - since)
        since = deadline
        if s.outcomes[vm, outcome.COMPLETION_US] == -1:
            s.costs[c.COST_RATE] += s.late_rates[vm]
        s.run[c.NEXT_DEADLINE] += 1
        s.run[c.NEXT_DEADLINE_US] = c.NEVER
        if s.run[c.NEXT_DEADLINE] < s.run[c.NUM_VMS]:
            s.run[c.NEXT_DEADLINE_US] = s.deadlines[s.run[c.NEXT_DEADLINE], 0]
    s.costs[c.COST] += s.costs[c.COST_RATE] * (now - since)


@jittable
def _end_grants(s: State) -> None:
    """Ends the grants that are due now, in the order of VM numbers."""
    while s.run[c.NUM_RUNNING] > 0 and s.slots[s.lists[c.RUNNING_HEAP, 0], c.END_US] == s.run[c.CLOCK_US]:
        _end_grant(s, pop_running(s))


@jittable
def _end_grant(s: State, i: int) -> None:
    """Frees what slot `i` held, moves its attained service and remaining work, and its demand at a phase border."""
    release(s, i)
    if s.slots[i, c.PHASE_LEFT_US] == 0 and s.slots[i, c.PHASE] + 1 == s.slots[i, c.PAST_PHASE]:
        destroy(s, i)
        return
    grow(s, i)
    if s.slots[i, c.PHASE_LEFT_US] == 0:
        add_demand(s, i, c.MAPPED, -1)
        enter_phase(s, i, s.slots[i, c.PHASE] + 1)
        shrink(s, i)
        if s.slots[i, c.KIND] == c.MIGRATE:
            s.slots[i, c.PHASE_LEFT_US] = s.slots[i, c.DOWN_US]
            _stop(s, slot_of(s, s.slots[i, c.TARGET]))
    k = s.run[c.NUM_ENDED]
    while k > 0 and s.slots[s.lists[c.ENDED_LIST, k - 1], c.VM] > s.slots[i, c.VM]:  # it was stopped by one that comes behind it
        s.lists[c.ENDED_LIST, k] = s.lists[c.ENDED_LIST, k - 1]
        k -= 1
    s.lists[c.ENDED_LIST, k] = i
    s.run[c.NUM_ENDED] += 1


@jittable
def _stop(s: State, i: int) -> None:
    """Stops the VM in slot `i`, the rest of which is about to be copied away; NOBODY if it is gone. If it runs, its grant ends now."""
    if i != c.NOBODY:
        s.slots[i, c.LEAVING] = 2 if s.front[i, c.STATUS] == c.SUSPENDED else 1
        s.front[i, c.STALE] = c.STALE_ALL
        if s.front[i, c.STATUS] == c.RUNNING:
            s.slots[i, c.END_US] = s.run[c.CLOCK_US]
            order_running(s)
        elif s.front[i, c.STATUS] == c.RUNNABLE:
            leave_waiting(s, i)
            _suspend(s, i)


@jittable
def _suspend(s: State, i: int) -> None:
    s.front[i, c.STATUS] = c.SUSPENDED
    s.run[c.NUM_RUNNABLE] -= 1


@jittable
def close(s: State) -> None:
    """Ends a run where it stands: cuts what is running, and writes the outcome of the VMs that are still present."""
    count_progress(s)
    cut_grants(s)
    while s.run[c.NUM_RUNNING] > 0:
        release(s, pop_running(s))
    for i in range(s.run[c.TOP_SLOT]):
        if s.front[i, c.STATUS] != c.EMPTY:
            write_outcome(s, i)


@jittable
def _queue_again(s: State) -> None:
    """Gives the VMs whose grant ended at this instant their places, behind the arrivals of the instant."""
    for k in range(s.run[c.NUM_ENDED]):
        i = s.lists[c.ENDED_LIST, k]
        enter_order_of_use(s, i)
        if s.slots[i, c.LEAVING] == 0 and s.slots[i, c.SHORT_MIB] == 0:
            take_place(s, i)
        elif s.front[i, c.STATUS] == c.RUNNABLE:
            _suspend(s, i)
    s.run[c.NUM_ENDED] = 0
