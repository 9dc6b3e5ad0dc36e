"""A live host that a scheduler drives for a while: where it stops, what another one finds, and what `prepare` compiles."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import pytest

import vmenv
from tests.live.telling import progress_of
from vmenv.dispatch.scheduler import Scheduler
from vmenv.host.dynamics import advance
from vmenv.host.spec import Host
from vmenv.live.manager import Manager
from vmenv.live.status import Stop, VmState
from vmenv.workload import Phase


def test_a_scheduler_stops_where_it_is_told() -> None:
    manager = Manager(Host(quantum_us=10))
    for _ in range(3):
        manager.create([Phase(100)])
    assert manager.schedule(max_decisions=4) == progress_of(30, 4, Stop.ENOUGH)
    assert manager.schedule(until_us=45) == progress_of(45, 1, Stop.UNTIL)
    assert manager.schedule(until_us=45) == progress_of(45, 0, Stop.UNTIL)
    assert manager.schedule() == progress_of(300, 25, Stop.DONE)
    assert manager.schedule(until_us=400) == progress_of(400, 0, Stop.DONE)
    assert manager.wait(500) == 500
    assert Manager().schedule() == progress_of(0, 0, Stop.DONE)


@dataclass(frozen=True, kw_only=True)
class Nobody(Scheduler):
    """Wants none of the VMs that fit."""

    information = "blind"
    source = "these tests"
    waits_on_purpose = True

    @staticmethod
    def key(vm: Any, host: Any, params: Any) -> tuple[float, float]:
        return np.inf, 0.0


def test_a_scheduler_that_wants_nobody_does_not_wait_for_nothing() -> None:
    """While VM 1 is to come, waiting is a decision; afterwards nothing is pending, and it stops without one."""
    manager = Manager(interpreted=True)
    manager.create([Phase(5)])
    manager.create([Phase(5)], arrival_us=7)
    assert manager.schedule(Nobody()) == progress_of(7, 1, Stop.IDLE)
    assert manager.schedule(Nobody()) == progress_of(7, 0, Stop.IDLE)
    assert manager.schedule(Nobody(), until_us=9) == progress_of(9, 1, Stop.UNTIL)


@pytest.mark.parametrize("passed", [0, 1, 2])
def test_who_interrupts_a_wait_finds_the_host_as_after_its_last_event(passed: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """Three VMs arrive at 5, 9 and 20, and Ctrl-C comes after some of them; afterwards no wait until 50 is known any more."""

    def host() -> Manager:
        manager = Manager(interpreted=True)
        for arrival_us in (5, 9, 20):
            manager.create([Phase(40)], arrival_us=arrival_us)
        return manager

    manager, other, left = host(), host(), passed

    def advance_or_be_interrupted(s: Any) -> None:
        nonlocal left
        if not left:
            raise KeyboardInterrupt
        left -= 1
        advance(s)

    with monkeypatch.context() as patched:
        patched.setattr("vmenv.live.run.advance", advance_or_be_interrupted)
        with pytest.raises(KeyboardInterrupt):
            manager.wait(until_us=50)
    for _ in range(passed):
        other.wait()
    assert manager.clock_us == other.clock_us == (0, 5, 9)[passed]
    for one in (manager, other):
        while one.clock_us < 20:
            one.wait()
        one.grant(0)
        assert one.wait() == 60


def test_another_scheduler_orders_anew() -> None:
    """First come is VM 0, shortest is VM 2: FCFS has ordered all three when SJF takes over at 10."""
    manager = Manager(Host(quantum_us=10))
    for work_us in (100, 50, 20):
        manager.create([Phase(work_us)])
    manager.schedule("fcfs", max_decisions=1)
    manager.schedule("sjf", max_decisions=2)
    assert [manager.vm_status(vm).num_grants for vm in range(3)] == [1, 0, 2]


def test_another_scheduler_begins_without_the_memory_of_the_first() -> None:
    """Stride after EEVDF after FCFS: each decides as it does on VMs that it sees for the first time. Kept keys are no memory either."""
    manager = Manager(Host(quantum_us=10))
    for weight in (1, 3):
        manager.create([Phase(100)], weight=weight, priority=-weight)
    manager.schedule("fcfs", max_decisions=1)
    manager.schedule("eevdf", max_decisions=4)
    manager.schedule("stride", max_decisions=1)
    assert manager.state.run_memory[0] == 0.0
    manager.schedule("tsp", parameters={"aging_per_s": 0.0}, max_decisions=3)
    assert manager.vm_status(0).state == VmState.RUNNING, "the higher priority"


def test_prepared_is_compiled(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing is left to compile for the first `schedule`, and the host stands where it stood."""

    @dataclass(frozen=True, kw_only=True)
    class Latest(Nobody):  # which no other test has compiled
        @staticmethod
        def key(vm: Any, host: Any, params: Any) -> tuple[float, float]:
            return -1.0 * vm.arrival_us, 0.0

    manager = Manager()
    manager.create([Phase(5)])
    before = manager.digest()
    manager.prepare(Latest())
    assert manager.digest() == before

    def refuse(*arguments: Any, **options: Any) -> None:
        raise AssertionError("it compiles")

    monkeypatch.setattr("vmenv.dispatch.loop.engine.compiled", refuse)
    assert manager.schedule(Latest()).stopped == Stop.DONE
    with pytest.raises(vmenv.UnknownNameError, match="did you mean 'tsrr'"):
        manager.prepare("tsr")
