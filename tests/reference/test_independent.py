"""Compiled = interpreted = the independent reference, to the last integer, for every scheduler, and with a record of what happened."""

from __future__ import annotations

import dataclasses
from collections import Counter
from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, given, seed, settings
from hypothesis import strategies as st

from tests.reference.independent import Machine, Model, Stage, Vm
from tests.reference.independent_orders import order_of
from vmenv.dispatch.scheduler import Scheduler
from vmenv.dispatch.simulation import simulate
from vmenv.episodes.schedulers import list_schedulers, make_scheduler
from vmenv.host import columns as c
from vmenv.host.spec import PREEMPT_MODES, Disk, Host, Nic
from vmenv.workload import Phase, Workload

OUTCOMES = {
    "admission_us": "admitted_at",
    "completion_us": "completed_at",
    "attained_us": "attained",
    "overhead_us": "overhead",
    "num_grants": "grants",
    "num_switches": "switches",
    "paged_in_mib": "paged_in",
}
ALL_THAT_CAN_HAPPEN = {
    "page in",
    "page out",
    "tie of last use",
    "debt is paid",
    "cut in start cost",
    "cut by an arrival",
    "memory grows",
    "memory shrinks",
    "pool is full",
    "slots are full",
    "end and arrival at once",
    "waits on purpose",
    "reload",
}

PARAMETERS: dict[str, dict[str, list[Any]]] = {
    "sjf": {"sizes": ["exact", "estimate"]},
    "tsp": {"aging_per_s": [0.0, 3e4, 1e6]},
    "rap": {"rule": ["balanced", "attained"]},
    "rrp": {"order": ["asc", "desc"]},
    "mlfq": {"threshold_us": [2, 7.5], "ratio": [1.5, 4.0], "resident_first": [False, True]},
    "tetris": {"short_weight": [0.0, 0.7, 2.0]},
    "cfs": {"latency_us": [0, 12.0, 40.0], "min_granularity_us": [0, 3.0]},
    "eevdf": {"slice_us": [1, 5, 11.0]},
    "bvt": {"warp_us": [0, 2.5], "allowance_us": [0, 3.0]},
    "credit": {"slice_us": [5, 20.0]},
    "credit2": {"credit_us": [15.0, 4], "carryover_us": [0, 1.5], "least_us": [2.0, 6]},
    "msfq": {"threshold": [0, 1]},
    "polling": {"threshold": [1, 2, 1.5, 4], "patience_us": [1e9, 8.0, 20], "leave": [1e9, 2, 0]},
    "phase_aware": {
        "burst_threshold": [3, 5],
        "quiet_threshold": [1, 2],
        "likely": [0.2, 0.5, 0.8],
        "burst_rate_per_s": [2e5, 9e4],
        "quiet_rate_per_s": [0, 3e4],
        "burst_us": [20, 7.5],
        "quiet_us": [30],
    },
    "gittins": {"sizes_us": [(5, 20), (3, 3, 10, 40), (8,)]},
}


@st.composite
def schedulers(draw: Any, name: str) -> tuple[str, Scheduler]:
    """A registered scheduler with any of the parameters above."""
    parameters = {key: draw(st.sampled_from(values)) for key, values in PARAMETERS.get(name, {}).items()}
    return name, make_scheduler(name, backfill=draw(st.integers(0, 3)) > 0, **parameters)


@st.composite
def machines(draw: Any) -> Machine:
    """Small hosts. A swap speed of 1,024,000,000 KiB/s moves one MiB a microsecond, the others need rounding."""
    return Machine(
        cpus=draw(st.sampled_from([2, 1, 3])),
        memory=draw(st.integers(8, 14)),
        disks=draw(st.lists(st.tuples(st.integers(5, 9), st.integers(6, 12)), min_size=1, max_size=3)),
        nics=draw(st.lists(st.integers(5, 9), min_size=1, max_size=2)),
        quantum=draw(st.sampled_from([10, 5, 2, 1, 50])),
        switch=draw(st.sampled_from([4, 1, 0])),
        reload=draw(st.sampled_from([0, 6, 3, 0])),
        swap=draw(st.sampled_from([300_000_000, 700_000_001, 1_024_000_000, None])),
        preempt=draw(st.sampled_from(["arrival", "arrival", "quantum", "none"])),
    )


