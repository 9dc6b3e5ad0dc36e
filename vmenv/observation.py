"""What a learner sees: one row of features a slot, one for the host, and the mask of legal actions.

The two tables below are the whole documentation of the observation: names in order, meaning and scaling. squash(x, y) = x / (x + y) maps
[0, inf) to [0, 1); tau is the scenario's `time_scale_us`. Rows of empty slots are zero. Nothing here says how much work is left unless
`clairvoyant` asks for it.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from vmenv.host import columns as c
from vmenv.host.dynamics import can_wait, fits
from vmenv.host.memory import paging_us
from vmenv.host.spec import Host
from vmenv.host.state import Runs
from vmenv.jit import jittable

VM_FEATURES = {
    "present": "1 while a VM is in the slot",
    "fits": "1 if it can be granted now",
    "running": "1 while it runs",
    "continues": "1 if its grant ended at this instant: granting it again costs no switch",
    "cpu": "CPU demand / capacity",
    "disk": "disk demand / capacity of its disk",
    "net": "network demand / capacity of its NIC",
    "memory": "memory demand / host memory",
    "resident": "resident memory / host memory",
    "attained": "squash(service so far, tau)",
    "attained_long": "squash(service so far, 10 tau)",
    "age": "squash(time since arrival, 10 tau)",
    "idle": "squash(time since its last grant ended, or since arrival, tau)",
    "start": "squash(start cost of a grant now, without paging others out, 0.1 tau)",
    "grant_left": "squash(time to the end of its quantum, tau), 0 unless running; it may be done sooner, which is hidden",
    "weight": "squash(weight, 1)",
    "priority": "priority / (1 + |priority|)",
}
CLAIRVOYANT_FEATURES = {
    "left": "squash(work left, tau)",
    "left_long": "squash(work left, 10 tau)",
}
HOST_FEATURES = {
    "memory_free": "memory beside the running VMs / host memory",
    "memory_resident": "resident memory / host memory",
    "runnable": "runnable VMs / slots",
    "running": "running VMs / slots",
    "queued": "squash(VMs in the admission queue, slots)",
    "next_end": "squash(time to the first end of a running quantum, tau), 1 if nothing runs",
}  # then one a device, "free_<device>": free / capacity


class Observations(NamedTuple):
    """The buffers of a batch of B runs with S slots; the compiled code writes into them."""

    vms: NDArray[np.float32]  # (B, S, F)
    host: NDArray[np.float32]  # (B, G)
    action_mask: NDArray[np.int8]  # (B, S + 1); the last action is "wait"


def vm_features(clairvoyant: bool = False) -> tuple[str, ...]:
    """Returns the names of the F features of a slot, in order."""
    return (*VM_FEATURES, *(CLAIRVOYANT_FEATURES if clairvoyant else ()))


def host_features(host: Host) -> tuple[str, ...]:
    """Returns the names of the G features of a host, in order."""
    return (*HOST_FEATURES, *(f"free_{name}" for name in host.device_names))


def allocate_observations(host: Host, num_runs: int, num_slots: int, clairvoyant: bool = False) -> Observations:
    """Returns zeroed buffers."""
    return Observations(
        vms=np.zeros((num_runs, num_slots, len(vm_features(clairvoyant))), np.float32),
        host=np.zeros((num_runs, len(host_features(host))), np.float32),
        action_mask=np.zeros((num_runs, num_slots + 1), np.int8),
    )


@jittable
def squash(x: float, y: float) -> float:
    """Returns x / (x + y)."""
    return x / (x + y)


@jittable
def quantum_end_us(s: Runs, r: int, i: int) -> int:
    """Returns when the grant of slot `i` ends at the latest: the true end would tell the work left. NEVER without quanta."""
    if s.host[c.PREEMPT] == c.PREEMPT_NONE:
        return c.NEVER
    return int(s.slots[r, c.SERVICE_US, i] + s.host[c.QUANTUM_US])


@jittable
def observe(s: Runs, r: int, out: Observations, tau: float) -> None:
    """Writes the observation of run `r`."""
    num_slots = s.slots.shape[2]
    for i in range(num_slots):
        out.action_mask[r, i] = 0
        if s.slots[r, c.STATUS, i] == c.EMPTY:
            for f in range(out.vms.shape[2]):
                out.vms[r, i, f] = 0.0
        else:
            observe_vm(s, r, i, out, tau)
    out.action_mask[r, num_slots] = can_wait(s, r)
    observe_host(s, r, out, tau)


@jittable
def observe_vm(s: Runs, r: int, i: int, out: Observations, tau: float) -> None:
    """Writes the row of a VM and its place in the mask."""
    now = s.run[r, c.CLOCK_US]
    fit = fits(s, r, i)
    running = s.slots[r, c.STATUS, i] == c.RUNNING
    continues = s.slots[r, c.LAST_END_US, i] == now
    start = s.slots[r, c.START_DEBT_US, i] + paging_us(s, s.slots[r, c.SWAPPED_MIB, i])
    if not continues:
        start += s.host[c.SWITCH_US]
    priority = s.slots[r, c.PRIORITY, i]

    out.action_mask[r, i] = fit
    row = out.vms[r, i]
    row[0] = 1.0
    row[1] = fit
    row[2] = running
    row[3] = continues
    row[4] = s.slots[r, c.CPU, i] / s.devices[r, c.CAPACITY, 0]
    row[5] = s.slots[r, c.DISK, i] / s.devices[r, c.CAPACITY, s.slots[r, c.DISK_DEVICE, i]]
    row[6] = s.slots[r, c.NET, i] / s.devices[r, c.CAPACITY, s.slots[r, c.NIC_DEVICE, i]]
    row[7] = s.slots[r, c.MEMORY, i] / s.host[c.MEMORY_MIB]
    row[8] = s.slots[r, c.RESIDENT_MIB, i] / s.host[c.MEMORY_MIB]
    row[9] = squash(s.slots[r, c.ATTAINED_US, i], tau)
    row[10] = squash(s.slots[r, c.ATTAINED_US, i], 10.0 * tau)
    row[11] = squash(now - s.slots[r, c.ARRIVAL_US, i], 10.0 * tau)
    row[12] = 0.0 if running else squash(now - max(s.slots[r, c.LAST_END_US, i], s.slots[r, c.ARRIVAL_US, i]), tau)
    row[13] = 0.0 if running else squash(start, 0.1 * tau)
    row[14] = squash(quantum_end_us(s, r, i) - now, tau) if running else 0.0
    row[15] = squash(s.slots[r, c.WEIGHT, i], 1.0)
    row[16] = priority / (1.0 + abs(priority))
    if row.shape[0] > 17:
        left = s.slots[r, c.SIZE_US, i] - s.slots[r, c.ATTAINED_US, i]
        row[17] = squash(left, tau)
        row[18] = squash(left, 10.0 * tau)


@jittable
def observe_host(s: Runs, r: int, out: Observations, tau: float) -> None:
    """Writes the row of the host."""
    num_slots = s.slots.shape[2]
    soonest = c.NEVER
    for k in range(s.run[r, c.NUM_RUNNING]):
        soonest = min(soonest, quantum_end_us(s, r, s.slots[r, c.RUNNING_LIST, k]))
    row = out.host[r]
    row[0] = 1.0 - s.run[r, c.MEMORY_RUNNING_MIB] / s.host[c.MEMORY_MIB]
    row[1] = s.run[r, c.MEMORY_RESIDENT_MIB] / s.host[c.MEMORY_MIB]
    row[2] = s.run[r, c.NUM_RUNNABLE] / num_slots
    row[3] = s.run[r, c.NUM_RUNNING] / num_slots
    row[4] = squash(s.run[r, c.NEXT_ARRIVAL] - s.run[r, c.NEXT_ADMISSION], num_slots)
    row[5] = squash(soonest - s.run[r, c.CLOCK_US], tau)
    for device in range(s.devices.shape[2]):
        row[6 + device] = s.devices[r, c.FREE, device] / s.devices[r, c.CAPACITY, device]
