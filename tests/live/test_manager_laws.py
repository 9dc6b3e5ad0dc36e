"""The manager: the laws hold whatever is commanded, and it is `vmenv.simulate` where nothing is."""

from __future__ import annotations

import contextlib
import dataclasses
from collections.abc import Sequence

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import vmenv
from tests.strategies import IO, hosts, workloads
from vmenv.dispatch.objective import OBJECTIVES, cost_rates
from vmenv.dispatch.simulation import simulate
from vmenv.episodes.schedulers import list_schedulers, make_scheduler
from vmenv.host import columns as c
from vmenv.host.fitting import fits
from vmenv.host.invariants import check_invariants
from vmenv.host.spec import Host
from vmenv.live.manager import Manager
from vmenv.live.status import HostNumbers, Stop, VmStatus
from vmenv.workload import Phase, Workload

COMPILED = ("tsrr", "srpt", "stride", "lottery")  # kept keys, memory, draws; compiling takes a second each


def create_all(manager: Manager, work: Workload, which: Sequence[int] | None = None) -> None:
    for vm in range(work.num_vms) if which is None else which:
        first, number = int(work.first_phase[vm]), int(work.num_phases[vm])
        phases = [Phase(*(int(getattr(work, name)[p]) for name in Phase._fields)) for p in range(first, first + number)]
        given = {name: int(getattr(work, name)[vm]) for name in ("weight", "priority", "slo_us", "image_mib", "estimate_us", "tenant")}
        manager.create(phases, arrival_us=int(work.arrival_us[vm]), **given)


@settings(max_examples=40, deadline=None, derandomize=True, database=None)
@given(
    host=hosts(),
    work=workloads(),
    name=st.sampled_from(list_schedulers()),
    num_slots=st.one_of(st.none(), st.integers(1, 4)),
    backfill=st.booleans(),
    commit=st.booleans(),
    reservation=st.booleans(),
    interpreted=st.booleans(),
)
def test_without_commands_it_is_simulate(
    host: Host, work: Workload, name: str, num_slots: int | None, backfill: bool, commit: bool, reservation: bool, interpreted: bool
) -> None:
    """Created up front, in whatever order the workload has; also stepped decision by decision."""
    scheduler = make_scheduler(
        name, backfill=backfill, commit=commit and host.preempt == "none", reservation=reservation and commit and host.preempt == "none"
    )
    expected = simulate(host, work, scheduler, seed=5, num_slots=num_slots, interpreted=True)
    for max_decisions in (10**6, 1):
        manager = Manager(host, num_slots=num_slots, interpreted=interpreted or name not in COMPILED)
        create_all(manager, work)
        while manager.schedule(scheduler, seed=5, max_decisions=max_decisions).stopped == Stop.ENOUGH:
            pass
        assert manager.digest() == expected.digest()
        assert manager.metrics() == expected.metrics()
        assert manager.observe().cost == expected.cost


@settings(max_examples=40, deadline=None, derandomize=True, database=None)
@given(
    host=hosts(),
    work=workloads(),
    name=st.sampled_from(["tsrr", "las", "rap", "srpt", "tsp"]),
    objective=st.sampled_from(OBJECTIVES),
    ahead=st.lists(st.integers(1, 30), min_size=8, max_size=8),
)
def test_created_as_time_goes_by(host: Host, work: Workload, name: str, objective: str, ahead: list[int]) -> None:
    """VMs that become known only a while before they arrive, the later ones sometimes first, change nothing for who looks at none of it."""
    known_us = [max(0, int(arrival) - before) for arrival, before in zip(work.arrival_us, ahead, strict=False)]
    manager = Manager(host, objective=objective, interpreted=True)
    for vm in np.argsort(known_us, kind="stable").tolist():
        if known_us[vm] > manager.clock_us:
            manager.schedule(name, until_us=known_us[vm])
        create_all(manager, work, [vm])
    manager.schedule(name)
    run = manager.outcome()
    expected = simulate(host, run.workload, name, objective=objective, interpreted=True)
    assert run.digest() == expected.digest()
    assert run.cost == pytest.approx(expected.cost, rel=1e-9)


COMMANDS = ("create", "create later", "destroy", "suspend", "resume", "grant", "wait", "wait until", "schedule", "schedule on")
COMMANDS += ("snapshot", "compress", "migrate", "restore")
command = st.tuples(st.sampled_from(COMMANDS), st.integers(0, 10**6), st.integers(1, 20))


