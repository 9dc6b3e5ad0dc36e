"""What a look at all slots, or at the last arrivals, tells of the host: functions of a `vmenv.dispatch.loop.view.HostView`."""

from __future__ import annotations

from typing import Any, NamedTuple

from vmenv.host import columns as c
from vmenv.jit import jittable

FURTHEST = 64  # arrivals that are looked back at


class Waiting(NamedTuple):
    """The CPU demand of the runnable VMs, in millicores."""

    total: int
    largest: int
    num_whole: int  # VMs that demand the whole CPU


class Loaded(NamedTuple):
    """The tenant that is loaded: its runnable VMs, and the microseconds since its last and its second last arrival."""

    num_runnable: int
    last_us: float
    second_us: float


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
def loaded_tenant(host: Any) -> Loaded:
    """Returns what is known of the tenant that is loaded."""
    last_us, second_us = since_arrivals(host, host.loaded_tenant)
    return Loaded(num_runnable_of(host, host.loaded_tenant), last_us, second_us)
