"""What an index policy may know about tenants: who is loaded, how many of its VMs wait, and when its last VMs came."""

from __future__ import annotations

from vmenv.host import columns as c
from vmenv.host import given
from vmenv.host.state import State
from vmenv.jit import jittable

FURTHEST = 64  # arrivals that are looked back at


@jittable
def waiting_of(s: State, tenant: int) -> int:
    """Returns how many VMs of the tenant are runnable."""
    number = 0
    for i in range(s.run[c.TOP_SLOT]):
        number += s.slots[i, c.STATUS] == c.RUNNABLE and s.slots[i, c.TENANT] == tenant
    return number


@jittable
def since_arrivals(s: State, tenant: int) -> tuple[float, float]:
    """Returns the microseconds since the last and the second last arrival of the tenant.

    An arrival further back than FURTHEST arrivals of anybody, or before the run, counts as if it were where the looking ends.
    """
    now, next_arrival = s.run[c.CLOCK_US], s.run[c.NEXT_ARRIVAL]
    last, found = -1.0, 0
    end_us = now
    for vm in range(next_arrival - 1, max(-1, next_arrival - 1 - FURTHEST), -1):
        end_us = s.vms[vm, given.ARRIVAL_US]
        if s.vms[vm, given.TENANT] == tenant:
            found += 1
            if found == 2:
                break
            last = float(now - end_us)
    if next_arrival <= FURTHEST and found < 2:
        end_us = 0
    second = float(now - end_us)
    return (last if last >= 0.0 else second), second
