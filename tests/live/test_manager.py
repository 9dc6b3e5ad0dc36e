"""The manager: commands worked out by hand, and what is refused. The laws are in `test_manager_laws.py`."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import pytest

import vmenv
from vmenv.dispatch.scheduler import Scheduler
from vmenv.episodes.schedulers import make_scheduler
from vmenv.host import columns as c
from vmenv.host.dynamics import advance
from vmenv.host.invariants import check_invariants
from vmenv.host.spec import Disk, Host, Nic
from vmenv.live.manager import Manager
from vmenv.live.run import FIRST_ROOM
from vmenv.live.status import Progress, Stop, VmState
from vmenv.workload import Phase


def states(manager: Manager) -> list[str]:
    return [manager.vm_status(vm).state.value for vm in range(manager.num_vms)]


# --- by hand ----------------------------------------------------------------------------------------------------------------------------


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


def progress_of(clock_us: int, num_decisions: int, stopped: Stop) -> Any:
    return Progress(clock_us, num_decisions, stopped)


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


# --- what is refused ----------------------------------------------------------------------------------------------------------------


def test_maintenance_of_a_live_host() -> None:
    """A snapshot, a compression and a migration of VM 0, which runs on; each is a task that is granted like a VM.

    It has written to all of its 2 MiB after a second, which take 2 ms to copy at 1 GiB/s; half of its image of 4 MiB is saved; its memory
    of 256 MiB takes 250 ms to copy, 2 MiB are left, and take 1.954 ms more, 30 ms before it goes on elsewhere.
    """
    host = Host(cpus=2, compress_kib_s=4096, disks=(Disk(bandwidth_kib_s=1024 * 1024),), nics=(Nic(bandwidth_kib_s=1024 * 1024),))
    manager = Manager(host, interpreted=True)
    given = {"image_mib": 4, "dirty_kib_s": 1_000_000, "working_set_mib": 2, "saving_permille": 500}
    vm = manager.create([Phase(60_000_000, 1000, 256)], **given)
    manager.schedule("tsrr", until_us=1_000_000)
    snapshot = manager.snapshot(vm, disk_kib_s=1024 * 1024)
    assert manager.vm_status(vm).copying
    manager.schedule("tsrr", until_us=2_000_000)
    assert manager.vm_status(snapshot).completion_us == 1_000_000 + 1_954
    assert (manager.vm_status(vm).snapshots_mib, manager.vm_status(vm).copying) == (2, False)
    assert manager.vm_status(snapshot).kind == "snapshot"
    squeeze = manager.compress(vm)
    manager.schedule("tsrr", until_us=4_000_000)
    assert manager.vm_status(squeeze).completion_us == 3_000_000
    assert manager.vm_status(vm).image_held_mib == 2
    assert manager.observe().pool_free_mib == host.pool_mib - 4
    away = manager.migrate(vm, net_kib_s=1024 * 1024)
    manager.schedule("tsrr", until_us=4_100_000)
    assert manager.vm_status(vm).state == "running"
    manager.schedule("tsrr")
    assert manager.vm_status(vm).state == "migrated"
    assert manager.vm_status(vm).completion_us == manager.vm_status(away).completion_us == 4_000_000 + 250_000 + 1_954 + 30_000
    assert manager.observe().pool_free_mib == host.pool_mib
    assert manager.outcome().workload.kind.tolist() == [0, 1, 2, 3]
    assert check_invariants(manager.state) == []


def test_a_migration_that_is_called_off() -> None:
    """While VM 0 stands it cannot be resumed; when the migration is destroyed it goes on."""
    manager = Manager(Host(cpus=2, nics=(Nic(bandwidth_kib_s=1024 * 1024),), resume_us=10**6), interpreted=True)
    vm = manager.create([Phase(60_000_000, 1000, 256)])
    away = manager.migrate(vm, net_kib_s=1024 * 1024)
    manager.schedule("tsrr", until_us=300_000)
    assert manager.vm_status(vm).state == "suspended"
    with pytest.raises(vmenv.ActionError, match="it is being migrated or restored"):
        manager.resume(vm)
    manager.destroy(away)
    assert manager.vm_status(vm).state == "runnable"
    manager.schedule("tsrr")
    assert manager.vm_status(vm).state == "completed"


def test_maintenance_that_is_refused() -> None:
    manager = Manager(interpreted=True)
    vm, later = manager.create([Phase(50)]), manager.create([Phase(5)], arrival_us=99)
    task = manager.compress(vm)
    for call, message in [
        (lambda: manager.snapshot(task, disk_kib_s=5), "VM 2 cannot be maintained: it is a maintenance task itself"),
        (lambda: manager.compress(later), "VM 1 cannot be maintained: it is pending, and must be present"),
        (lambda: manager.migrate(9, net_kib_s=5), "there is no VM 9"),
    ]:
        with pytest.raises(vmenv.ActionError, match=message):
            call()
    for call, message in [
        (lambda: manager.snapshot(vm, disk_kib_s=0), "disk_kib_s is 0: give the speed"),
        (lambda: manager.migrate(vm, net_kib_s=0), "net_kib_s is 0: give the bandwidth"),
        (lambda: manager.migrate(vm, net_kib_s=10**9), "the VM demands net_kib_s=1000000000"),
    ]:
        with pytest.raises(vmenv.SpecError, match=message):
            call()
    assert manager.num_vms == 3


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
    manager = Manager(Host(nics=(Nic(bandwidth_kib_s=2**31 - 1),), preempt="none"))
    limit = int(manager.state.host[c.CLOCK_LIMIT_US])
    manager.create([Phase(limit + 1)])
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
    assert manager.schedule("fcfs") == progress_of(5, 1, Stop.DONE)
