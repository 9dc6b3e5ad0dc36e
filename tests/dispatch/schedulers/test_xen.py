"""Xen's schedulers by hand, from xen/common/sched/credit.c and credit2.c: what they do to credits, and the turns that follow."""

from __future__ import annotations

from itertools import groupby
from typing import Any

import pytest

from vmenv.dispatch.loop.view import view_host, view_vm
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
        s.front[i, c.STATUS], s.slots[i, c.WEIGHT], s.slots[i, c.QUEUE_PLACE] = c.RUNNABLE, weight, i
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


def both_at_zero(weights: list[int], cpus: int = 1) -> tuple[Scheduler, State]:
    """Returns VMs that take part and have no credits at the beginning of a slice of 30 ms, which the test has set so."""
    scheduler, s = make_scheduler("credit"), present(weights, cpus)
    scheduler.update(s, scheduler.params())
    for i in range(len(weights)):
        s.slots[i, c.ATTAINED_US] += 1
    scheduler.update(s, scheduler.params())
    s.vm_memory[:, 0] = 0.0
    return scheduler, s


def pass_slices(scheduler: Scheduler, s: State, num_slices: int) -> list[float]:
    """Lets slices pass, one at a time, in which nobody runs, and returns the credits in ms."""
    for _ in range(num_slices):
        s.run[c.CLOCK_US] += 30_000
        scheduler.update(s, scheduler.params())
    return [float(credits) / 1e3 for credits in s.vm_memory[:, 0]]


def test_credit_newcomers_take_part_when_they_have_run() -> None:
    """csched_unit_acct: VM 1 has not run, and VM 0, which has run for the whole slice, gets all of it."""
    scheduler, s = make_scheduler("credit"), present([1, 1])
    scheduler.update(s, scheduler.params())
    serve(s, scheduler, 0, 30_000)
    assert s.vm_memory[:, 0].tolist() == [0, 0]
    serve(s, scheduler, 1, 30_000)
    assert s.vm_memory[:, 0].tolist() == [15_000, -15_000]


def test_credit_halves_and_leaves_beyond_a_slice() -> None:
    """15 ms a slice to each: 30 ms is not more than a slice's worth, 45 ms is. They leave with half, and earn no more (csched_acct)."""
    scheduler, s = both_at_zero([1, 1])
    assert pass_slices(scheduler, s, 1) == [15, 15]
    assert pass_slices(scheduler, s, 1) == [30, 30]
    assert pass_slices(scheduler, s, 1) == [22.5, 22.5]
    assert pass_slices(scheduler, s, 2) == [22.5, 22.5]
    serve(s, scheduler, 0, 30_000)  # who runs takes part again, alone by now
    assert s.vm_memory[:, 0].tolist() == [22_500, 22_500]


def test_credit_owes_a_slice_at_the_most() -> None:
    """VM 0 has burnt 87 ms: -87 + 15 is cut to -30 (the lower bound in csched_acct)."""
    scheduler, s = both_at_zero([1, 1])
    s.slots[0, c.ATTAINED_US] += 87_000
    assert pass_slices(scheduler, s, 1) == [-30, 15]
    # All together were 15 ms below zero, which is dealt out beyond the 30 ms: 22.5 to each, so that VM 1 leaves with half of 37.5.
    assert pass_slices(scheduler, s, 1) == [-7.5, 18.75]


@pytest.mark.parametrize(
    ("weights", "cpus", "earned"),
    [
        ([1, 3], 1, [7.5, 22.5]),
        ([8, 1, 1], 2, [30, 15, 15]),  # 48 of 60 ms is more than a slice
        ([8, 3, 1], 2, [30, 22.5, 7.5]),
        ([8, 6, 1, 1], 3, [30, 30, 15, 15]),  # 45 of 90, then 45 of 60
        ([2, 1], 4, [30, 30]),
    ],
)
def test_credit_peak(weights: list[int], cpus: int, earned: list[float]) -> None:
    """A VM earns a slice's worth at the most (credit_peak), and what that leaves goes to the others."""
    scheduler, s = both_at_zero(weights, cpus)
    assert pass_slices(scheduler, s, 1) == pytest.approx(earned)


def test_credit_goes_on_for_its_slice_though_it_is_over() -> None:
    """VM 1 is over since 60 ms and goes on with its slice, until VM 2 comes, which has not used up anything (__runq_tickle)."""
    scheduler, s = make_scheduler("credit"), present([1, 1, 1])
    s.front[2, c.STATUS] = c.EMPTY
    scheduler.update(s, scheduler.params())
    serve(s, scheduler, 0, 30_000)
    serve(s, scheduler, 1, 30_000)
    serve(s, scheduler, 1, 10_000)

    def ranks() -> list[float]:
        return [scheduler.key(view_vm(s, i), view_host(s), scheduler.params())[0] for i in range(3)]

    assert ranks()[:2] == [1, 0]
    scheduler.update(s, scheduler.params())
    assert ranks()[:2] == [1, 0], "a second look at the same instant changes nothing"
    s.front[2, c.STATUS] = c.RUNNABLE
    for _ in range(2):
        scheduler.update(s, scheduler.params())
        assert ranks() == [1, 2, 1]


def test_credit_turns_that_are_over_do_not_go_on_for_another_pcpu() -> None:
    """2 pCPUs, four VMs, ticks of 1 ms: at 30 ms both turns are over, and the other two VMs have theirs."""
    work = Workload.from_arrays([0] * 4, [10**6] * 4)
    run = simulate(Host(cpus=2, quantum_us=1_000), work, "credit", horizon_us=60_000)
    assert run.attained_us.tolist() == [30_000] * 4
