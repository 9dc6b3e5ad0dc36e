"""The storage pool and its maintenance tasks, worked by hand."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from vmenv.dispatch.simulation import simulate
from vmenv.errors import SpecError
from vmenv.host.spec import Disk, Host
from vmenv.host.writes import MAX_WORKING_SET_MIB, dirtied_kib
from vmenv.workload import Workload

SNAPSHOT, COMPRESS = 1, 2
S = 1_000_000


@settings(max_examples=500, deadline=None, derandomize=True)
@given(st.integers(1, MAX_WORKING_SET_MIB), st.integers(1, 2**31 - 1), st.integers(0, 2**53))
def test_distinct_data_written(working_set_mib: int, dirty_kib_s: int, service_us: int) -> None:
    """W (1 - exp(-w t / W)), rounded up: 28 bits of the exponential are right but for the rounding of 28 products."""
    whole = 1024 * working_set_mib
    exact = -whole * math.expm1(-dirty_kib_s * service_us / 1e6 / whole)
    found = dirtied_kib(working_set_mib, dirty_kib_s, service_us)
    assert exact - 1 - whole * 60 / 2**28 <= found <= exact + 1 + whole * 60 / 2**28
    assert 0 <= found <= whole


def test_distinct_data_grows_with_time() -> None:
    written = [dirtied_kib(64, 10_000, t) for t in range(0, 100 * S, S // 4)]
    assert written == sorted(written)
    assert written[0] == 0
    assert written[-1] > 0.999 * 64 * 1024
    assert dirtied_kib(0, 10_000, S) == dirtied_kib(64, 0, S) == 0


def backup(host: Host, arrivals: list[int], kinds: list[int], **columns: object) -> Workload:
    """VM 0 runs for 10 s, writing 100,000 KiB/s to 100 MiB of an image of 400 MiB; the tasks are about it."""
    n = len(arrivals)
    return Workload.from_arrays(
        [0, *arrivals],
        [10 * S, *[1] * n],
        cpu_millicores=[1000, *[100] * n],
        disk_kib_s=[0, *[50_000 if kind == SNAPSHOT else 0 for kind in kinds]],
        image_mib=[400, *[0] * n],
        kind=[0, *kinds],
        target=[-1, *[0] * n],
        dirty_kib_s=[100_000, *[0] * n],
        working_set_mib=[100, *[0] * n],
        saving_permille=[600, *[0] * n],
        **columns,
    )


def test_a_snapshot_copies_what_was_written() -> None:
    """After 1 s of service 100 MiB (1 - exp(-100,000 / 102,400)) are dirty: 63,836 KiB, which at 50,000 KiB/s take 1.277 s.

    The pool holds 63 MiB for it. CPU and disk are free beside the VM, so that it runs at once.
    """
    host = Host(cpus=2, quantum_us=10_000, disks=(Disk(bandwidth_kib_s=200_000, capacity_mib=1000),))
    run = simulate(host, backup(host, [1 * S], [SNAPSHOT]), "tsrr", record=True)
    dirty = dirtied_kib(100, 100_000, 1 * S)
    assert dirty == math.ceil(102_400 * (1 - math.exp(-100_000 / 102_400))) == 63_836
    assert run.stored_mib.tolist() == [0, 63]
    assert run.attained_us[1] == math.ceil(dirty * S / 50_000)
    assert run.completion_us[1] == 1 * S + run.attained_us[1]


def test_copy_on_write_is_paid_while_the_copy_is_not_complete() -> None:
    """What the VM first writes to while the snapshot is copied costs it, at the disk's 200,000 KiB/s; afterwards nothing does."""
    host = Host(cpus=2, quantum_us=10_000, disks=(Disk(bandwidth_kib_s=200_000, capacity_mib=1000),))
    run = simulate(host, backup(host, [1 * S], [SNAPSHOT]), "tsrr", record=True)
    assert run.grants is not None
    mine = run.grants["vm"] == 0
    start, service = run.grants["grant_us"][mine], run.grants["service_us"][mine]
    paid = start[service > start]
    assert paid.min() == 1 * S
    assert paid.max() < run.completion_us[1]
    # The service that it had until then, in whole grants: that much has been copied once.
    during = 10_000 * len(paid)
    copied = dirtied_kib(100, 100_000, during)
    assert run.copy_us[0] == run.overhead_us[0]
    assert copied * S / 200_000 <= run.copy_us[0] <= copied * S / 200_000 + len(paid)
    assert run.completion_us[0] == 10 * S + run.copy_us[0]


def test_without_writes_a_snapshot_costs_nothing() -> None:
    host = Host(cpus=2, quantum_us=10_000)
    work = Workload.from_arrays([0, S], [5 * S, 1], cpu_millicores=[1000, 0], kind=[0, SNAPSHOT], target=[-1, 0], image_mib=[400, 0])
    run = simulate(host, work, "tsrr")
    assert run.completion_us.tolist() == [5 * S, S + 1]
    assert run.copy_us.tolist() == run.stored_mib.tolist() == [0, 0]


def test_compression_gives_room_to_who_waits() -> None:
    """A pool of 500 MiB has no room for 300 beside 400. Compressing 400 MiB at 400 MiB/s takes 1 s and saves 240: VM 2 enters then."""
    host = Host(cpus=2, quantum_us=10_000, compress_kib_s=400 * 1024, disks=(Disk(capacity_mib=500),))
    work = Workload.from_arrays(
        [0, 0, 0], [10 * S, 1, S], cpu_millicores=500, image_mib=[400, 0, 300], kind=[0, COMPRESS, 0], target=[-1, 0, -1],
        saving_permille=[600, 0, 0],
    )  # fmt: skip
    run = simulate(host, work, "tsrr")
    assert run.completion_us[1] == S
    assert run.stored_mib[1] == 240
    assert run.admission_us[2] == S
    off = simulate(host, Workload.from_arrays([0, 0], [10 * S, S], cpu_millicores=500, image_mib=[400, 300]), "tsrr")
    assert off.admission_us[1] == 10 * S


