"""Xen's schedulers by hand, from xen/common/sched/credit.c and credit2.c: what they do to credits, and the turns that follow."""

from __future__ import annotations

from itertools import groupby
from typing import Any

import pytest

from vmenv.dispatch.scheduler import Scheduler
from vmenv.dispatch.simulation import simulate
from vmenv.episodes.schedulers import make_scheduler
from vmenv.errors import SpecError
from vmenv.host import columns as c
from vmenv.host.spec import Host
from vmenv.host.state import State, allocate, one
from vmenv.workload import Workload


def present(weights: list[int], cpus: int = 1) -> State:
    """Returns a host with VMs that have just come and wait, in the order of their slots."""
    n = len(weights)
    s = one(allocate(Host(cpus=cpus), num_runs=1, num_slots=n, num_vms=n, num_phases=n), 0)
    s.devices[c.CPU, c.CAPACITY] = 1_000 * cpus
    s.run[c.TOP_SLOT] = n
    for i, weight in enumerate(weights):
        s.slots[i, c.STATUS], s.slots[i, c.WEIGHT], s.slots[i, c.QUEUE_PLACE] = c.RUNNABLE, weight, i
        s.slots[i, c.ATTAINED_US], s.slots[i, c.LAST_END_US] = 0, -1
    return s


def serve(s: State, scheduler: Scheduler, slot: int, time_us: int) -> None:
    """Serves the VM in a slot for a time, at the end of which the scheduler looks."""
    s.run[c.CLOCK_US] += time_us
    s.slots[slot, c.ATTAINED_US] += time_us
    s.slots[slot, c.LAST_END_US] = s.run[c.CLOCK_US]
    s.slots[slot, c.QUEUE_PLACE] = s.slots[:, c.QUEUE_PLACE].max() + 1
    scheduler.update(s, scheduler.params())


def turns(name: str, arrivals: list[int], tick_us: int, horizon_us: int, **parameters: Any) -> list[tuple[int, int]]:
    """Returns (VM, ticks) of the turns of VMs that never end, on one pCPU."""
    work = Workload.from_arrays(arrivals, [10 * horizon_us] * len(arrivals), weight=parameters.pop("weight", 1))
    run = simulate(
        Host(quantum_us=tick_us, preempt="quantum"), work, make_scheduler(name, **parameters), horizon_us=horizon_us, record=True
    )
    assert run.grants is not None
    granted = run.grants["vm"][run.grants["grant_us"] < horizon_us]
    return [(int(vm), len(list(group))) for vm, group in groupby(granted)]


def test_credit2_begins_with_10_ms_and_burns_by_weight() -> None:
    """csched2_alloc_udata: CSCHED2_CREDIT_INIT. t2c_update: delta x max_weight / weight."""
    scheduler, s = make_scheduler("credit2"), present([3, 1])
    scheduler.update(s, scheduler.params())
    assert s.vm_memory[:, 0].tolist() == [10_000, 10_000]
    serve(s, scheduler, 1, 1_000)
    serve(s, scheduler, 0, 1_000)
    assert s.vm_memory[:, 0].tolist() == [9_000, 7_000]


@pytest.mark.parametrize(
    ("served_us", "left_us"),
    [(9_999, 1), (10_000, 10_000), (19_999, 1), (20_000, 10_000), (35_000, 10_000)],  # the next has none: CSCHED2_CREDIT_RESET
)
def test_credit2_resets_add_to_what_is_left(served_us: int, left_us: int) -> None:
    """VM 0 alone: 10 ms - served, but no less than CSCHED2_CREDIT_MIN, - 10 ms; a reset adds 10 ms, at the minimum 20 ms."""
    scheduler, s = make_scheduler("credit2"), present([1])
    scheduler.update(s, scheduler.params())
    serve(s, scheduler, 0, served_us)
    assert s.vm_memory[0, 0] == left_us


def test_credit2_clips_at_init_and_carryover() -> None:
    """VM 0 must have turns of 20 ms, and is at 0 when VM 1 still has 10 ms: VM 0 gets 10 ms, and VM 1 is clipped to 10.5 ms."""
    scheduler, s = make_scheduler("credit2", least_us=20_000), present([1, 1])
    scheduler.update(s, scheduler.params())
    serve(s, scheduler, 0, 10_000)
    assert s.vm_memory[:, 0].tolist() == [10_000, 10_500]


def test_credit2_runs_until_its_credits_are_below_those_of_the_next() -> None:
    """Ticks of 0.5 ms, 10 ms each. VM 0 is at 9 after the least turn of 1 ms. VM 1 is at 9 after 1 ms too, and goes on: 8.5 is below 9.

    From there on a turn is 1 ms, after which the other one has 0.5 ms more.
    """
    assert turns("credit2", [0, 0], 500, 6_500) == [(0, 2), (1, 3), (0, 2), (1, 2), (0, 2), (1, 2)]


def test_credit2_equals_take_turns_in_the_order_of_the_queue() -> None:
    """runq_insert puts a VM behind those with as many credits: without a least turn three VMs go round, tick by tick."""
    assert turns("credit2", [0, 0, 0], 500, 4_500, least_us=0) == [(0, 1), (1, 1), (2, 2), (0, 1), (1, 2), (2, 1), (0, 1)]


def test_credit2_refuses_what_means_nothing() -> None:
    with pytest.raises(SpecError, match="credit_us=0"):
        make_scheduler("credit2", credit_us=0)
