"""What a learner sees: one row of features a slot, one for the host, and the mask of legal actions.

The tuples below are the names in order; `vmenv.dispatch.features` says what each tells, in which unit and how it is scaled. Tau is the
scenario's `time_scale_us`. Rows of empty slots are zero. Nothing here says how much work is left unless `clairvoyant` asks for it; what the
run has taught about it so far is there if `history` asks for it.

The buffers are kept up to date rather than written anew: of a VM of which nothing has changed but the time, only the features that tell
times are written; of an empty slot nothing is.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from vmenv.dispatch.features import host as of_host
from vmenv.dispatch.features import vm as of
from vmenv.dispatch.features.feature import places
from vmenv.dispatch.features.forms import ratio32, sides32, signed32, squash32
from vmenv.dispatch.loop.view import HostView, view_host, view_vm
from vmenv.errors import SpecError
from vmenv.host import columns as c
from vmenv.host.contention import contends
from vmenv.host.fitting import fits_in, room
from vmenv.host.spec import Host
from vmenv.host.state import State
from vmenv.jit import jittable, pinned, unsigned

VM_FEATURES = (
    "present",
    "fits",
    "running",
    "continues",
    "age_long",
    "idle",
    "grant_left",
    "start",
    "resident",
    "attained",
    "attained_long",
    "copying",
    "same_tenant",
    "cpu",
    "disk",
    "net",
    "memory",
    "weight",
    "priority",
    "slack",
    "snapshot",
    "compress",
    "migrate",
    "restore",
    "beside",
    "harm",
)
CLAIRVOYANT_FEATURES = ("left", "left_long")
HISTORY_FEATURES = ("seen", "promise", "expected_left")  # written by `vmenv.dispatch.history`
HOST_FEATURES = ("memory_free", "memory_resident", "runnable_of_slots", "running_of_slots", "queued_of_slots", "next_end", "pool_free")
DEVICE_FEATURES = ("free", "waiting")  # behind them, of each device in turn: "free_cpu", "waiting_cpu", "free_disk0", ...

# Where the compiled code writes them.
AT = places((*VM_FEATURES, *CLAIRVOYANT_FEATURES))
AT_WITH_HISTORY = places((*VM_FEATURES, *HISTORY_FEATURES))  # never beside the clairvoyant ones
AT_HOST = places(HOST_FEATURES)
NUM_CLAIRVOYANT, NUM_HISTORY = len(AT), len(AT_WITH_HISTORY)
assert NUM_HISTORY != NUM_CLAIRVOYANT  # the compiled code tells them apart by the length of a row
FIRST_OF_DEVICES, NUM_OF_DEVICE = len(HOST_FEATURES), len(DEVICE_FEATURES)


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
    return (*HOST_FEATURES, *(f"{what}_{name}" for name in host.device_names for what in DEVICE_FEATURES))


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
def observe(s: State, out: Observations, tau: float) -> None:
    """Brings the observation of a run up to date."""
    now, top = s.run[c.CLOCK_US], max(s.run[c.TOP_SLOT], s.run[c.OBSERVED_TOP])
    time_passed, free, host = now != s.run[c.OBSERVED_US], room(s), pinned(view_host(s))
    reloaded = s.run[c.LAST_TENANT] != s.run[c.OBSERVED_TENANT]  # it concerns all VMs, so that it is no mark of one of them
    for i in range(unsigned(top)):
        stale = s.front[i, c.STALE]
        if s.front[i, c.STATUS] == c.EMPTY:
            if stale != 0:
                _clear(out, i)
                s.front[i, c.STALE] = 0
            continue
        row = out.vms[i]
        if stale != 0:
            if stale == c.STALE_ALL:
                _observe_vm(s, i, host, row, tau)
            _observe_grant(s, i, host, row, tau)
            s.front[i, c.STALE] = c.STALE_GRANT if row[AT.continues] == 1.0 else 0  # that it goes on holds for one instant
        elif reloaded:
            _observe_start(s, i, host, row, tau)
        if stale != 0 or time_passed:
            _observe_times(s, i, host, row, tau)
        fit = fits_in(s, i, free)
        row[AT.fits] = fit
        out.action_mask[i] = fit
        if s.host[c.COMMITS] == 1:  # whoever waits may be picked, and is held until it fits
            out.action_mask[i] = s.front[i, c.STATUS] == c.RUNNABLE
    if contends(s):
        _observe_neighbours(s, host, out, top, tau)
    out.action_mask[s.slots.shape[0]] = host.can_wait
    _observe_host(host, out.host, tau)
    s.run[c.OBSERVED_US], s.run[c.OBSERVED_TOP] = now, s.run[c.TOP_SLOT]
    s.run[c.OBSERVED_TENANT] = s.run[c.LAST_TENANT]


# Each of these looks at the VM anew: compiled, it then loads no more of it than what it writes.


@jittable
def _observe_neighbours(s: State, host: HostView, out: Observations, top: int, tau: float) -> None:
    for i in range(top):
        if s.front[i, c.STATUS] != c.EMPTY:
            vm = pinned(view_vm(s, i))
            out.vms[i, AT.beside] = of.beside(vm, host, tau)[0]
            out.vms[i, AT.harm] = squash32(of.harm(vm, host, tau))


@jittable
def _clear(out: Observations, i: int) -> None:
    for feature in range(out.vms.shape[1]):
        out.vms[i, feature] = 0.0
    out.action_mask[i] = 0


@jittable
def _observe_vm(s: State, i: int, host: HostView, row: Any, tau: float) -> None:
    """Writes what stays the same for a whole phase, and what stays so where nobody contends and without a deadline."""
    vm = pinned(view_vm(s, i))
    row[AT.present] = 1.0
    row[AT.cpu] = ratio32(of.cpu(vm, host, tau))
    row[AT.disk] = ratio32(of.disk(vm, host, tau))
    row[AT.net] = ratio32(of.net(vm, host, tau))
    row[AT.memory] = ratio32(of.memory(vm, host, tau))
    row[AT.weight] = squash32(of.weight(vm, host, tau))
    row[AT.priority] = signed32(of.priority(vm, host, tau))
    row[AT.slack] = 0.0
    if vm.slo_us > 0:
        s.run[c.OBSERVED_SLO] = 1
    row[AT.snapshot] = of.snapshot(vm, host, tau)[0]
    row[AT.compress] = of.compress(vm, host, tau)[0]
    row[AT.migrate] = of.migrate(vm, host, tau)[0]
    row[AT.restore] = of.restore(vm, host, tau)[0]
    row[AT.beside] = 1.0


@jittable
def _observe_grant(s: State, i: int, host: HostView, row: Any, tau: float) -> None:
    """Writes what changes when the VM is granted, when its grant ends, and when it is paged out."""
    vm = pinned(view_vm(s, i))
    row[AT.running] = of.running(vm, host, tau)[0]
    row[AT.copying] = of.copying(vm, host, tau)[0]
    row[AT.continues] = of.continues(vm, host, tau)[0]
    row[AT.resident] = ratio32(of.resident(vm, host, tau))
    row[AT.attained] = squash32(of.attained(vm, host, tau))
    row[AT.attained_long] = squash32(of.attained_long(vm, host, tau))
    if row.shape[0] == NUM_CLAIRVOYANT:
        row[AT.left] = squash32(of.left(vm, host, tau))
        row[AT.left_long] = squash32(of.left_long(vm, host, tau))
    _observe_start(s, i, host, row, tau)


@jittable
def _observe_start(s: State, i: int, host: HostView, row: Any, tau: float) -> None:
    """Writes what changes, beside all that, when another tenant is loaded."""
    vm = pinned(view_vm(s, i))
    row[AT.same_tenant] = of.same_tenant(vm, host, tau)[0]
    row[AT.start] = squash32(of.start(vm, host, tau))


@jittable
def _observe_times(s: State, i: int, host: HostView, row: Any, tau: float) -> None:
    """Writes what changes with the clock."""
    vm = pinned(view_vm(s, i))
    row[AT.age_long] = squash32(of.age_long(vm, host, tau))
    row[AT.idle], row[AT.grant_left] = sides32(of.past_turn(vm, host, tau))
    if s.run[c.OBSERVED_SLO] == 1:
        _observe_slack(s, i, host, row, tau)


@jittable
def _observe_slack(s: State, i: int, host: HostView, row: Any, tau: float) -> None:
    vm = pinned(view_vm(s, i))
    row[AT.slack] = signed32(of.slack(vm, host, tau))


@jittable
def _observe_host(host: HostView, row: Any, tau: float) -> None:
    """Writes the row of the host."""
    row[AT_HOST.memory_free] = ratio32(of_host.memory_free(host, tau))
    row[AT_HOST.memory_resident] = ratio32(of_host.memory_resident(host, tau))
    row[AT_HOST.runnable_of_slots] = ratio32(of_host.runnable_of_slots(host, tau))
    row[AT_HOST.running_of_slots] = ratio32(of_host.running_of_slots(host, tau))
    row[AT_HOST.queued_of_slots] = squash32(of_host.queued_of_slots(host, tau))
    row[AT_HOST.next_end] = squash32(of_host.next_end(host, tau))
    row[AT_HOST.pool_free] = ratio32(of_host.pool_free(host, tau))
    for device in range(host.capacity.shape[0]):
        row[FIRST_OF_DEVICES + NUM_OF_DEVICE * device] = ratio32(of_host.free(host, device))
        row[FIRST_OF_DEVICES + NUM_OF_DEVICE * device + 1] = squash32(of_host.waiting(host, device))
