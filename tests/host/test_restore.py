"""Restores from snapshots, worked by hand."""

from __future__ import annotations

import pytest

from vmenv.dispatch.simulation import simulate
from vmenv.errors import ActionError, SpecError
from vmenv.host.invariants import check_invariants
from vmenv.host.spec import Disk, Host
from vmenv.live.manager import Manager
from vmenv.workload import Phase, Workload

S = 1_000_000
HOST = Host(cpus=2, memory_mib=1024, quantum_us=S, disks=(Disk(bandwidth_kib_s=100_000, capacity_mib=1000),))
WRITES = {"image_mib": 400, "dirty_kib_s": 100_000, "working_set_mib": 100}  # 63,836 KiB in a second of service
COPIED = 2_276_720  # a snapshot taken at 1 s, copied at 50,000 KiB/s


def with_snapshot(*phases: Phase) -> tuple[Manager, int]:
    """Returns a manager at 3.27672 s, and a VM with a snapshot of its first second that has had two."""
    manager = Manager(HOST)
    vm = manager.create(phases or [Phase(10 * S)], **WRITES)
    manager.grant(vm)
    manager.wait()
    task = manager.snapshot(vm, disk_kib_s=50_000)
    manager.grant(task)
    manager.wait()
    manager.grant(task)
    assert manager.wait() == COPIED
    while manager.clock_us < COPIED + S:  # a phase may end before
        manager.grant(vm)
        manager.wait()
    return manager, vm


def test_the_vm_goes_back_and_does_it_again() -> None:
    """What it has written to in the second since takes a second at 63,836 KiB/s; then 9 of its 10 seconds are to come again."""
    manager, vm = with_snapshot()
    task = manager.restore(vm, disk_kib_s=63_836)
    manager.grant(vm)
    manager.grant(task)  # stops the VM's grant, which has served nothing yet
    status = manager.vm_status(vm)
    assert (status.state, status.attained_us) == ("suspended", 2 * S)
    assert check_invariants(manager.state) == []
    assert manager.wait() == COPIED + 2 * S
    status = manager.vm_status(vm)
    assert (status.state, status.attained_us, manager.vm_status(task).state) == ("runnable", S, "completed")
    assert check_invariants(manager.state) == []
    assert manager.schedule().clock_us == COPIED + 11 * S
    assert manager.vm_status(vm).completion_us == COPIED + 11 * S


def test_it_is_in_the_phase_that_it_was_in_with_no_memory() -> None:
    manager, vm = with_snapshot(Phase(S + S // 2, 400, 64), Phase(8 * S, 700, 32))
    assert (manager.vm_status(vm).phase, manager.vm_status(vm).resident_mib) == (1, 32)
    task = manager.restore(vm, disk_kib_s=63_836)
    while manager.vm_status(task).state != "completed":  # it takes more than a quantum
        manager.grant(task)
        manager.wait()
    status = manager.vm_status(vm)
    assert (status.phase, status.cpu_millicores, status.resident_mib, status.swapped_mib) == (0, 400, 0, 0)
    assert manager.observe().memory_resident_mib == 0


def test_a_snapshot_at_a_border_is_one_of_the_phase_that_begins() -> None:
    manager, vm = with_snapshot(Phase(S, 400), Phase(9 * S, 700))
    task = manager.restore(vm, disk_kib_s=63_836)
    manager.grant(task)
    manager.wait()
    assert (manager.vm_status(vm).phase, manager.vm_status(vm).attained_us) == (1, S)


def test_to_destroy_the_task_calls_it_off() -> None:
    manager, vm = with_snapshot()
    task = manager.restore(vm, disk_kib_s=63_836)
    manager.grant(task)
    with pytest.raises(ActionError, match="being migrated or restored"):
        manager.resume(vm)
    manager.destroy(task)
    assert (manager.vm_status(vm).state, manager.vm_status(vm).attained_us) == ("runnable", 2 * S)
    assert check_invariants(manager.state) == []


def test_who_was_suspended_before_stays_so() -> None:
    manager, vm = with_snapshot()
    manager.suspend(vm)
    manager.grant(manager.restore(vm, disk_kib_s=63_836))
    manager.wait()
    assert (manager.vm_status(vm).state, manager.vm_status(vm).attained_us) == ("suspended", S)
    manager.resume(vm)
    assert manager.vm_status(vm).state == "runnable"
    assert check_invariants(manager.state) == []


def test_what_cannot_be_restored() -> None:
    manager, vm = with_snapshot()
    with pytest.raises(SpecError, match="disk_kib_s is 0"):
        manager.restore(vm, disk_kib_s=0)
    task = manager.migrate(vm, net_kib_s=1000)
    with pytest.raises(ActionError, match="cannot be both migrated and restored"):
        manager.restore(vm, disk_kib_s=1)
    manager.destroy(task)
    manager.restore(vm, disk_kib_s=1)
    with pytest.raises(ActionError, match="cannot be both migrated and restored"):
        manager.migrate(vm, net_kib_s=1000)


def test_in_a_workload() -> None:
    """The VM runs from 0; a snapshot is due at 1 s, a restore at 5 s. First come, first served: each is granted whenever its quantum ends.

    The VM pays .63836 s for copies in its second quantum (63,836 KiB at 100,000 KiB/s), and so on; what is lost is what it had beyond 1 s.
    """
    work = Workload.from_arrays(
        [0, S, 5 * S],
        [10 * S, 1, 1],
        cpu_millicores=[1000, 0, 0],
        disk_kib_s=[0, 50_000, 50_000],
        kind=[0, 1, 4],
        target=[-1, 0, 0],
        **{name: [value, 0, 0] for name, value in WRITES.items()},
    )
    run = simulate(HOST, work, "fcfs")
    assert run.lost_us[0] > 3 * S
    assert run.attained_us[0] == 10 * S
    assert run.response_us[0] == 10 * S + run.lost_us[0] + run.overhead_us[0] + run.wait_us[0]
    assert simulate(HOST, work, "fcfs", interpreted=True).digest() == run.digest()


def test_without_a_snapshot_it_is_back_at_its_beginning() -> None:
    """The restore is due in the VM's second quantum and takes the instant, as nothing is to be copied; the VM has 2 s to do again."""
    work = Workload.from_arrays([0, S + 1], [3 * S, 1], cpu_millicores=[1000, 0], kind=[0, 4], target=[-1, 0])
    run = simulate(HOST, work, "fcfs")
    assert run.completion_us.tolist() == [4 * S + 2, S + 2]
    assert run.lost_us.tolist() == [S + 1, 0]


def test_who_has_not_begun_loses_nothing() -> None:
    work = Workload.from_arrays([0, 0], [2 * S, 1], cpu_millicores=[1000, 0], kind=[0, 4], target=[-1, 0])
    run = simulate(HOST, work, "fcfs")
    assert run.completion_us.tolist() == [2 * S + 1, 1]
    assert run.lost_us.tolist() == [0, 0]


def test_a_vm_is_migrated_or_restored() -> None:
    with pytest.raises(SpecError, match="restores VM 0, which another one migrates"):
        Workload.from_phases([0, 1, 2], [[Phase(5)], [Phase(1, 0, 0, 0, 5)] * 2, [Phase(1)]], kind=[0, 3, 4], target=[-1, 0, 0])
