"""What a live host refuses: that changes nothing, and says what is allowed."""

from __future__ import annotations

import pytest

import vmenv
from tests.live.telling import progress_of, states
from vmenv.episodes.schedulers import make_scheduler
from vmenv.host import columns as c
from vmenv.host.spec import Host
from vmenv.live.manager import Manager
from vmenv.live.status import Stop
from vmenv.workload import Phase


def test_refusals_change_nothing() -> None:
    manager = Manager(Host(memory_mib=100), most_vms=5, most_phases=8)
    manager.create([Phase(20, memory_mib=60)])
    manager.create([Phase(20, 100, memory_mib=60)])
    manager.create([Phase(20)], arrival_us=50)
    manager.grant(0)
    manager.wait(3)
    manager.suspend(1)
    before, seen = manager.digest(), manager.observe()
    for call, error, message in [
        (lambda: manager.create([]), vmenv.SpecError, "give a list of one or more vmenv.Phase"),
        (lambda: manager.create([(5, 5)]), vmenv.SpecError, "give a list of one or more vmenv.Phase"),
        (lambda: manager.create([Phase(0)]), vmenv.SpecError, r"work_us\[0\] is 0: give whole numbers from 1"),
        (lambda: manager.create([Phase("5")]), vmenv.SpecError, "work_us holds '5'"),
        (lambda: manager.create([Phase(5)], weight=1.5), vmenv.SpecError, "weight holds 1.5"),
        (lambda: manager.create([Phase(5)], slo_us=10**30), vmenv.SpecError, "slo_us"),
        (lambda: manager.create([Phase(5, 1001)]), vmenv.SpecError, "it would never run"),
        (lambda: manager.create([Phase(5)], arrival_us=2), vmenv.SpecError, "arrival_us is 2: give a whole number from 3"),
        (lambda: manager.create([Phase(5)], arrival_us=2**60), vmenv.SpecError, "arrival_us is"),
        (lambda: manager.create([Phase(5)] * 6), vmenv.SpecError, "give up to 8"),
        (lambda: manager.destroy(7), vmenv.ActionError, "there is no VM 7: VMs 0 to 2 have been created"),
        (lambda: manager.destroy(-1), vmenv.SpecError, "vm is -1"),
        (lambda: manager.suspend(2), vmenv.ActionError, "it is pending, and must be runnable or running"),
        (lambda: manager.suspend(1), vmenv.ActionError, "it is suspended"),
        (lambda: manager.resume(0), vmenv.ActionError, "it is running, and must be suspended"),
        (lambda: manager.grant(0), vmenv.ActionError, "it is running, and must be runnable"),
        (lambda: manager.grant(1), vmenv.ActionError, "it is suspended, and must be runnable"),
        (lambda: manager.wait(2), vmenv.SpecError, "until_us is 2: give a whole number from 3"),
        (lambda: manager.schedule("tsr"), vmenv.UnknownNameError, "did you mean 'tsrr'"),
        (lambda: manager.schedule("vmenv/policies/thrash-index"), vmenv.UnknownNameError, "unknown scheduler"),
        (lambda: manager.schedule("mlfq", parameters={"ratoi": 2}), vmenv.SpecError, "did you mean 'ratio'"),
        (lambda: manager.schedule("mlfq", parameters={"ratio": [2]}), vmenv.SpecError, "give numbers"),
        (lambda: manager.schedule("thrash-index", parameters={"x": 2}), vmenv.SpecError, "has no parameters"),
        (lambda: manager.schedule(make_scheduler("las"), parameters={"x": 2}), vmenv.SpecError, "without parameters"),
        (lambda: manager.schedule("lottery", seed=-1), vmenv.SpecError, "seed is -1"),
        (lambda: manager.schedule(max_decisions=0), vmenv.SpecError, "max_decisions is 0"),
    ]:
        with pytest.raises(error, match=message):
            call()
        assert manager.digest() == before, message
        assert manager.observe() == seen, message
    manager.resume(1)
    with pytest.raises(vmenv.ActionError, match="its demand does not fit beside what runs"):
        manager.grant(1)
    for _ in range(2):
        manager.create([Phase(5)])
    with pytest.raises(vmenv.SpecError, match="no more are allowed here"):
        manager.create([Phase(5)])
    manager.schedule()
    with pytest.raises(vmenv.ActionError, match="it is completed"):
        manager.destroy(0)


def test_who_is_gone_makes_room_for_others() -> None:
    """At most 3 VMs at a time, however many there were: done, destroyed, or destroyed before they arrived."""
    manager = Manager(most_vms=3, interpreted=True)
    for k in range(10):
        vms = [manager.create([Phase(5)]), manager.create([Phase(5)]), manager.create([Phase(5)], arrival_us=manager.clock_us + 1_000)]
        with pytest.raises(vmenv.SpecError, match="3 VMs are there: no more are allowed here"):
            manager.create([Phase(5)])
        manager.destroy(vms[2])
        snapshot = manager.snapshot(vms[0], disk_kib_s=100)  # tasks count
        with pytest.raises(vmenv.SpecError, match="no more are allowed here"):
            manager.compress(vms[0])
        manager.destroy(snapshot)
        manager.destroy(vms[k % 2])
        manager.schedule("fcfs")
    assert manager.num_vms == 40


def test_nothing_to_tell_of_nobody() -> None:
    manager = Manager()
    for call in (manager.digest, manager.metrics):
        with pytest.raises(vmenv.ActionError, match="no VM has been created"):
            call()
    with pytest.raises(vmenv.ActionError, match="none has been created"):
        manager.vm_status(0)
    with pytest.raises(vmenv.UnknownNameError, match="mean_slowdown"):
        Manager(objective="mean_slowdwon")
    with pytest.raises(vmenv.SpecError, match="num_slots is 0"):
        Manager(num_slots=0)


def test_the_clock_does_not_leave_its_range() -> None:
    manager = Manager(Host(preempt="none", switch_us=1))
    manager.create([Phase(c.CLOCK_LIMIT_US)])
    manager.create([Phase(5)])
    with pytest.raises(vmenv.SimulationError, match="destroy the VMs that take so long"):
        manager.schedule("fcfs")
    assert manager.clock_us == 0
    assert states(manager) == ["running", "runnable"]
    before = manager.digest()
    with pytest.raises(vmenv.SimulationError, match="destroy the VMs that take so long"):
        manager.wait()
    assert manager.digest() == before
    assert manager.schedule("fcfs", until_us=0).stopped == Stop.UNTIL
    manager.destroy(0)
    assert manager.schedule("fcfs") == progress_of(6, 1, Stop.DONE)
