"""What a policy of shares sees: a row of features a slot, and one of the host. All of it is past: what will be demanded is not in it.

The two tables below are the whole documentation. C is the capacity of the device that a use is on, squash(x) = x / (1 + x); rates and
amounts are those of the interval that ended last. "root" is the square root of a rate / C, which is cut at 1: demands lie over several
powers of ten. Rows of empty slots are zero.
"""

from __future__ import annotations

import math
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from vmenv.host import columns as h
from vmenv.host.columns import CPU, DEMAND_NAMES, NUM_USES
from vmenv.host.spec import Host
from vmenv.jit import jittable
from vmenv.share import columns as c
from vmenv.share.state import State

VM_FEATURES = {
    "present": "1 while a VM is in the slot",
    "size": "CPU that it can use at the most, root",
    "weight": "squash(the weight that the workload gave it / 4)",
    "age": "squash(intervals since it came / 16)",
}
USE_FEATURES = {  # one of each for the CPU, the disk and the NIC: "cpu_now", "disk_now", ...
    "now": "its mean demand, root",
    "missed": "what it did not get of that, root",
    "backlog": "squash(what waits / (C x interval))",
    "short": "mean demand over some 4 intervals (weights fall by 3/4 an interval), root",
    "long": "the same over some 32 intervals",
    "swing": "mean change of its demand from one interval to the next, over some 8, root",
    "peak": "largest demand, forgotten at 1/16 an interval, root",
}
HOST_FEATURES = {"present": "VMs present / slots"}
DEVICE_FEATURES = {  # one of each for every device: "cpu_demand", "disk0_demand", ...
    "demand": "squash(what all demanded / (C x interval))",
    "lost": "squash(what was lost / (C x interval))",
    "backlog": "squash(what waits / (C x interval))",
}
PRESENT, SIZE, WEIGHT, AGE, FIRST_USE = range(len(VM_FEATURES) + 1)


class Observations(NamedTuple):
    """The buffers of a batch of B runs with S slots; those of one run have no leading axis."""

    vms: NDArray[np.float32]  # (B, S, F)
    host: NDArray[np.float32]  # (B, G)


def vm_features() -> tuple[str, ...]:
    """Returns the names of the F features of a slot, in order."""
    return (*VM_FEATURES, *(f"{use}_{name}" for use in DEMAND_NAMES[:NUM_USES] for name in USE_FEATURES))


def host_features(host: Host) -> tuple[str, ...]:
    """Returns the names of the G features of a host, in order."""
    return (*HOST_FEATURES, *(f"{device}_{name}" for device in host.device_names for name in DEVICE_FEATURES))


def allocate_observations(host: Host, num_runs: int, num_slots: int) -> Observations:
    """Returns zeroed buffers."""
    return Observations(
        vms=np.zeros((num_runs, num_slots, len(vm_features())), np.float32),
        host=np.zeros((num_runs, len(host_features(host))), np.float32),
    )


@jittable
def root(x: float, whole: float) -> np.float32:
    """Returns the square root of x / whole, 1 at the most."""
    return np.float32(math.sqrt(min(1.0, x / whole)))


@jittable
def squash(x: float) -> np.float32:
    """Returns x / (1 + x)."""
    return np.float32(x / (1.0 + x))


@jittable
def observe(s: State, vms: Any, host: Any) -> None:
    """Writes the observation of a run."""
    length_us = max(1, s.run[c.LAST_LENGTH_US])
    for i in range(s.slots.shape[0]):
        row = vms[i]
        if s.slots[i, c.VM] == h.NOBODY:
            for feature in range(row.shape[0]):
                row[feature] = 0.0
            continue
        row[PRESENT] = 1.0
        row[SIZE] = root(s.slots[i, c.LIMIT], s.filling.capacity[CPU])
        row[WEIGHT] = squash(s.slots[i, c.GIVEN_WEIGHT] / 4.0)
        row[AGE] = squash(s.slots[i, c.NUM_SEEN] / 16.0)
        feature = FIRST_USE
        for u in range(NUM_USES):
            capacity, use = s.filling.capacity[s.filling.places[i, u]], s.uses[i, u]
            grains = capacity * float(c.GRAIN)
            row[feature] = root(use[c.NOW], grains)
            row[feature + 1] = root(use[c.MISSED], capacity * float(length_us))
            row[feature + 2] = squash(use[c.BACKLOG] / (capacity * float(s.host[c.INTERVAL_US])))
            row[feature + 3] = root(use[c.SHORT], grains)
            row[feature + 4] = root(use[c.LONG], grains)
            row[feature + 5] = root(use[c.SWING], grains)
            row[feature + 6] = root(use[c.PEAK], grains)
            feature += 7
    host[0] = np.float32(s.run[c.NUM_PRESENT] / s.slots.shape[0])
    for device in range(s.devices.shape[0]):
        whole = s.filling.capacity[device] * float(length_us)
        host[1 + 3 * device] = squash(s.devices[device, c.LAST_DEMANDED] / whole)
        host[2 + 3 * device] = squash(s.devices[device, c.LAST_LOST] / whole)
        host[3 + 3 * device] = squash(s.devices[device, c.DEV_QUEUED] / (s.filling.capacity[device] * float(s.host[c.INTERVAL_US])))