@st.composite
def tables(draw: Any) -> list[Vm]:
    """Two to nine VMs, in order of arrival, that every one of `machines` can hold."""
    stages = st.builds(
        Stage,
        work=st.integers(1, 20),
        cpu=st.one_of(st.sampled_from([300, 500, 1000]), st.integers(0, 1000)),
        memory=st.one_of(st.integers(3, 8), st.integers(0, 8)),
        disk=st.integers(0, 5),
        net=st.integers(0, 5),
    )
    arrivals = draw(st.lists(st.one_of(st.integers(0, 12), st.integers(0, 16).map(lambda k: 5 * k)), min_size=2, max_size=9))
    return [
        Vm(
            number,
            arrival,
            draw(st.lists(stages, min_size=1, max_size=3)),
            image=draw(st.integers(0, 6)),
            weight=draw(st.integers(1, 4)),
            priority=draw(st.integers(-2, 2)),
            slo=draw(st.sampled_from([0, 15, 60])),
            estimate=draw(st.sampled_from([0, 5, 20, 2_000_000])),
            tenant=draw(st.integers(0, 2)),
        )
        for number, arrival in enumerate(sorted(arrivals))
    ]


def translate(machine: Machine, vms: list[Vm], shuffled: list[int]) -> tuple[Host, Workload]:
    """Returns host and workload in the package's terms, the workload's rows in the order `shuffled`."""
    host = Host(
        cpus=machine.cpus,
        memory_mib=machine.memory,
        disks=tuple(Disk(bandwidth_kib_s=bandwidth, capacity_mib=capacity) for bandwidth, capacity in machine.disks),
        nics=tuple(Nic(bandwidth_kib_s=bandwidth) for bandwidth in machine.nics),
        quantum_us=machine.quantum,
        switch_us=machine.switch,
        reload_us=machine.reload,
        swap_kib_s=machine.swap,
        preempt=machine.preempt,
    )
    rows = [vms[number] for number in shuffled]
    phases = [[Phase(stage.work, stage.cpu, stage.memory, stage.disk, stage.net) for stage in vm.stages] for vm in rows]
    names = {
        "image_mib": "image",
        "weight": "weight",
        "priority": "priority",
        "slo_us": "slo",
        "estimate_us": "estimate",
        "tenant": "tenant",
    }
    columns = {name: [getattr(vm, attribute) for vm in rows] for name, attribute in names.items()}
    return host, Workload.from_phases([vm.arrival for vm in rows], phases, **columns)


def compare(
    machine: Machine, vms: list[Vm], named: tuple[str, Scheduler], num_slots: int | None, horizon: int | None, draw: int
) -> set[str]:
    """Plays one run three times and returns what happened in it."""
    name, scheduler = named
    # Rows in any order that keeps those of one arrival time in theirs.
    shuffled = sorted(range(len(vms)), key=lambda number: (vms[number].arrival % 7, vms[number].arrival, number))
    host, work = translate(machine, vms, shuffled)
    options: dict[str, Any] = {"seed": draw, "num_slots": num_slots, "horizon_us": horizon, "record": True}
    run = simulate(host, work, scheduler, **options)
    assert simulate(host, work, scheduler, interpreted=True, **options).digest() == run.digest()
    rules = order_of(name, scheduler, draw)
    if rules is None:
        assert horizon is not None or run.completed.all()
        return {"no order"}

    order, before_pick = rules
    model = Model(machine, vms, num_slots, horizon)
    if scheduler.commit:
        model.play_committed(order, before_pick)
    else:
        model.play(order, scheduler.backfill, before_pick)
    rows = [vms[number] for number in shuffled]
    for column, attribute in OUTCOMES.items():
        assert getattr(run, column).tolist() == [getattr(vm, attribute) for vm in rows], column
    assert run.wait_us.tolist() == [model.wait(vm) for vm in rows]
    assert run.end_us == model.clock
    assert run.num_decisions == model.decisions
    assert run.cost == sum(model.wait(vm) + vm.attained + vm.overhead for vm in vms), "the mean response time's cost"

    assert run.grants is not None
    first_phase = work.first_phase.tolist()
    index = {number: row for row, number in enumerate(shuffled)}
    expected = [
        (index[number], slot, granted, served_from, end, first_phase[index[number]] + stage, 1 + disk, 1 + len(machine.disks) + nic)
        for number, slot, granted, served_from, end, stage, disk, nic in model.log
    ]
    names = ("vm", "slot", "grant_us", "service_us", "end_us", "phase", "disk_device", "nic_device")
    assert list(zip(*(run.grants[column].tolist() for column in names), strict=True)) == expected
    for row, (device, capacity) in enumerate(model.capacities().items()):
        served, overhead = model.books["served", *device], model.books["overhead", *device]
        books = run.devices[[c.SERVED, c.OVERHEAD, c.IDLE], row].tolist()
        assert books == [served, overhead, capacity * model.clock - served - overhead], device
    return model.happened


