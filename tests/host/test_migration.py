"""Migration by pre-copy, worked by hand: rounds, the time that the VM stands, and what ends a migration that would not end."""

from __future__ import annotations

import math

import pytest

from vmenv.dispatch.simulation import simulate
from vmenv.errors import SpecError
from vmenv.host.migration import MOST_ROUNDS, precopy
from vmenv.host.spec import Host, Nic
from vmenv.host.writes import dirtied_kib
from vmenv.workload import Phase, Workload

MIB, S, MIGRATE = 1024, 1_000_000, 3
COPY_US, LAST_US = 37_344_118, 111_558  # of 4,096 MiB at 128 MiB/s with 20 MiB/s written
HOST = Host(cpus=2, memory_mib=8192, quantum_us=10_000, swap_kib_s=None, nics=(Nic(bandwidth_kib_s=128 * MIB),))


def test_three_rounds() -> None:
    """4,096 MiB at 128 MiB/s take 32 s, in which 20 MiB/s of writes get to W (1 - exp(-20 t / W)): 592.5 MiB are left.

    They take 4.629 s and leave 91.54 MiB, those take 0.715 s and leave 14.278 MiB, which take 111.55 ms.
    """
    left, times = 4096.0, []
    for _ in range(3):
        times.append(left / 128)
        left = -4096 * math.expm1(-20 * times[-1] / 4096)
    plan = precopy(4096, 128 * MIB, 20 * MIB, 0, 300_000)
    assert plan.rounds == 3
    assert plan.copy_us == pytest.approx(sum(times) * S, abs=30)  # a KiB, up to which what is left is rounded, takes 8 us
    assert plan.last_us == pytest.approx(left / 128 * S, abs=20)
    assert plan == (3, COPY_US, LAST_US)


def test_a_round_leaves_what_a_snapshot_after_it_would_hold() -> None:
    """One law of writes: what is left after the only round of 32 s is the increment of a snapshot taken 32 s after the last."""
    for dirty, working_set in ((20, 4096), (128, 4096), (200, 64), (1, 1)):
        plan = precopy(4096, 128 * MIB, dirty * MIB, working_set, 10**9)
        assert plan[:2] == (1, 32 * S)
        assert plan.last_us == -(-dirtied_kib(working_set, dirty * MIB, 32 * S) * S // (128 * MIB))


@pytest.mark.parametrize(("dirty", "copied"), [(0, 0.0), (64, 0.0), (200, 0.621086), (400, 0.948370)])
def test_what_does_not_converge_is_stopped(dirty: int, copied: float) -> None:
    """All of the memory is written to, at r times the speed of copying: what is left tends to the x that solves x = 1 - exp(-r x).

    Up to r = 1 that is 0, so that the VM stops as soon as it may. Beyond, it stops when two rounds leave the same.
    """
    assert copied == pytest.approx(-math.expm1(-dirty / 128 * copied), abs=1e-6)
    plan = precopy(4096, 128 * MIB, dirty * MIB, 0, 300_000)
    assert plan.rounds < MOST_ROUNDS
    assert plan.last_us == pytest.approx(copied * 32 * S, rel=1e-4) if copied else plan.last_us <= 300_000


def test_a_small_working_set_bounds_what_is_left() -> None:
    """64 MiB are written to at 200 MiB/s: x = 1 - exp(-200 x / 128) of it are left over and over, 0.3105 s, more than 300 ms."""
    plan = precopy(4096, 128 * MIB, 200 * MIB, 64, 300_000)
    assert plan.last_us == pytest.approx(0.621086 * 0.5 * S, rel=1e-3)
    assert plan.copy_us >= 32_500_000


def test_slow_convergence_ends_after_so_many_rounds() -> None:
    assert precopy(4096, 128 * MIB, 127 * MIB, 0, 1).rounds == MOST_ROUNDS


def evacuation(memory_mib: int = 4096, **columns: object) -> Workload:
    """VM 0 works for 100 s; after 1 s it is to go elsewhere, at the NIC's full speed."""
    return Workload.from_phases(
        [0, S],
        [[Phase(100 * S, 1000, memory_mib)], [Phase(1, 100, 0, 0, 128 * MIB)] * 2],
        kind=[0, MIGRATE],
        target=[-1, 0],
        **{name: [value, 0] for name, value in columns.items()},
    )


def test_a_vm_leaves() -> None:
    """It works beside the copying, on a pCPU of its own, and stops for the last 111,558 us and the 30 ms to go on."""
    run = simulate(HOST, evacuation(dirty_kib_s=20 * MIB), "tsrr", record=True)
    assert run.completion_us.tolist() == [S + COPY_US + LAST_US + 30_000] * 2
    assert run.attained_us.tolist() == [S + COPY_US, COPY_US + LAST_US + 30_000]
    assert run.grants is not None
    assert run.grants["end_us"][run.grants["vm"] == 0].max() == S + COPY_US


def test_a_vm_that_is_done_first_does_not_leave() -> None:
    """Its memory takes 32 s to copy, but its 20 s of work are done before: the task goes on for nobody."""
    work = Workload.from_phases(
        [0, S], [[Phase(20 * S, 1000, 4096)], [Phase(1, 100, 0, 0, 128 * MIB)] * 2], kind=[0, MIGRATE], target=[-1, 0]
    )
    run = simulate(HOST, work, "tsrr")
    assert run.completion_us.tolist() == [20 * S, S + 32 * S + 30_000]
    assert run.attained_us[0] == 20 * S


def test_room_is_made_by_who_leaves() -> None:
    """VM 2 finds no slot until VM 0 has left."""
    work = Workload.from_phases(
        [0, 0, 0],
        [[Phase(100 * S, 1000, 128)], [Phase(1, 100, 0, 0, 128 * MIB)] * 2, [Phase(S)]],
        kind=[0, MIGRATE, 0],
        target=[-1, 0, -1],
    )
    run = simulate(HOST, work, "tsrr", num_slots=2)
    assert run.admission_us[2] == S + 30_000


def test_a_migration_needs_two_phases_and_bandwidth() -> None:
    for phases, message in (
        ([Phase(1)], "has 1 phases and image_mib=0: give 2 and 0"),
        ([Phase(1)] * 2, "net_kib_s=0: give the bandwidth"),
    ):
        with pytest.raises(SpecError, match=message):
            Workload.from_phases([0, 1], [[Phase(1)], phases], kind=[0, MIGRATE], target=[-1, 0])
