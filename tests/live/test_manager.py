"""The manager's commands, worked out by hand. Schedulers, maintenance, refusals and laws are in files of their own."""

from __future__ import annotations

import pytest

import vmenv
from tests.live.telling import states
from vmenv.host.invariants import check_invariants
from vmenv.host.spec import Disk, Host
from vmenv.live.manager import Manager
from vmenv.live.run import FIRST_ROOM
from vmenv.live.status import Stop
from vmenv.workload import Phase


def test_a_first_session() -> None:
    """Quantum 10, switch 2. VM 0 (work 25) and VM 1 (15) at 0. VM 0 is granted: serves 2-12. At 12 VM 2 (5) is created, arrives at once.

    Round robin from 12: VM 1 (since 0), VM 0 (since 12), VM 2: the quantum's end came before the command. VM 1 12-14-24, VM 0 24-26-36,
    VM 2 36-38-43, VM 1 43-45-50, VM 0 50-52-57.
    """
    manager = Manager(Host(quantum_us=10, switch_us=2))
    assert [manager.create([Phase(25)]), manager.create([Phase(15)])] == [0, 1]
    assert states(manager) == ["runnable", "runnable"]
    assert manager.clock_us == 0
    manager.grant(0)
    assert states(manager) == ["running", "runnable"]
    assert manager.wait() == 12
    assert manager.create([Phase(5)]) == 2
    progress = manager.schedule("tsrr")
    assert (progress.clock_us, progress.num_decisions, progress.stopped) == (57, 5, Stop.DONE)
    assert [manager.vm_status(vm).completion_us for vm in range(3)] == [57, 50, 43]
    assert manager.outcome().wait_us.tolist() == [57 - 25 - 6, 50 - 15 - 4, 31 - 5 - 2]
    assert manager.metrics()["mean_response_us"] == (57 + 50 + 31) / 3


def test_suspended_while_running() -> None:
    """Switch 4. VM 0 (work 30, 60 MiB) is suspended at 2 while it switches: nothing served, 2 owed; VM 1 (work 10) then has the host.

    VM 1 serves 6-16 and is done. Resumed at 20, VM 0 pays a new switch and what it owes: 26-36, its quantum; then goes on to 56.
    """
    manager = Manager(Host(quantum_us=10, switch_us=4))
    manager.create([Phase(30, memory_mib=60)])
    manager.create([Phase(10)])
    manager.grant(0)
    assert manager.wait(2) == 2
    manager.suspend(0)
    status = manager.vm_status(0)
    assert (status.state, status.attained_us, status.overhead_us, status.owed_us, status.resident_mib) == ("suspended", 0, 2, 2, 60)
    assert not status.fits
    assert manager.observe().devices[0].free == 1000
    assert manager.observe().memory_running_mib == 0
    assert manager.schedule("fcfs").stopped == Stop.IDLE
    assert manager.clock_us == 16
    assert states(manager) == ["suspended", "completed"]
    with pytest.raises(vmenv.ActionError, match="waiting leads nowhere"):
        manager.wait()
    assert manager.wait(20) == 20
    manager.resume(0)
    assert manager.schedule("fcfs").clock_us == 56
    assert manager.vm_status(0).overhead_us == 2 + 4 + 2
    assert manager.vm_status(0).wait_us == 56 - 30 - 8


def test_suspended_at_once_and_resumed_at_the_end_of_the_queue() -> None:
    """Ring 0, 1, 2; VM 0 is suspended and resumed: 1, 2, 0. Granted at the instant at which its grant ended it would pay no switch."""
    manager = Manager(Host(quantum_us=10, switch_us=1))
    for _ in range(3):
        manager.create([Phase(10)])
    manager.suspend(0)
    manager.resume(0)
    manager.schedule("tsrr")
    assert [manager.vm_status(vm).completion_us for vm in range(3)] == [33, 11, 22]
    manager.create([Phase(10)])
    manager.grant(3)
    manager.wait(36)
    manager.suspend(3)
    manager.resume(3)
    manager.grant(3)
    assert manager.vm_status(3).num_switches == 1


@pytest.mark.parametrize("scheduler", ["tsrr", "tsp"])
def test_who_is_suspended_in_the_queue_is_not_granted(scheduler: str) -> None:
    """VM 0 (work 5) is suspended before it ran; VM 1 (work 10) has the host, and then nobody, until VM 0 is resumed at 20."""
    manager = Manager(Host(quantum_us=10))
    manager.create([Phase(5)])
    manager.create([Phase(10)])
    manager.suspend(0)
    assert [vm.fits for vm in manager.observe().vms] == [False, True]
    progress = manager.schedule(scheduler)
    assert (progress.clock_us, progress.stopped) == (10, Stop.IDLE)
    assert states(manager) == ["suspended", "completed"]
    with pytest.raises(vmenv.ActionError):
        manager.grant(0)
    manager.wait(20)
    manager.resume(0)
    assert manager.schedule(scheduler).clock_us == 25


@pytest.mark.parametrize("num_slots", [None, 2 * FIRST_ROOM + 1])
def test_as_many_are_admitted_as_there_is_room_for(num_slots: int | None) -> None:
    """More VMs than slots at first: all are present at once, and the last one has a slot of its own."""
    manager = Manager(Host(cpus=64), num_slots=num_slots)
    vms = [manager.create([Phase(10)]) for _ in range(2 * FIRST_ROOM + 1)]
    assert states(manager) == ["runnable"] * len(vms)
    for vm in reversed(vms):
        manager.grant(vm)
    assert manager.wait() == 10
    assert states(manager) == ["completed"] * len(vms)


