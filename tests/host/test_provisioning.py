"""Thin provisioning, worked by hand."""

from __future__ import annotations

import pytest

from vmenv.dispatch.simulation import simulate
from vmenv.errors import ActionError, SimulationError, SpecError
from vmenv.host.invariants import check_invariants
from vmenv.host.spec import Disk, Host
from vmenv.live.manager import Manager
from vmenv.workload import Phase, Workload

S = 1_000_000
WRITES = {"image_mib": 400, "dirty_kib_s": 100_000, "working_set_mib": 100}  # 100 MiB (1 - exp(-.9765625 t)): 63 after 1 s, 86 after 2


def host(pool_mib: int, **parameters: object) -> Host:
    disks = (Disk(capacity_mib=pool_mib),)
    return Host(cpus=2, quantum_us=S, disks=disks, **{"provisioning": "thin", **parameters})


def work(*sizes_s: int, **columns: object) -> Workload:
    n = len(sizes_s)
    return Workload.from_arrays([0] * n, [size * S for size in sizes_s], cpu_millicores=[1000] * n, **columns)


def test_a_vm_takes_what_it_has_written_to() -> None:
    """63,836 KiB after a second of service, which is 63 MiB; the image of 400 MiB would not be admitted to this pool."""
    manager = Manager(host(100))
    vm = manager.create([Phase(3 * S)], **WRITES)
    assert manager.vm_status(vm).image_held_mib == 0
    manager.grant(vm)
    manager.wait()
    assert (manager.vm_status(vm).image_held_mib, manager.observe().pool_free_mib) == (63, 37)
    manager.grant(vm)
    manager.wait()
    assert manager.vm_status(vm).image_held_mib == 86
    manager.schedule()
    assert manager.observe().pool_free_mib == 100


def test_it_stands_until_somebody_makes_room() -> None:
    """Both take a pCPU. After 1 s VM 0 has 63 MiB of the 100 and VM 1 finds no room for its 63. VM 0 is done at 10 s; then VM 1 goes on."""
    run = simulate(host(100), work(10, 2, **{name: [value] * 2 for name, value in WRITES.items()}))
    assert run.completion_us.tolist() == [10 * S, 11 * S]
    assert run.attained_us.tolist() == [10 * S, 2 * S]
    assert run.wait_us.tolist() == [0, 9 * S]


def test_more_get_in_than_their_images_would_let() -> None:
    """Two images of 400 MiB in a pool of 400 MiB: thick, one VM after the other; thin, both at once, as they write to 26 MiB each."""
    both = work(2, 2, image_mib=[400, 400], dirty_kib_s=[30_000] * 2, working_set_mib=[30] * 2)
    assert simulate(host(400, provisioning="thick"), both).completion_us.tolist() == [2 * S, 4 * S]
    assert simulate(host(400), both).completion_us.tolist() == [2 * S, 2 * S]


def test_an_image_is_the_most_that_is_taken() -> None:
    manager = Manager(host(100))
    vm = manager.create([Phase(9 * S)], **{**WRITES, "image_mib": 20})
    manager.grant(vm)
    manager.wait()
    assert manager.vm_status(vm).image_held_mib == 20


def test_exactly_enough_room_is_enough() -> None:
    """Both grants end at 1 s. VM 0 takes all the 63 MiB before VM 1, which finds no room for its 20."""
    manager = Manager(host(63))
    for image_mib in (63, 20):
        manager.grant(manager.create([Phase(9 * S)], **{**WRITES, "image_mib": image_mib}))
    manager.wait()
    assert [(manager.vm_status(vm).state, manager.vm_status(vm).image_held_mib) for vm in (0, 1)] == [("runnable", 63), ("suspended", 0)]


def test_who_needs_more_does_not_hold_up_others() -> None:
    """VMs 0 and 1 hold 20 and 8 of 40 MiB; VMs 2 and 3 stand for 30 and 15. VM 1 goes: the 20 that are free do for VM 3, not for VM 2."""
    manager = Manager(host(40))
    vms = [manager.create([Phase(9 * S)], **{**WRITES, "image_mib": image_mib}) for image_mib in (20, 8, 30, 15)]
    for pair in (vms[:2], vms[2:]):
        for vm in pair:
            manager.grant(vm)
        manager.wait()
    assert [manager.vm_status(vm).short_mib for vm in vms] == [0, 0, 30, 15]
    manager.destroy(vms[1])
    assert [manager.vm_status(vm).state for vm in vms] == ["runnable", "destroyed", "suspended", "runnable"]
    assert manager.observe().pool_free_mib == 5


