"""What a learner sees: one row of features a slot, one for the host, and the mask of legal actions.

The two tables below are the whole documentation of the observation: names in order, meaning and scaling. squash(x, y) = x / (x + y) maps
[0, inf) to [0, 1); tau is the scenario's `time_scale_us`. Rows of empty slots are zero. Nothing here says how much work is left unless
`clairvoyant` asks for it; what the run has taught about it so far is there if `history` asks for it.

The buffers are kept up to date rather than written anew: of a VM of which nothing has changed but the time, only the features that tell
times are written; of an empty slot nothing is.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from vmenv.errors import SpecError
from vmenv.host import columns as c
from vmenv.host.contention import contends
from vmenv.host.dynamics import can_wait
from vmenv.host.fitting import fits_in, room
from vmenv.host.memory import paging_us
from vmenv.host.pairs import learned_harm, learned_own
from vmenv.host.spec import Host
from vmenv.host.state import State
from vmenv.host.storage import pool_mib
from vmenv.jit import jittable, unsigned

VM_FEATURES = {
    "present": "1 while a VM is in the slot",
    "fits": "1 if it can be granted now",
    "running": "1 while it runs",
    "continues": "1 if its grant ended at this instant: granting it again costs no switch",
    "age": "squash(time since arrival, 10 tau)",
    "idle": "squash(time since its last grant ended, or since arrival, tau)",
    "grant_left": "squash(time to the end of its quantum, tau), 0 unless running; it may be done sooner, which is hidden",
    "start": "squash(start cost of a grant now, without paging others out, 0.1 tau)",
    "resident": "resident memory / host memory",
    "attained": "squash(service so far, tau)",
    "attained_long": "squash(service so far, 10 tau)",
    "copying": "1 while a snapshot of it is not complete: its writes cost copies",
    "same_tenant": "1 if its tenant is the one loaded: granting it costs no reload",
    "cpu": "CPU demand / capacity",
    "disk": "disk demand / capacity of its disk",
    "net": "network demand / capacity of its NIC",
    "memory": "memory demand / host memory",
    "weight": "squash(weight, 1)",
    "priority": "priority / (1 + |priority|)",
    "slack": "x / (|x| + tau), x being the time to its deadline; 0 without one",
    "snapshot": "1 if it is no VM but the snapshot of one",
    "compress": "1 if it is no VM but the compression of an image",
    "migrate": "1 if it is no VM but the move of one to another host",
    "restore": "1 if it is no VM but the return of one to its snapshot",
    "beside": "speed that it seems to keep beside those that run, by what the run has shown of contention; 1 without",
    "harm": "squash(speed that those that run seem to lose to it, 1), 0 without",
}
CLAIRVOYANT_FEATURES = {
    "left": "squash(work left, tau)",
    "left_long": "squash(work left, 10 tau)",
}
HISTORY_FEATURES = {
    "seen": "squash(VMs of its label that have come to their end in the run, 4); labels are tenants modulo 4",
    "promise": "squash(tau g, 1), g being the Gittins index that the run has taught of its label, of VMs of its service",
    "expected_left": "squash(size that was announced - service so far, tau), 0 if none was",
}  # written by `vmenv.dispatch.history`
HOST_FEATURES = {
    "memory_free": "memory beside the running VMs / host memory",
    "memory_resident": "resident memory / host memory",
    "runnable": "runnable VMs / slots",
    "running": "running VMs / slots",
    "queued": "squash(VMs in the admission queue, slots)",
    "next_end": "squash(time to the first end of a running quantum, tau), 1 if nothing runs",
    "pool_free": "free storage / pool",
}  # then two a device: "free_<device>", free / capacity, and "waiting_<device>", squash(demand of those that do not run, capacity)


# Where the compiled code writes them.
(
    PRESENT,
    FITS,
    RUNNING,
    CONTINUES,
    AGE,
    IDLE,
    GRANT_LEFT,
    START,
    RESIDENT,
    ATTAINED,
    ATTAINED_LONG,
    COPYING,
    SAME_TENANT,
    CPU,
    DISK,
    NET,
    MEMORY,
    WEIGHT,
    PRIORITY,
    SLACK,
    IS_SNAPSHOT,
    IS_COMPRESS,
    IS_MIGRATE,
    IS_RESTORE,
    BESIDE,
    HARM,
    LEFT,
    LEFT_LONG,
) = range(len(VM_FEATURES) + len(CLAIRVOYANT_FEATURES))
NUM_CLAIRVOYANT = len(VM_FEATURES) + len(CLAIRVOYANT_FEATURES)
SEEN, PROMISE, EXPECTED_LEFT = range(len(VM_FEATURES), len(VM_FEATURES) + len(HISTORY_FEATURES))  # never beside the clairvoyant ones
NUM_HISTORY = len(VM_FEATURES) + len(HISTORY_FEATURES)
assert NUM_HISTORY != NUM_CLAIRVOYANT  # the compiled code tells them apart by the length of a row
MEMORY_FREE, MEMORY_RESIDENT, NUM_RUNNABLE, NUM_RUNNING, NUM_QUEUED, NEXT_END, POOL_FREE, DEVICES = range(len(HOST_FEATURES) + 1)


class Observations(NamedTuple):
    """The buffers of a batch of B runs with S slots; those of one run have no leading axis. The compiled code writes into them."""

    vms: NDArray[np.float32]  # (B, S, F)
    host: NDArray[np.float32]  # (B, G)
    action_mask: NDArray[np.int8]  # (B, S + 1); the last action is "wait"


def vm_features(clairvoyant: bool = False, history: bool = False) -> tuple[str, ...]:
    """Returns the names of the F features of a slot, in order.

    Raises:
        SpecError: Both are asked for.
    """
    if clairvoyant and history:
        raise SpecError("clairvoyant and history are both on: give one, who knows the work left need not guess it")
    return (*VM_FEATURES, *(CLAIRVOYANT_FEATURES if clairvoyant else ()), *(HISTORY_FEATURES if history else ()))


def host_features(host: Host) -> tuple[str, ...]:
    """Returns the names of the G features of a host, in order."""
    return (*HOST_FEATURES, *(f"{what}_{name}" for name in host.device_names for what in ("free", "waiting")))


def allocate_observations(host: Host, num_runs: int, num_slots: int, clairvoyant: bool = False, history: bool = False) -> Observations:
    """Returns zeroed buffers."""
    return Observations(
        vms=np.zeros((num_runs, num_slots, len(vm_features(clairvoyant, history))), np.float32),
        host=np.zeros((num_runs, len(host_features(host))), np.float32),
        action_mask=np.zeros((num_runs, num_slots + 1), np.int8),
    )


@jittable
def one_observation(out: Observations, r: int) -> Observations:
    """Returns the buffers of run `r`."""
    return Observations(out.vms[r], out.host[r], out.action_mask[r])


@jittable
def squash(x: float, y: float) -> np.float32:
    """Returns x / (x + y), computed as it is kept, in float32: half the time of a division in float64."""
    return np.float32(x) / (np.float32(x) + np.float32(y))


@jittable
def ratio(x: int, whole: int) -> np.float32:
    """Returns x / whole in float32."""
    return np.float32(x) / np.float32(whole)


@jittable
def observe(s: State, out: Observations, tau: float) -> None:
    """Brings the observation of a run up to date."""
    now, top = s.run[c.CLOCK_US], max(s.run[c.TOP_SLOT], s.run[c.OBSERVED_TOP])
    time_passed, free = now != s.run[c.OBSERVED_US], room(s)
    reloaded = s.run[c.LAST_TENANT] != s.run[c.OBSERVED_TENANT]  # it concerns all VMs, so that it is no mark of one of them
    for i in range(unsigned(top)):
        stale = s.slots[i, c.STALE]
        if s.slots[i, c.STATUS] == c.EMPTY:
            if stale != 0:
                _clear(out, i)
                s.slots[i, c.STALE] = 0
            continue
        row = out.vms[i]
        if stale != 0:
            if stale == c.STALE_ALL:
                _observe_vm(s, i, row)
            _observe_grant(s, i, row, tau)
            s.slots[i, c.STALE] = c.STALE_GRANT if row[CONTINUES] == 1.0 else 0  # that it goes on holds for one instant
        elif reloaded:
            _observe_start(s, i, row, tau)
        if stale != 0 or time_passed:
            _observe_times(s, i, row, tau)
        fit = fits_in(s, i, free)
        row[FITS] = fit
        out.action_mask[i] = fit
    if contends(s):
        _observe_neighbours(s, out, top)
    out.action_mask[s.slots.shape[0]] = can_wait(s)
    _observe_host(s, out.host, tau)
    s.run[c.OBSERVED_US], s.run[c.OBSERVED_TOP] = now, s.run[c.TOP_SLOT]
    s.run[c.OBSERVED_TENANT] = s.run[c.LAST_TENANT]


@jittable
def _observe_neighbours(s: State, out: Observations, top: int) -> None:
    for i in range(top):
        if s.slots[i, c.STATUS] != c.EMPTY:
            out.vms[i, BESIDE] = learned_own(s.slots[i, c.VM_CLASS], s) / c.FULL_RATE
            out.vms[i, HARM] = squash(learned_harm(s.slots[i, c.VM_CLASS], s), c.FULL_RATE)


@jittable
def _clear(out: Observations, i: int) -> None:
    for feature in range(out.vms.shape[1]):
        out.vms[i, feature] = 0.0
    out.action_mask[i] = 0


@jittable
def _observe_vm(s: State, i: int, row: Any) -> None:
    """Writes what stays the same for a whole phase."""
    priority = s.slots[i, c.PRIORITY]
    row[PRESENT] = 1.0
    row[CPU] = ratio(s.slots[i, c.CPU], s.devices[c.CPU, c.CAPACITY])
    row[DISK] = ratio(s.slots[i, c.DISK], s.devices[s.slots[i, c.DISK_DEVICE], c.CAPACITY])
    row[NET] = ratio(s.slots[i, c.NET], s.devices[s.slots[i, c.NIC_DEVICE], c.CAPACITY])
    row[MEMORY] = ratio(s.slots[i, c.MEMORY], s.host[c.MEMORY_MIB])
    row[WEIGHT] = squash(s.slots[i, c.WEIGHT], 1.0)
    row[PRIORITY] = ratio(priority, 1 + abs(priority))
    row[SLACK] = 0.0
    if s.slots[i, c.SLO_US] > 0:
        s.run[c.OBSERVED_SLO] = 1
    row[IS_SNAPSHOT] = s.slots[i, c.KIND] == c.SNAPSHOT
    row[IS_COMPRESS] = s.slots[i, c.KIND] == c.COMPRESS
    row[IS_MIGRATE] = s.slots[i, c.KIND] == c.MIGRATE
    row[IS_RESTORE] = s.slots[i, c.KIND] == c.RESTORE
    row[BESIDE] = 1.0


@jittable
def _observe_grant(s: State, i: int, row: Any, tau: float) -> None:
    """Writes what changes when the VM is granted, when its grant ends, and when it is paged out."""
    row[RUNNING] = s.slots[i, c.STATUS] == c.RUNNING
    row[COPYING] = s.slots[i, c.COPYING] > 0
    row[CONTINUES] = s.slots[i, c.LAST_END_US] == s.run[c.CLOCK_US]
    row[RESIDENT] = ratio(s.slots[i, c.RESIDENT_MIB], s.host[c.MEMORY_MIB])
    row[ATTAINED] = squash(s.slots[i, c.ATTAINED_US], tau)
    row[ATTAINED_LONG] = squash(s.slots[i, c.ATTAINED_US], 10.0 * tau)
    if row.shape[0] == NUM_CLAIRVOYANT:
        left = s.slots[i, c.SIZE_US] - s.slots[i, c.ATTAINED_US]
        row[LEFT] = squash(left, tau)
        row[LEFT_LONG] = squash(left, 10.0 * tau)
    _observe_start(s, i, row, tau)


@jittable
def _observe_start(s: State, i: int, row: Any, tau: float) -> None:
    """Writes what changes, beside all that, when another tenant is loaded."""
    same_tenant = s.slots[i, c.TENANT] == s.run[c.LAST_TENANT]
    start = s.slots[i, c.START_DEBT_US] + paging_us(s, s.slots[i, c.SWAPPED_MIB])
    if s.slots[i, c.LAST_END_US] != s.run[c.CLOCK_US]:
        start += s.host[c.SWITCH_US]
    if not same_tenant:
        start += s.host[c.RELOAD_US]
    row[SAME_TENANT] = same_tenant
    row[START] = 0.0 if s.slots[i, c.STATUS] == c.RUNNING else squash(start, 0.1 * tau)


@jittable
def _observe_times(s: State, i: int, row: Any, tau: float) -> None:
    """Writes what changes with the clock. TURN_US lies behind a runnable VM and before a running one: one division serves both."""
    now = s.run[c.CLOCK_US]
    row[AGE] = squash(now - s.slots[i, c.ARRIVAL_US], 10.0 * tau)
    since = np.float32(now - s.slots[i, c.TURN_US])
    turn = since / (abs(since) + np.float32(tau))
    idle = max(turn, np.float32(0.0))  # no branch: nobody foresees who runs
    row[IDLE], row[GRANT_LEFT] = idle, idle - turn
    if s.run[c.OBSERVED_SLO] == 1 and s.slots[i, c.SLO_US] > 0:
        slack = s.slots[i, c.ARRIVAL_US] + s.slots[i, c.SLO_US] - now
        row[SLACK] = ratio(slack, abs(slack) + tau)


@jittable
def _observe_host(s: State, row: Any, tau: float) -> None:
    """Writes the row of the host."""
    num_slots = s.slots.shape[0]
    soonest = c.NEVER
    for k in range(s.run[c.NUM_RUNNING]):
        soonest = min(soonest, s.slots[s.lists[c.RUNNING_HEAP, k], c.TURN_US])
    row[MEMORY_FREE] = ratio(s.host[c.MEMORY_MIB] - s.run[c.MEMORY_RUNNING_MIB], s.host[c.MEMORY_MIB])
    row[MEMORY_RESIDENT] = ratio(s.run[c.MEMORY_RESIDENT_MIB], s.host[c.MEMORY_MIB])
    row[NUM_RUNNABLE] = ratio(s.run[c.NUM_RUNNABLE], num_slots)
    row[NUM_RUNNING] = ratio(s.run[c.NUM_RUNNING], num_slots)
    row[NUM_QUEUED] = squash(s.run[c.NEXT_ARRIVAL] - s.run[c.NEXT_ADMISSION], num_slots)
    row[NEXT_END] = squash(soonest - s.run[c.CLOCK_US], tau)
    row[POOL_FREE] = ratio(s.run[c.POOL_FREE_MIB], max(1, pool_mib(s)))
    for device in range(s.devices.shape[0]):
        capacity, free = s.devices[device, c.CAPACITY], s.devices[device, c.FREE]
        row[DEVICES + 2 * device] = ratio(free, capacity)
        row[DEVICES + 2 * device + 1] = squash(s.devices[device, c.MAPPED] - (capacity - free), capacity)