def test_destroying_frees_everything() -> None:
    """Pool 100, 2 slots. VM 0 (image 60) runs, VM 1 (image 30) is runnable, VM 2 (image 50) waits for slot and pool, VM 3 arrives at 90.

    At 5 VM 0 is destroyed: VM 2 is admitted at once. VM 2 is destroyed as well, then VM 3 before it comes. VM 1 is alone: 5-25.
    """
    host = Host(disks=(Disk(capacity_mib=100),), quantum_us=50)
    manager = Manager(host, num_slots=2)
    for image, arrival in ((60, 0), (30, 0), (50, 0), (1, 90)):
        manager.create([Phase(20, 500, 300, 10, 10)], image_mib=image, arrival_us=arrival)
    assert states(manager) == ["runnable", "runnable", "queued", "pending"]
    manager.grant(0)
    manager.wait(5)
    manager.destroy(0)
    assert states(manager) == ["destroyed", "runnable", "runnable", "pending"]
    status = manager.vm_status(0)
    assert (status.attained_us, status.destroyed_us, status.completion_us, status.wait_us) == (5, 5, None, 0)
    assert manager.vm_status(2).admission_us == 5
    seen = manager.observe()
    assert seen.pool_free_mib == 100 - 30 - 50
    assert seen.memory_resident_mib == 0
    assert [device.free for device in seen.devices] == list(host.capacities)
    manager.destroy(2)
    manager.destroy(3)
    assert check_invariants(manager.state) == []
    assert manager.schedule("fcfs").clock_us == 25
    run = manager.outcome()
    assert run.completed.tolist() == [False, True, False, False]
    assert run.destroyed_us.tolist() == [5, -1, 5, 5]
    assert run.response_us.tolist() == [5, 25, 5, 0]
    assert run.arrived.tolist() == [True, True, True, False]
    assert run.cost == 35


def test_a_queued_vm_that_is_destroyed_lets_the_next_in() -> None:
    """Pool 10: VM 1 (8) waits behind VM 0 (5), and VM 2 (5), which would fit, behind VM 1."""
    manager = Manager(Host(disks=(Disk(capacity_mib=10),)))
    for image in (5, 8, 5):
        manager.create([Phase(10)], image_mib=image)
    assert states(manager) == ["runnable", "queued", "queued"]
    manager.destroy(1)
    assert states(manager) == ["runnable", "destroyed", "runnable"]
    manager.schedule()
    assert states(manager) == ["completed", "destroyed", "completed"]


def test_an_arrival_that_preempts() -> None:
    """preempt="arrival": a VM that is created now ends the grant under way, one that is created for later ends it then."""
    manager = Manager(Host(quantum_us=100, preempt="arrival"))
    manager.create([Phase(50)])
    manager.grant(0)
    manager.wait(10)
    manager.create([Phase(5)])
    assert states(manager) == ["runnable", "runnable"]
    manager.create([Phase(5)], arrival_us=30)
    manager.grant(0)
    assert manager.wait() == 30
    assert states(manager) == ["runnable"] * 3
    assert manager.vm_status(0).attained_us == 30


def test_deadlines_of_vms_that_come_and_go() -> None:
    """Weighted tardiness. VM 0 (weight 2) is due at 10 and done at 20: 20. VM 1 (weight 5), due at 12, is destroyed at 15: 5 x 3. VM 2
    (weight 7), due at 18, is destroyed at 16: nothing. VM 3 (weight 3), created at 16 for 17 and due at 22, is done at 30: 3 x 8.
    """
    manager = Manager(Host(quantum_us=100), objective="weighted_tardiness_us")
    manager.create([Phase(20)], weight=2, slo_us=10)
    manager.create([Phase(10)], weight=5, slo_us=12)
    manager.create([Phase(10)], weight=7, slo_us=18)
    manager.grant(0)
    manager.wait(15)
    manager.destroy(1)
    manager.wait(16)
    manager.destroy(2)
    manager.create([Phase(10)], weight=3, slo_us=5, arrival_us=17)
    manager.schedule("fcfs")
    assert manager.observe().cost == 20 + 15 + 24


@pytest.mark.parametrize(("objective", "cost"), [("mean_response_us", 50 + 20 + 60), ("weighted_tardiness_us", 5 * 10 + 7 * 30)])
def test_who_leaves_the_admission_queue_costs_no_more(objective: str, cost: int) -> None:
    """One slot. VM 0 has it until 50; VM 1 (weight 5, due at 10) is destroyed at 20; VM 2 (weight 7, due at 30) is done at 60."""
    manager = Manager(Host(quantum_us=100), num_slots=1, objective=objective)
    for work_us, weight, slo_us in ((50, 1, 0), (10, 5, 10), (10, 7, 30)):
        manager.create([Phase(work_us)], weight=weight, slo_us=slo_us)
    manager.grant(0)
    manager.wait(20)
    manager.destroy(1)
    assert manager.schedule("fcfs").clock_us == 60
    assert manager.observe().cost == cost


def test_a_deadline_counts_once_whoever_comes_at_that_instant() -> None:
    """VM 0 (weight 2) is due at 10, when VM 1 is created and the host waits already; done at 20, it costs 2 x 10."""
    manager = Manager(Host(quantum_us=100), objective="weighted_tardiness_us")
    manager.create([Phase(20)], weight=2, slo_us=10)
    manager.grant(0)
    manager.wait(10)
    manager.create([Phase(5)], slo_us=1_000)
    manager.schedule("fcfs")
    assert manager.observe().cost == 20