def play_runs(name: str, examples: int, commit: bool = False) -> Counter[str]:
    """Compares that many random runs of a scheduler, the same ones each time, and counts in how many a thing happened."""
    happened: Counter[str] = Counter()

    @seed(list_schedulers().index(name))
    @settings(max_examples=examples, deadline=None, database=None, suppress_health_check=list(HealthCheck))
    @given(
        machine=machines(),
        vms=tables(),
        named=schedulers(name),
        num_slots=st.one_of(st.none(), st.none(), st.integers(1, 4)),
        horizon=st.one_of(st.none(), st.none(), st.integers(1, 150)),
        draw=st.integers(0, 5),
    )
    def runs(**case: Any) -> None:
        if commit:
            case["machine"] = dataclasses.replace(case["machine"], preempt="none")
            case["named"] = (name, dataclasses.replace(case["named"][1], commit=True))
        happened.update(compare(**case) | {case["machine"].preempt})

    runs()
    return happened


def test_every_scheduler_against_the_independent_reference() -> None:
    """12 runs of each scheduler. Whatever the model knows must have happened in five of them at least."""
    happened = sum((play_runs(name, 12) for name in list_schedulers()), Counter())
    assert {what for what in ALL_THAT_CAN_HAPPEN | set(PREEMPT_MODES) if happened[what] < 5} == set(), happened


def test_every_committed_scheduler_against_the_independent_reference() -> None:
    """6 runs of each scheduler on a host that is committed to its picks."""
    happened = sum((play_runs(name, 6, commit=True) for name in list_schedulers()), Counter())
    assert min(happened["pick held"], happened["picked as it came"], happened["picked against its will"]) >= 5, happened


@pytest.mark.slow
@pytest.mark.parametrize("name", list_schedulers())
def test_many_runs_against_the_independent_reference(name: str) -> None:
    happened = play_runs(name, 200)
    if "no order" in happened:
        pytest.skip(f"nobody has written the order of {name} anew: compiled equals interpreted is all that was compared")


def test_more_vms_present_than_slots_are_made_at_first() -> None:
    """A run without a limit is played again with more slots as often as it takes, and nothing shows."""
    machine = Machine(cpus=1, memory=40, disks=[(9, 9)], nics=[9], quantum=50, switch=1, reload=0, swap=700_000_001, preempt="quantum")
    for name in ("tsrr", "stride"):
        for num_slots, what in ((None, "page out"), (60, "slots are full")):
            vms = [Vm(k, k // 4, [Stage(80 + k % 7, 400, 1, 0, 0), Stage(5, 100, 2, 1, 1)], weight=1 + k % 3) for k in range(70)]
            assert what in compare(machine, vms, (name, make_scheduler(name)), num_slots, None, 1)


def test_gittins_index_by_its_definition() -> None:
    """The largest over b of P(size <= b | size > a) / E[min(size, b) - a | size > a], by counting; fewer than 20 sizes leave none out."""
    from vmenv.dispatch.schedulers.gittins import gittins_index

    sizes = [3, 3, 10, 40, 41, 5]
    for age in (0, 2, 3, 4, 9.5, 10, 40, 40.5):
        alive = [size for size in sizes if size > age]
        best = max(sum(s <= b for s in alive) / sum(min(s, b) - age for s in alive) for b in alive)
        assert gittins_index(np.array(sizes, float), np.array([age], float))[0] == pytest.approx(best, rel=1e-12)
