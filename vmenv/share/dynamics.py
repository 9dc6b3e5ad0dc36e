"""The dynamics of the share model: one interval after the other, in integers; the same functions serve one run, a batch, and both modes.

Phases are open-loop: a phase lasts its `work_us` of wall time, whatever the VM gets. Within an interval, time goes from border to border
(of phases, of VMs that come and go), and between two of them all rates stand still:

1. What a VM *asks*: what it demands, and what would drain its backlog by the next border, rounded up.
2. What it gets: by the weights of this interval, `vmenv.share.filling.fill` over what all ask (SPARE_SHARED); or (SPARE_IDLE) what keeps
   within its caps, which are what `fill` gives it of each device when everybody asks for as much as he can use (a CPU quota, set before the
   demand is known: what one leaves is not the others'). Then the bottleneck of a VM among its caps slows all three uses. A VM that comes
   into an interval has the weight that was given for its slot.
3. What it does not get is lost, or joins its backlog. On each device, exactly: demanded = granted + lost + queued, and granted + idle =
   capacity x time. Steal time is lost / capacity, active time granted / capacity.

So one core of 3,200 MHz and demands of 28, 3,500, 0 and 183 MHz for 300 s each: active (28 + 3,200 + 0 + 183) / 3,200 x 300 s =
319,781.25 ms, idle the rest of 1,200 s, steal (3,500 - 3,200) / 3,200 x 300 s = 28,125 ms. With a second VM that demands 28, 3,100, 0 and
73: active (56 + 3,200 + 0 + 256) / 3,200 x 300 s = 329,250 ms, steal (3,500 + 3,100 - 3,200) / 3,200 x 300 s = 318,750 ms: what all demand
beyond the core, a demand above the whole core included.

Memory and the storage pool are not shared out.
"""

from __future__ import annotations

from vmenv.checks import LARGEST
from vmenv.host import columns as h
from vmenv.host import given
from vmenv.host.columns import CPU, DISK, NET, NUM_USES
from vmenv.host.devices import least_mapped
from vmenv.jit import jittable
from vmenv.share import columns as c
from vmenv.share.filling import fill, hold_to
from vmenv.share.state import State, clear_slot, fold

# --- who is there -----------------------------------------------------------------------------------------------------------------------


@jittable
def enter_phase(s: State, i: int, phase: int) -> None:
    """R_next = R_current + R_quantum: slot `i` now demands what `phase` demands, until its time is over."""
    s.slots[i, c.PHASE] = phase
    s.slots[i, c.PHASE_END_US] = s.run[c.CLOCK_US] + s.phases[phase, h.PHASE_WORK_US]
    _set_rates(s, i, s.phases[phase, CPU], s.phases[phase, DISK], s.phases[phase, NET])


@jittable
def _set_rates(s: State, i: int, cpu: int, disk: int, net: int) -> None:
    for u in range(NUM_USES):
        rate = cpu if u == CPU else disk if u == DISK else net
        s.devices[s.filling.places[i, u], c.DEV_MAPPED] += rate - s.uses[i, u, c.RATE]
        s.uses[i, u, c.RATE] = rate


@jittable
def _enter(s: State, i: int, vm: int) -> None:
    """Puts a VM into the empty slot `i`, on the disk and the NIC with the least demand."""
    past_disks = h.FIRST_DISK + s.host[c.NUM_DISKS]
    s.slots[i, c.VM] = vm
    s.slots[i, c.LIMIT] = s.limits[vm]
    s.slots[i, c.GIVEN_WEIGHT] = s.vms[vm, given.WEIGHT]
    s.slots[i, c.PAST_PHASE] = s.vms[vm, given.PAST_PHASE]
    s.slots[i, c.SINCE_US] = s.times[vm, c.ADMISSION_US] = s.run[c.CLOCK_US]
    s.filling.places[i, CPU] = CPU
    s.filling.places[i, DISK] = least_mapped(s.devices, c.DEV_MAPPED, h.FIRST_DISK, past_disks)
    s.filling.places[i, NET] = least_mapped(s.devices, c.DEV_MAPPED, past_disks, s.devices.shape[0])
    s.run[c.NUM_PRESENT] += 1
    enter_phase(s, i, s.vms[vm, given.FIRST_PHASE])


