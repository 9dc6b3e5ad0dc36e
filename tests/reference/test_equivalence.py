"""Compiled = interpreted = the plain reference, to the last integer, on random hosts, workloads and schedulers."""

from __future__ import annotations

import dataclasses
from collections import Counter
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.reference.orders import order_of
from tests.reference.simulator import Reference
from tests.strategies import hosts, workloads
from vmenv.dispatch.scheduler import Scheduler
from vmenv.dispatch.simulation import simulate
from vmenv.episodes.schedulers import list_schedulers, make_scheduler
from vmenv.errors import SimulationError
from vmenv.host.spec import Disk, Host
from vmenv.workload import Workload

seen: Counter[str] = Counter()
ORDERED = [name for name in list_schedulers() if order_of(name, make_scheduler(name), 0) is not None]


@st.composite
def schedulers(draw: Any) -> tuple[str, Scheduler]:
    """Any scheduler with any parameters."""
    name = draw(st.sampled_from(ORDERED))
    parameters: dict[str, Any] = {
        "tsp": {"aging_per_s": draw(st.sampled_from([0.0, 1e5, 3e4]))},
        "rap": {"rule": draw(st.sampled_from(["balanced", "attained"]))},
        "rrp": {"order": draw(st.sampled_from(["asc", "desc"]))},
        "mlfq": {
            "threshold_us": draw(st.sampled_from([3.0, 10.0])),
            "ratio": draw(st.sampled_from([1.5, 2.0, 4.0])),
            "resident_first": draw(st.booleans()),
        },
    }
    return name, make_scheduler(name, backfill=draw(st.booleans()), **parameters.get(name, {}))


def compare(host: Host, work: Workload, named: tuple[str, Scheduler], num_slots: int | None, horizon_us: int | None, seed: int) -> None:
    name, scheduler = named
    order = order_of(name, scheduler, seed)
    assert order is not None, f"write the order of {name} into tests/reference/orders.py"
    options: dict[str, Any] = {"seed": seed, "num_slots": num_slots, "horizon_us": horizon_us, "record": True}
    expected = Reference(host, work, order, scheduler.backfill, num_slots, horizon_us, scheduler.commit, scheduler.reservation).play()
    seen.update(expected.seen | {host.preempt})
    if expected.stuck:
        for interpreted in (False, True):
            with pytest.raises(SimulationError, match="the pool is full"):
                simulate(host, work, scheduler, interpreted=interpreted, **options)
        return
    run = simulate(host, work, scheduler, **options)
    assert simulate(host, work, scheduler, interpreted=True, **options).digest() == run.digest()
    vms = sorted(expected.everyone, key=lambda vm: vm.index)
    for column, attribute in [
        (run.completion_us, "completion"),
        (run.admission_us, "admission"),
        (run.attained_us, "attained"),
        (run.overhead_us, "overhead"),
        (run.num_grants, "grants"),
        (run.num_switches, "switches"),
        (run.paged_in_mib, "paged_in"),
        (run.contended_us, "contended"),
        (run.copy_us, "copying"),
        (run.lost_us, "lost"),
        (run.stored_mib, "stored"),
    ]:
        assert column.tolist() == [getattr(vm, attribute) for vm in vms], attribute
    assert run.grants is not None
    columns = (run.grants[column].tolist() for column in ("vm", "grant_us", "service_us", "end_us"))
    assert list(zip(*columns, strict=True)) == expected.log
    assert (run.end_us, run.added_mib) == (expected.now, expected.added)
    assert run.num_decisions == expected.decisions


anything = given(
    host=hosts(),
    work=workloads(whole_host=True),
    named=schedulers(),
    num_slots=st.one_of(st.none(), st.integers(1, 8)),
    horizon_us=st.one_of(st.none(), st.integers(1, 300)),
    seed=st.integers(0, 5),
)
FEATURES = {"debt", "page out", "blocked head", "arrival at an end", "memory shrinks", "memory grows", "slots full", "pool full", "reload"}
FEATURES |= {
    "contention",
    "copy on write",
    "compressed",
    "snapshot deleted",
    "task without a VM",
    "VM gone before its task was done",
    "migrated",
    "migration stops a VM",
    "grows",
    "stands",
    "goes on",
    "restored",
    "restore stops a grant",
    "nothing to restore",
}


@settings(max_examples=800, deadline=None, derandomize=True, suppress_health_check=list(HealthCheck))
@anything
def random_runs(host: Host, work: Workload, named: tuple[str, Scheduler], num_slots: int | None, horizon_us: int | None, seed: int) -> None:
    compare(host, work, named, num_slots, horizon_us, seed)


@settings(max_examples=80, deadline=None, derandomize=True, suppress_health_check=list(HealthCheck))
@given(
    host=hosts().map(
        lambda host: dataclasses.replace(host, provisioning="thin", rescue_us=9, disks=(Disk(bandwidth_kib_s=2**30, capacity_mib=7),))
    ),
    work=workloads(whole_host=True, crowd=True),
    named=schedulers(),
)
def crowded_runs(host: Host, work: Workload, named: tuple[str, Scheduler]) -> None:
    compare(host, work, named, None, None, 0)


@settings(max_examples=300, deadline=None, derandomize=True, suppress_health_check=list(HealthCheck))
@anything
def committed_runs(
    host: Host, work: Workload, named: tuple[str, Scheduler], num_slots: int | None, horizon_us: int | None, seed: int
) -> None:
    name, scheduler = named
    never_cut = dataclasses.replace(host, preempt="none")
    for reservation in (False, True):
        compare(never_cut, work, (name, dataclasses.replace(scheduler, commit=True, reservation=reservation)), num_slots, horizon_us, seed)


def test_committed_runs() -> None:
    """300 runs in which the host is committed to each pick, with and without reservations; others would come before some of them."""
    seen.clear()
    committed_runs()
    assert seen["held pick overtaken"] > 1, seen
    assert seen["the first to come"] > 1, seen
    assert seen["went past the pick"] > 1, seen


def test_crowded_runs() -> None:
    """80 runs in which a pool of 7 MiB is filled by VMs that want up to 6 each, and somebody adds space when nobody can go on."""
    seen.clear()
    crowded_runs()
    assert seen["rescued"] > 2, seen


def test_random_runs() -> None:
    """800 runs, among which every rule of the model must have been exercised.

    Hypothesis also tries constants of the modules that are loaded, so that other tests change what is drawn: with 400 runs the rarest rule,
    the deletion of a snapshot, was once missing.
    """
    seen.clear()
    random_runs()
    assert set(seen) >= FEATURES | {"none", "quantum", "arrival"}, seen


@pytest.mark.slow
@settings(max_examples=6_000, deadline=None, derandomize=True, suppress_health_check=list(HealthCheck))
@anything
def test_many_random_runs(
    host: Host, work: Workload, named: tuple[str, Scheduler], num_slots: int | None, horizon_us: int | None, seed: int
) -> None:
    compare(host, work, named, num_slots, horizon_us, seed)
