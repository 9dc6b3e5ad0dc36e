"""Maintenance of a live host: snapshots, compression and migration, worked out by hand, and what is refused."""

from __future__ import annotations

import pytest

import vmenv
from vmenv.host.invariants import check_invariants
from vmenv.host.spec import Disk, Host, Nic
from vmenv.live.manager import Manager
from vmenv.workload import Phase


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