@jittable
def _admit(s: State) -> bool:
    """Lets VMs that arrive now join the admission queue, and those at its head enter free slots; returns whether one did."""
    while s.run[c.NEXT_ARRIVAL_US] == s.run[c.CLOCK_US]:
        s.run[c.NEXT_ARRIVAL] += 1
        s.run[c.NEXT_ARRIVAL_US] = h.NEVER
        if s.run[c.NEXT_ARRIVAL] < s.run[c.NUM_VMS]:
            s.run[c.NEXT_ARRIVAL_US] = s.vms[s.run[c.NEXT_ARRIVAL], given.ARRIVAL_US]
    entered = False
    for i in range(s.slots.shape[0]):
        if s.run[c.NEXT_ADMISSION] < s.run[c.NEXT_ARRIVAL] and s.slots[i, c.VM] == h.NOBODY:
            _enter(s, i, s.run[c.NEXT_ADMISSION])
            s.run[c.NEXT_ADMISSION] += 1
            entered = True
    return entered


@jittable
def _leave(s: State) -> bool:
    """Moves phases on whose time is over, and lets VMs go that have none left and no backlog; returns whether one went."""
    now, left = s.run[c.CLOCK_US], False
    for i in range(s.slots.shape[0]):
        if s.slots[i, c.VM] == h.NOBODY:
            continue
        if s.slots[i, c.PHASE_END_US] == now:
            if s.slots[i, c.PHASE] + 1 < s.slots[i, c.PAST_PHASE]:
                enter_phase(s, i, s.slots[i, c.PHASE] + 1)
            else:
                s.slots[i, c.PHASE_END_US] = h.NEVER
                _set_rates(s, i, 0, 0, 0)
        waiting = s.uses[i, CPU, c.BACKLOG] + s.uses[i, DISK, c.BACKLOG] + s.uses[i, NET, c.BACKLOG]
        if s.slots[i, c.PHASE_END_US] == h.NEVER and waiting == 0:
            s.times[s.slots[i, c.VM], c.COMPLETION_US] = now
            clear_slot(s, i)
            s.run[c.NUM_PRESENT] -= 1
            s.run[c.NUM_DONE] += 1
            left = True
    return left


# --- what they get ----------------------------------------------------------------------------------------------------------------------


@jittable
def _share_out(s: State, length_us: int, changed: bool) -> None:
    """Writes the grants of the next `length_us`; `changed` as in `share_out`."""
    idles = s.host[c.SPARE] == c.SPARE_IDLE
    if not idles or changed:
        _ask(s, length_us, idles)
        fill(s.filling)
    if idles:
        if changed:
            _set_caps(s)
        _ask(s, length_us, False)
        hold_to(s.filling, s.caps)


@jittable
def _set_caps(s: State) -> None:
    """Keeps what was filled of the CPU as caps; disks and NICs, of which everybody could use all, go by weight alone."""
    f = s.filling
    for device in range(h.FIRST_DISK, s.devices.shape[0]):
        f.trial[device] = 0
    for i in range(s.slots.shape[0]):
        if s.slots[i, c.VM] != h.NOBODY:
            f.trial[f.places[i, DISK]] += f.weights[i]
            f.trial[f.places[i, NET]] += f.weights[i]
    for i in range(s.slots.shape[0]):
        s.caps[i, CPU] = f.grants[i, CPU]
        for u in (DISK, NET):
            place = f.places[i, u]
            s.caps[i, u] = 0
            if s.slots[i, c.VM] != h.NOBODY:
                s.caps[i, u] = f.capacity[place] * f.weights[i] // f.trial[place]  # rounded down: less than a unit a VM is nobody's


