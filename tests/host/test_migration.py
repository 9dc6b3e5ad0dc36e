"""Migration by pre-copy, worked by hand: rounds, the time that the VM stands, and what ends a migration that would not end."""

from __future__ import annotations

import pytest

from vmenv.dispatch.simulation import simulate
from vmenv.errors import SpecError
from vmenv.host.migration import MOST_ROUNDS, precopy
from vmenv.host.spec import Host, Nic
from vmenv.workload import Phase, Workload

MIB, S, MIGRATE = 1024, 1_000_000, 3
HOST = Host(cpus=2, memory_mib=8192, quantum_us=10_000, swap_kib_s=None, nics=(Nic(bandwidth_kib_s=128 * MIB),))


def test_three_rounds() -> None:
    """4,096 MiB at 128 MiB/s, 20 MiB/s written: 32 s leave 640 MiB, 5 s leave 100, 0.78125 s leave 15.625, which take 122.071 ms.

    With 30 ms to go on elsewhere the VM stands for 152 ms, and all of it takes 37.9 s.
    """
    plan = precopy(4096 * MIB, 128 * MIB, 20 * MIB, 0, 300_000)
    assert plan == (3, 37_781_250, 122_071)
    assert plan.last_us + 30_000 == 152_071
    assert plan.copy_us + plan.last_us + 30_000 == 37_933_321


@pytest.mark.parametrize(
    ("dirty", "expected"),
    [
        (0, (1, 32 * S, 0)),  # nothing is written: one round, and nothing is left
        (128, (1, 32 * S, 32 * S)),  # as fast as it is copied: the round leaves as much as it copied, so that it stops
        (200, (1, 32 * S, 32 * S)),  # faster: all of the memory, and no more than that
    ],
)
def test_what_does_not_converge_is_stopped(dirty: int, expected: tuple[int, int, int]) -> None:
    assert precopy(4096 * MIB, 128 * MIB, dirty * MIB, 0, 300_000) == expected


def test_a_small_working_set_bounds_what_is_left() -> None:
    """64 MiB are written to over and over: they take 0.5 s, more than 300 ms, and each round leaves as much: the second is the last."""
    assert precopy(4096 * MIB, 128 * MIB, 200 * MIB, 64 * MIB, 300_000) == (2, 32_500_000, 500_000)


def test_slow_convergence_ends_after_so_many_rounds() -> None:
    assert precopy(4096 * MIB, 128 * MIB, 127 * MIB, 0, 1).rounds == MOST_ROUNDS


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
    """It works beside the copying, on a pCPU of its own, and stops for the last 152,071 us."""
    run = simulate(HOST, evacuation(dirty_kib_s=20 * MIB), "tsrr", record=True)
    assert run.completion_us.tolist() == [S + 37_933_321] * 2
    assert run.attained_us.tolist() == [S + 37_781_250, 37_933_321]
    assert run.grants is not None
    assert run.grants["end_us"][run.grants["vm"] == 0].max() == S + 37_781_250


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