def test_what_is_compressed_is_not_compressed_again() -> None:
    host = Host(cpus=2, compress_kib_s=400 * 1024)
    run = simulate(host, backup(host, [0, 5 * S], [COMPRESS, COMPRESS]), "tsrr")
    assert run.stored_mib.tolist() == [0, 240, 0]


def test_a_full_pool_holds_back_snapshots_and_those_behind_them() -> None:
    """63 MiB do not fit beside 400 in a pool of 450. VM 2, behind it, waits too, although it needs no room: first in, first out."""
    host = Host(cpus=3, quantum_us=10_000, disks=(Disk(bandwidth_kib_s=200_000, capacity_mib=450),))
    work = Workload.from_arrays(
        [0, S, S], [10 * S, 1, S], disk_kib_s=[0, 50_000, 0], image_mib=[400, 0, 0], kind=[0, SNAPSHOT, 0], target=[-1, 0, -1],
        dirty_kib_s=[100_000, 0, 0], working_set_mib=[100, 0, 0],
    )  # fmt: skip
    run = simulate(host, work, "tsrr")
    assert run.admission_us.tolist() == [0, 10 * S, 10 * S]
    assert run.completion_us.tolist() == [10 * S, 10 * S, 11 * S], "a task whose VM is gone is done with at once"


def test_the_oldest_snapshot_is_deleted() -> None:
    """Of four snapshots at 1, 3, 5 and 7 s the last two are kept; each holds what was written in 2 s of service since the one before."""
    host = Host(cpus=2, quantum_us=10_000, snapshots_kept=2, disks=(Disk(bandwidth_kib_s=200_000, capacity_mib=1000),))
    run = simulate(host, backup(host, [S, 3 * S, 5 * S, 7 * S], [SNAPSHOT] * 4), "tsrr")
    assert (run.stored_mib > 0).tolist() == [False, False, False, True, True]
    everything = simulate(Host(**(vars(host) | {"snapshots_kept": 0})), backup(host, [S, 3 * S, 5 * S, 7 * S], [SNAPSHOT] * 4), "tsrr")
    assert (everything.stored_mib > 0).tolist() == [False, True, True, True, True]
    assert everything.stored_mib[3:].tolist() == run.stored_mib[3:].tolist()


def test_a_pool_that_ends_where_the_snapshot_does() -> None:
    """400 + 63 MiB fit a pool of 463 and not one of 462."""
    for capacity, admitted in ((463, S), (462, 10 * S)):
        host = Host(cpus=2, quantum_us=10_000, disks=(Disk(bandwidth_kib_s=200_000, capacity_mib=capacity),))
        assert simulate(host, backup(host, [S], [SNAPSHOT]), "tsrr").admission_us[1] == admitted


def test_emulated_devices_cost_cpu() -> None:
    """100,000 KiB/s x 2,500 ns = 250 millicores more: three VMs of 300 millicores fit a pCPU if they are virtio, one if emulated."""
    host = Host(preempt="none", exit_ns_per_kib=2_500, disks=(Disk(bandwidth_kib_s=300_000),))
    for emulated, ends in ((0, [S, S, S]), (1, [S, 2 * S, 3 * S])):
        work = Workload.from_arrays([0] * 3, [S] * 3, cpu_millicores=300, disk_kib_s=100_000, emulated=emulated)
        assert simulate(host, work, "fcfs").completion_us.tolist() == ends
    assert simulate(Host(preempt="none", disks=host.disks), work, "fcfs").completion_us.tolist() == [S, S, S], "the effect is off"


def test_an_emulated_vm_that_can_never_run_is_refused() -> None:
    work = Workload.from_arrays([0], [S], cpu_millicores=900, disk_kib_s=100_000, emulated=1)
    with pytest.raises(SpecError, match="VM 0 demands cpu_millicores=1150"):
        simulate(Host(exit_ns_per_kib=2_500), work)


@pytest.mark.parametrize(("mapping", "device"), [("least", [1, 2, 2, 1]), ("rotate", [1, 2, 1, 2]), ("first", [1, 1, 1, 1])])
def test_mapping(mapping: str, device: list[int]) -> None:
    """Demands 4, 1, 1, 1 KiB/s on two disks; the fourth VM comes when the first is gone, so that the first disk has least again."""
    host = Host(cpus=9, preempt="none", mapping=mapping, disks=(Disk(bandwidth_kib_s=9), Disk(bandwidth_kib_s=9)))
    run = simulate(host, Workload.from_arrays([0, 0, 0, 5], [3, 9, 9, 9], disk_kib_s=[4, 1, 1, 1]), "fcfs", record=True)
    assert run.grants is not None
    assert run.grants["disk_device"][np.argsort(run.grants["vm"])].tolist() == device


@pytest.mark.parametrize("target", [-1, 1, 2, 5])
def test_a_task_needs_a_vm_that_comes_before_it(target: int) -> None:
    """Row 1 is the task itself, row 2 comes later."""
    with pytest.raises(SpecError, match=r"^target\[1\] is -?\d: a maintenance task needs the index of a VM that arrives before it$"):
        Workload.from_arrays([0, 1, 2], [1, 1, 1], kind=[0, SNAPSHOT, 0], target=[-1, target, -1])