def carry_out(manager: Manager, what: str, which: int, amount: int, schedulers: Sequence[str]) -> None:
    host = manager.host
    vm = which % max(1, manager.num_vms)
    name = schedulers[which % len(schedulers)]
    if what.startswith("create"):
        phases = [
            Phase(1 + (which >> k) % 20, (which >> k) % 1001, (which >> k) % 9, IO * ((which >> k) % 6), IO * ((which >> k) % 5))
            for k in range(amount % 3 + 1)
        ]
        later = manager.clock_us + which % 40 if what == "create later" else None
        writes = {"dirty_kib_s": which % 3 * IO, "working_set_mib": which % 5, "saving_permille": which % 2 * 500}
        given = {"image_mib": which % 7, "slo_us": which % 3 * 15, "weight": 1 + which % 4, "tenant": which % 3}
        manager.create(phases, arrival_us=later, **given, **writes)
    elif what == "snapshot":
        manager.snapshot(vm, disk_kib_s=IO * (1 + amount % 5), cpu_millicores=which % 900, weight=1 + which % 3)
    elif what == "compress":
        manager.compress(vm, cpu_millicores=which % 900, slo_us=which % 3 * 15)
    elif what == "migrate":
        manager.migrate(vm, net_kib_s=IO * (1 + amount % 5), cpu_millicores=which % 900)
    elif what == "restore":
        manager.restore(vm, disk_kib_s=IO * (1 + amount % 5), cpu_millicores=which % 900)
    elif what == "wait":
        manager.wait()
    elif what == "wait until":
        manager.wait(manager.clock_us + amount)
    elif what == "schedule":
        manager.schedule(name, max_decisions=amount)
    elif what == "schedule on":
        manager.schedule(name, until_us=manager.clock_us + amount)
    else:
        getattr(manager, what)(vm)
    assert manager.host is host


def check_everything(manager: Manager) -> None:
    """The laws, what the slots and lists hold, and what an end here would tell."""
    s = manager.state
    assert check_invariants(s) == []
    runnable = s.front[:, c.STATUS] == c.RUNNABLE
    waiting = s.waiting.T[: len(s.slots)]
    assert (waiting[runnable] == s.front[runnable, : c.NUM_DEMANDS]).all()
    assert (waiting[~runnable, c.CPU] == c.NOT_WAITING).all()
    empty = np.flatnonzero(s.front[:, c.STATUS] == c.EMPTY)
    assert sorted(s.lists[c.FREE_HEAP, : s.run[c.NUM_FREE]]) == empty.tolist()
    running = np.flatnonzero(s.front[:, c.STATUS] == c.RUNNING)
    assert sorted(s.lists[c.RUNNING_HEAP, : s.run[c.NUM_RUNNING]]) == running.tolist()
    chain, i = [], s.run[c.LEAST_RECENT]
    while i != c.NOBODY:
        chain.append(int(i))
        i = s.slots[i, c.MORE_RECENT]
    idle = np.isin(s.front[:, c.STATUS], (c.RUNNABLE, c.SUSPENDED)) & (s.slots[:, c.RESIDENT_MIB] > 0)
    assert sorted(chain) == np.flatnonzero(idle).tolist()
    assert (np.diff(s.slots[chain, c.LAST_END_US]) >= 0).all()
    if not manager.num_vms:
        return
    run = manager.outcome()
    rates = cost_rates(manager.objective, manager.host, run.workload)
    late_us = np.where(run.due, np.maximum(run.response_us - run.workload.slo_us, 0), 0)
    assert run.cost == (rates.present * run.response_us + rates.late * late_us).sum()
    assert (run.response_us == run.attained_us + run.lost_us + run.overhead_us + run.wait_us).all()
    assert (run.wait_us >= 0).all()
    kinds, states = ([getattr(manager.vm_status(vm), name) for vm in range(manager.num_vms)] for name in ("kind", "state"))
    for vm, (kind, state) in enumerate(zip(kinds, states, strict=True)):
        if kind == "vm" and state != "migrated":
            assert run.completed[vm] == (run.attained_us[vm] == run.workload.size_us[vm])
    assert run.workload.is_vm.tolist() == [kind == "vm" for kind in kinds]
    check_what_is_seen(manager)
    seen = {vm.vm for vm in manager.observe().vms}
    for vm in range(manager.num_vms):
        status = manager.vm_status(vm)
        assert (status.state in ("queued", "runnable", "running", "suspended")) == (vm in seen)
        assert (status.state == "destroyed") == (status.destroyed_us is not None) == (run.destroyed_us[vm] >= 0)
        assert (status.state in ("completed", "migrated")) == (status.completion_us is not None)
        if status.state != "running":
            assert status.wait_us == run.wait_us[vm]
            assert status.attained_us == run.attained_us[vm]