@jittable
def _ask(s: State, length_us: int, all_it_can: bool) -> None:
    """Writes what every slot asks for the next `length_us`, or all the CPU that it can use and nothing else; never more than that."""
    f = s.filling
    for i in range(s.slots.shape[0]):
        for u in range(NUM_USES):
            # -(-x // y) is rounded up: a backlog that is asked for is gone by then, if it is granted.
            asked = min(s.uses[i, u, c.RATE] - (-s.uses[i, u, c.BACKLOG] // length_us), LARGEST)
            f.asks[i, u] = 0 if all_it_can else asked
        f.asks[i, CPU] = s.slots[i, c.LIMIT] if all_it_can else min(f.asks[i, CPU], s.slots[i, c.LIMIT])


@jittable
def _serve(s: State, length_us: int) -> None:
    """Lets time pass at the rates granted: the books of every VM and device move."""
    for device in range(s.devices.shape[0]):
        s.devices[device, c.DEV_IDLE] += s.filling.capacity[device] * length_us
    fold(s, s.run[c.CLOCK_US])
    for i in range(s.slots.shape[0]):
        if s.slots[i, c.VM] != h.NOBODY:
            for u in range(NUM_USES):
                _serve_use(s, i, u, length_us)
    waiting_us = 0.0
    for device in range(s.devices.shape[0]):
        waiting_us += s.devices[device, c.DEV_QUEUED] / s.filling.capacity[device]
    s.waited[0] += waiting_us * length_us
    s.run[c.CLOCK_US] += length_us


@jittable
def _serve_use(s: State, i: int, u: int, length_us: int) -> None:
    """The same for one use of slot `i`."""
    vm, device, use = s.slots[i, c.VM], s.filling.places[i, u], s.uses[i, u]
    demanded, before = use[c.RATE] * length_us, use[c.BACKLOG]
    granted = min(s.filling.grants[i, u] * length_us, demanded + before)
    left = demanded + before - granted
    fold(s, (vm * NUM_USES + u) * 1_000_003 + s.filling.grants[i, u])
    if s.host[c.UNMET] == c.UNMET_QUEUED:
        use[c.BACKLOG] = left
        s.devices[device, c.DEV_QUEUED] += left - before
    else:
        s.books[vm, u, c.BOOK_LOST] += left
        s.devices[device, c.DEV_LOST] += left
        s.devices[device, c.LAST_LOST] += left
    use[c.DEMANDED] += demanded
    use[c.GRANTED] += granted
    use[c.MISSED] += max(0, left - before)
    s.books[vm, u, c.BOOK_DEMANDED] += demanded
    s.books[vm, u, c.BOOK_GRANTED] += granted
    s.devices[device, c.DEV_DEMANDED] += demanded
    s.devices[device, c.LAST_DEMANDED] += demanded
    s.devices[device, c.DEV_GRANTED] += granted
    s.devices[device, c.DEV_IDLE] -= granted


# --- time -------------------------------------------------------------------------------------------------------------------------------


@jittable
def _next_border(s: State, end: int) -> int:
    """Returns the next instant at which a demand changes, `end` at the latest."""
    soonest = min(end, s.run[c.NEXT_ARRIVAL_US])
    for i in range(s.slots.shape[0]):
        soonest = min(soonest, s.slots[i, c.PHASE_END_US])
    return int(soonest)


@jittable
def pass_interval(s: State) -> None:
    """Lets one interval pass with the weights that are set; `skip_empty_time` must follow."""
    start, changed = s.run[c.CLOCK_US], True
    end = open_interval(s)
    while s.run[c.STATE] == h.GOING and s.run[c.CLOCK_US] < end:
        length_us = share_out(s, end, changed)
        changed = serve(s, length_us)
    close_interval(s, start)


@jittable
def open_interval(s: State) -> int:
    """Clears what is kept of the last interval, and returns when the one that begins now ends."""
    for device in range(s.devices.shape[0]):
        s.devices[device, c.LAST_DEMANDED] = s.devices[device, c.LAST_LOST] = 0
    for i in range(s.slots.shape[0]):
        for u in range(NUM_USES):
            for column in (c.DEMANDED, c.GRANTED, c.MISSED):
                s.uses[i, u, column] = 0
    return int(min(s.run[c.CLOCK_US] + s.host[c.INTERVAL_US], s.host[c.HORIZON_US]))


@jittable
def share_out(s: State, end: int, changed: bool) -> int:
    """Writes the grants until the next border, and returns how far away that is.

    Args:
        s: The run.
        end: Of the interval.
        changed: Somebody came or went since the caps were set, or the weights are new.
    """
    length_us = _next_border(s, end) - s.run[c.CLOCK_US]
    _share_out(s, length_us, changed)
    return int(length_us)


@jittable
def serve(s: State, length_us: int) -> bool:
    """Lets time pass at the rates granted, to a border, and what happens there happen; returns whether somebody came or went."""
    _serve(s, length_us)
    left = _leave(s)
    came = _admit(s)
    _settle_state(s)
    return bool(left or came)


@jittable
def close_interval(s: State, start: int) -> None:
    """Takes an interval that began at `start` and ends now into what is remembered."""
    s.run[c.NUM_INTERVALS] += 1
    s.run[c.LAST_LENGTH_US] = s.run[c.CLOCK_US] - start
    _learn(s)


@jittable
def _settle_state(s: State) -> None:
    if s.run[c.NUM_DONE] == s.run[c.NUM_VMS]:
        s.run[c.STATE] = h.DONE
    elif s.run[c.CLOCK_US] >= s.host[c.HORIZON_US]:
        s.run[c.STATE] = h.HORIZON_REACHED
    elif s.run[c.CLOCK_US] > s.host[c.CLOCK_LIMIT_US] - s.host[c.INTERVAL_US]:
        s.run[c.STATE] = h.CLOCK_OVERFLOW


@jittable
def skip_empty_time(s: State) -> None:
    """If nobody is present, lets all devices idle until the next arrival, or the horizon: at the beginning, and after an interval."""
    if s.run[c.STATE] != h.GOING or s.run[c.NUM_PRESENT] > 0:
        return
    now = min(s.run[c.NEXT_ARRIVAL_US], s.host[c.HORIZON_US])
    for device in range(s.devices.shape[0]):
        s.devices[device, c.DEV_IDLE] += s.filling.capacity[device] * (now - s.run[c.CLOCK_US])
    s.run[c.CLOCK_US] = now
    _admit(s)
    _settle_state(s)


@jittable
def _learn(s: State) -> None:
    """Takes the interval into what is remembered of each VM's demand. Halves are rounded down, of negative numbers too."""
    length_us = max(1, s.run[c.LAST_LENGTH_US])
    for i in range(s.slots.shape[0]):
        if s.slots[i, c.VM] == h.NOBODY:
            continue
        first = s.slots[i, c.NUM_SEEN] == 0
        s.slots[i, c.NUM_SEEN] += 1
        for u in range(NUM_USES):
            use = s.uses[i, u]
            seen = use[c.DEMANDED] // length_us * c.GRAIN
            if first:
                use[c.SHORT] = use[c.LONG] = use[c.NOW] = seen
            use[c.SHORT] += (seen - use[c.SHORT]) >> 2
            use[c.LONG] += (seen - use[c.LONG]) >> 5
            use[c.SWING] += (abs(seen - use[c.NOW]) - use[c.SWING]) >> 3
            use[c.PEAK] = max(seen, use[c.PEAK] - (use[c.PEAK] >> 4))
            use[c.NOW] = seen
