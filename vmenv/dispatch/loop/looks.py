"""What a look at all slots, or at the last arrivals, tells of the host: functions of a `vmenv.dispatch.loop.view.HostView`."""

from __future__ import annotations

from typing import Any, NamedTuple

from vmenv.host import columns as c
from vmenv.jit import jittable

FURTHEST = 64  # arrivals that are looked back at
WAITING_CLASSES, MOST_CLASSES = 148, 16  # where the memory of the run keeps how many VMs wait of each class, of the first 16 classes


class Waiting(NamedTuple):
    """The CPU demand of the runnable VMs, in millicores."""

    total: int
    largest: int
    num_whole: int  # VMs that demand the whole CPU


class Loaded(NamedTuple):
    """The tenant that is loaded: its runnable VMs, microseconds since its last and its second last arrival, and how many came lately."""

    num_runnable: int
    last_us: float
    second_us: float
    lately: float


@jittable
def waiting_for_cpu(host: Any) -> Waiting:
    """Returns what the runnable VMs demand of the CPU."""
    capacity, total, largest, num_whole = host.capacity[c.CPU], 0, 0, 0
    for i in range(host.top_slot):
        if host.waiting[c.CPU, i] != c.NOT_WAITING:
            demand = int(host.waiting[c.CPU, i])
            total += demand
            largest = max(largest, demand)
            num_whole += demand == capacity
    return Waiting(total, largest, num_whole)


@jittable
def num_runnable_of(host: Any, tenant: int) -> int:
    """Returns how many VMs of the tenant are runnable."""
    number = 0
    for i in range(host.top_slot):
        number += host.status[i] == c.RUNNABLE and host.tenants[i] == tenant
    return number


@jittable
def num_present_of(host: Any, tenant: int) -> int:
    """Returns how many VMs of the tenant are in slots, whatever they do."""
    number = 0
    for i in range(host.top_slot):
        number += host.status[i] != c.EMPTY and host.tenants[i] == tenant
    return number


@jittable
def since_arrivals(host: Any, tenant: int) -> tuple[float, float]:
    """Returns the microseconds since the last and the second last arrival of the tenant.

    An arrival further back than FURTHEST arrivals of anybody, or before the run, counts as if it were where the looking ends.
    """
    now, num_arrived = host.now_us, len(host.arrivals_us)
    last, found = -1.0, 0
    end_us = now
    for vm in range(num_arrived - 1, max(-1, num_arrived - 1 - FURTHEST), -1):
        end_us = host.arrivals_us[vm]
        if host.arrived_tenants[vm] == tenant:
            found += 1
            if found == 2:
                break
            last = float(now - end_us)
    if num_arrived <= FURTHEST and found < 2:
        end_us = 0
    second = float(now - end_us)
    return (last if last >= 0.0 else second), second


@jittable
def num_lately(host: Any, tenant: int, tau: float) -> float:
    """Returns how many VMs of the tenant came lately: each counts (tau / (tau + its age))^2, so that a rate of r a tau gives about r.

    Arrivals further back than FURTHEST of anybody do not count.
    """
    total, num_arrived = 0.0, len(host.arrivals_us)
    for vm in range(num_arrived - 1, max(-1, num_arrived - 1 - FURTHEST), -1):
        if tenant == host.arrived_tenants[vm]:
            weight = tau / (tau + (host.now_us - host.arrivals_us[vm]))
            total += weight * weight
    return total


@jittable
def loaded_tenant(host: Any, tau: float) -> Loaded:
    """Returns what is known of the tenant that is loaded."""
    last_us, second_us = since_arrivals(host, host.loaded_tenant)
    return Loaded(num_runnable_of(host, host.loaded_tenant), last_us, second_us, num_lately(host, host.loaded_tenant, tau))


@jittable
def count_waiting_classes(host: Any) -> None:
    """Notes in the memory of the run how many runnable VMs there are of each class."""
    memory = host.run_memory
    for k in range(MOST_CLASSES):
        memory[WAITING_CLASSES + k] = 0.0
    for i in range(host.top_slot):
        if host.status[i] == c.RUNNABLE and host.classes[i] < MOST_CLASSES:
            memory[WAITING_CLASSES + host.classes[i]] += 1.0