def check_what_is_seen(manager: Manager) -> None:
    """Row by row, by columns and one at a time it is the same, and what fits is what the dynamics say."""
    seen, columns = manager.observe(), manager.observe_columns()
    assert [vm.vm for vm in seen.vms] == sorted(vm.vm for vm in seen.vms)
    assert list(seen.vms) == [manager.vm_status(vm.vm) for vm in seen.vms]
    for field in dataclasses.fields(HostNumbers):
        assert getattr(seen, field.name) == getattr(columns, field.name)
    assert list(columns.vms) == [field.name for field in dataclasses.fields(VmStatus)]
    for name, column in columns.vms.items():
        values = [getattr(vm, name) for vm in seen.vms]
        assert column.tolist() == [-1 if value is None else value for value in values]
    for vm in seen.vms:
        slot = manager._live.slot(vm.vm)
        assert vm.fits == (slot is not None and fits(manager.state, slot))


@settings(max_examples=80, deadline=None, derandomize=True, database=None)
@given(
    host=hosts(),
    opening=st.integers(0, 8),
    commands=st.lists(command, min_size=5, max_size=50),
    num_slots=st.one_of(st.none(), st.integers(1, 4)),
    objective=st.sampled_from(["mean_response_us", "weighted_response_us", "weighted_tardiness_us"]),
)
def test_laws_hold_whatever_is_commanded(
    host: Host, opening: int, commands: list[tuple[str, int, int]], num_slots: int | None, objective: str
) -> None:
    """Any list of commands after some VMs are there, the illegal ones refused; at the end everybody is resumed and all work is done."""
    manager = Manager(host, num_slots=num_slots, objective=objective, interpreted=True)
    for what, which, amount in [("create", 7_919 * k, k) for k in range(opening)] + commands:
        before = manager.digest() if manager.num_vms else ""
        try:
            carry_out(manager, what, which, amount, list_schedulers())
        except vmenv.ActionError:
            assert before == (manager.digest() if manager.num_vms else "")
        check_everything(manager)
    for vm in range(manager.num_vms):
        if manager.vm_status(vm).state == "suspended":
            with contextlib.suppress(vmenv.ActionError):  # it is about to leave
                manager.resume(vm)
    if manager.num_vms:
        manager.schedule("tsrr", until_us=manager.clock_us + 100)  # all pending ones arrive
        while manager.schedule("tsrr").stopped != Stop.DONE:  # a pool that is thin and full: somebody has to go
            manager.destroy(next(status.vm for status in manager.observe().vms if status.short_mib > 0))
            check_everything(manager)
        check_everything(manager)
        gone = [manager.vm_status(vm).state for vm in range(manager.num_vms)]
        assert set(gone) <= {"completed", "migrated", "destroyed"}


@settings(max_examples=25, deadline=None, derandomize=True, database=None)
@given(host=hosts(), commands=st.lists(command, min_size=5, max_size=40), num_slots=st.one_of(st.none(), st.integers(1, 4)))
def test_compiled_and_interpreted_are_the_same(host: Host, commands: list[tuple[str, int, int]], num_slots: int | None) -> None:
    digests = []
    for interpreted in (False, True):
        manager = Manager(host, num_slots=num_slots, interpreted=interpreted)
        refused = []
        for place, (what, which, amount) in enumerate(commands):
            try:
                carry_out(manager, what, which, amount, COMPILED)
            except vmenv.ActionError:
                refused.append(place)
        digests.append((manager.digest() if manager.num_vms else "", refused, manager.observe()))
    assert digests[0] == digests[1]


def test_many_vms_and_room_for_all() -> None:
    """More VMs, phases and slots than there is room for at first, the later arrivals created first."""
    rng = np.random.default_rng(3)
    n = 150
    work = Workload.from_phases(
        np.sort(rng.integers(0, 3_000, n))[::-1], [[Phase(int(w), 300), Phase(5, 100, 7)] for w in rng.integers(1, 400, n)]
    )
    manager = Manager(Host(switch_us=3), interpreted=True)
    create_all(manager, work)
    assert manager.schedule("las").stopped == Stop.DONE
    assert manager.digest() == simulate(Host(switch_us=3), work, "las", interpreted=True).digest()
    assert len(manager.state.slots) > 64