def test_nobody_left_who_could_make_room() -> None:
    """VM 0 and VM 1 have 63 MiB each after a second; both need 86 after two, and 14 are free of the 140."""
    both = work(9, 9, **{name: [value] * 2 for name, value in WRITES.items()})
    with pytest.raises(SimulationError, match="the pool is full, all VMs that are left wait for space"):
        simulate(host(140), both)
    run = simulate(host(140), both, horizon_us=30 * S)
    assert run.end_us == 30 * S
    assert run.completion_us.tolist() == [-1, -1]


def test_somebody_adds_what_the_first_needs() -> None:
    """As before; both stand at 2 s. At 7 s VM 0 gets the 9 MiB that it finds missing, and runs until 8 s.

    After 3, 4 and 5 s it has written to 95, 98 and 100 MiB, and each time 5 s pass until it gets them: it runs from 13, 19 and 25 s on,
    and is done at 29 s. Then VM 1 has all the room that it needs for its other 7 s.
    """
    both = work(9, 9, **{name: [value] * 2 for name, value in WRITES.items()})
    run = simulate(host(140, rescue_us=5 * S), both)
    assert run.added_mib == 9 + 9 + 3 + 2
    assert run.completion_us.tolist() == [29 * S, 36 * S]
    assert simulate(host(140, rescue_us=5 * S), both, interpreted=True).digest() == run.digest()
    with pytest.raises(SpecError, match="a live host has whoever drives it"):
        Manager(host(140, rescue_us=5 * S))


def test_a_manager_sees_why_it_stands_and_can_help() -> None:
    manager = Manager(host(100))
    first, second = (manager.create([Phase(9 * S)], **WRITES) for _ in range(2))
    manager.grant(first)
    manager.grant(second)
    manager.wait()
    status = manager.vm_status(second)
    assert (status.state, status.short_mib, status.image_held_mib) == ("suspended", 63, 0)
    with pytest.raises(ActionError, match="has written to 63 MiB that the pool has no room for"):
        manager.resume(second)
    assert check_invariants(manager.state) == []
    manager.destroy(first)
    status = manager.vm_status(second)
    assert (status.state, status.short_mib, status.image_held_mib) == ("runnable", 0, 63)
    assert check_invariants(manager.state) == []


def suspended_and_short() -> tuple[Manager, int, int]:
    """Returns a manager, VM 0 that has 63 MiB, and VM 1, suspended half a second into its grant: 39 MiB (38.6) written to, 37 free."""
    manager = Manager(host(100))
    first, second = (manager.create([Phase(9 * S)], **WRITES) for _ in range(2))
    manager.grant(first)
    manager.wait()
    manager.grant(second)
    manager.wait(S + S // 2)
    manager.suspend(second)
    return manager, first, second


def test_who_is_suspended_stays_so_when_there_is_room() -> None:
    manager, first, second = suspended_and_short()
    assert manager.vm_status(second).short_mib == 39
    assert check_invariants(manager.state) == []
    manager.destroy(first)
    assert (manager.vm_status(second).state, manager.vm_status(second).short_mib) == ("suspended", 0)
    manager.resume(second)
    assert manager.vm_status(second).state == "runnable"


def test_who_is_resumed_before_there_is_room_goes_on_once_there_is() -> None:
    manager, first, second = suspended_and_short()
    manager.resume(second)
    assert (manager.vm_status(second).state, manager.vm_status(second).short_mib) == ("suspended", 39)
    manager.destroy(first)
    assert manager.vm_status(second).state == "runnable"


def test_compression_makes_room() -> None:
    """VM 0's 63 MiB are compressed to 32 (a saving of 499 thousandths: 31 MiB); 37 + 31 is enough for VM 1's 63."""
    manager = Manager(host(100, compress_kib_s=64_512))
    first, second = (manager.create([Phase(9 * S)], saving_permille=499, **WRITES) for _ in range(2))
    manager.grant(first)
    manager.grant(second)
    manager.wait()
    task = manager.compress(first)
    manager.grant(task)
    assert manager.wait() == 2 * S  # 64,512 KiB at 64,512 KiB/s
    assert (manager.vm_status(first).image_held_mib, manager.vm_status(second).image_held_mib) == (32, 63)
    assert manager.vm_status(second).state == "runnable"


def test_who_could_never_get_its_space_is_refused() -> None:
    too_much = work(1, image_mib=[400], dirty_kib_s=[1], working_set_mib=[101])
    with pytest.raises(SpecError, match="image_mib=101, more than the host's 100"):
        simulate(host(100), too_much)
    simulate(host(101), too_much)
    with pytest.raises(SpecError, match="provisioning is 'fat': give one of 'thick', 'thin'"):
        host(100, provisioning="fat")
