"""Small instances worked out by hand: every grant and its times stand in the test, compiled and interpreted."""

from __future__ import annotations

from typing import Any

import pytest

from vmenv.dispatch.episodes import DispatchEpisodes
from vmenv.dispatch.run import Run
from vmenv.dispatch.simulation import simulate
from vmenv.episodes.scenario import make_scenario
from vmenv.host.spec import Disk, Host, Nic
from vmenv.workload import Phase, Workload

Grant = tuple[int, int, int, int]  # VM, start, service begins, end


@pytest.fixture(params=["compiled", "interpreted"])
def play(request: pytest.FixtureRequest) -> Any:
    """Returns a function that plays and returns the run and its grants, in order of their starts (ties: VM)."""

    def run(host: Host, work: Workload, scheduler: str, **options: Any) -> tuple[Run, list[Grant]]:
        result = simulate(host, work, scheduler, record=True, interpreted=request.param == "interpreted", **options)
        assert result.grants is not None
        columns = [result.grants[name].tolist() for name in ("vm", "grant_us", "service_us", "end_us")]
        return result, sorted(zip(*columns, strict=True), key=lambda grant: (grant[1], grant[0]))

    return run


def test_round_robin_on_one_pcpu(play: Any) -> None:
    """Quantum 10. VM 0 (work 25) at 0, VM 1 (12) at 3, VM 2 (8) at 10: VM 2 arrives as VM 0's quantum ends and goes before it.

    Ring at 10: VM 1 (since 3), VM 2 (arrives at 10), then VM 0 (ended at 10). VM 1 ends at 20 behind VM 0.
    """
    work = Workload.from_arrays([0, 3, 10], [25, 12, 8])
    run, grants = play(Host(quantum_us=10), work, "tsrr")
    assert grants == [(0, 0, 0, 10), (1, 10, 10, 20), (2, 20, 20, 28), (0, 28, 28, 38), (1, 38, 38, 40), (0, 40, 40, 45)]
    assert run.completion_us.tolist() == [45, 40, 28]
    assert run.wait_us.tolist() == [45 - 25, 37 - 12, 18 - 8]


def test_round_robin_is_not_least_attained_service(play: Any) -> None:
    """VM 2 comes at 40, when the others have had 20 each: round robin gives it its turn, LAS the host until it has caught up."""
    work = Workload.from_arrays([0, 0, 40], [60, 60, 30])
    _, ring = play(Host(quantum_us=10), work, "tsrr")
    assert [grant[0] for grant in ring if grant[1] >= 40] == [0, 2, 1, 0, 2, 1, 0, 2, 1, 0, 1]
    _, least = play(Host(quantum_us=10), work, "las")
    assert [grant[0] for grant in least if grant[1] >= 40][:3] == [2, 2, 0]


def test_two_devices_side_by_side(play: Any) -> None:
    """One pCPU, one disk of 100. VM 0 (900 m, disk 10) and VM 1 (100 m, disk 90) fit together; VM 2 (500 m, disk 5) beside VM 1 only.

    FCFS: VM 0 and 1 start at 0; VM 2 has no CPU until VM 0 is done at 30; VM 1 is done at 50; VM 3 (disk 95) waits for it, though not for
    any CPU.
    """
    host = Host(disks=(Disk(bandwidth_kib_s=100),), preempt="none")
    work = Workload.from_arrays([0, 0, 0, 0], [30, 50, 10, 7], cpu_millicores=[900, 100, 500, 1], disk_kib_s=[10, 90, 5, 95])
    _, grants = play(host, work, "fcfs")
    assert grants == [(0, 0, 0, 30), (1, 0, 0, 50), (2, 30, 30, 40), (3, 50, 50, 57)]
    _, blocked = play(host, Workload.from_arrays([0, 0, 0], [30, 50, 10], cpu_millicores=[900, 500, 100]), "fcfs")
    assert blocked == [(0, 0, 0, 30), (2, 0, 0, 10), (1, 30, 30, 80)], "a later VM that fits goes past one that does not"


def test_virtual_disks_go_where_least_is_demanded(play: Any) -> None:
    """Disks of 100. VM 0 (60) goes to disk 0, VM 1 (50) to disk 1, VM 2 (40) to disk 1 (50 < 60), VM 3 (10) to disk 0 (60 < 90).

    So VMs 0, 1, 2 and 3 all run at once: 60 + 10 and 50 + 40.
    """
    host = Host(disks=(Disk(bandwidth_kib_s=100), Disk(bandwidth_kib_s=100)))
    work = Workload.from_arrays([0] * 4, [5] * 4, cpu_millicores=100, disk_kib_s=[60, 50, 40, 10])
    run, grants = play(host, work, "fcfs")
    assert [grant[1] for grant in grants] == [0, 0, 0, 0]
    assert run.grants is not None
    assert dict(zip(run.grants["vm"].tolist(), run.grants["disk_device"].tolist(), strict=True)) == {0: 1, 1: 2, 2: 2, 3: 1}


def test_paging_under_overcommit(play: Any) -> None:
    """Memory 100 MiB, swap 3 MiB a second, quantum 10 s, one pCPU, work 15 s each; memory 60, 30, 50.

    0: VM 0 new, 60 resident, serves 0-10. VM 1 new, 90 resident, 10-20. VM 2 needs 50: VM 0 (ran last at 10) goes, 60 MiB out = 20 s:
    30 + 50 = 80 resident, serves 40-50. VM 0: needs 60: 20 free, VM 1 (ended 20) goes: 30 out, 60 in, 50 + 60 = 110 > 100, so VM 2
    (ended 50) goes as well: 50 out. 140 MiB = 46.666667 s, rounded up to the microsecond: serves 96.666667-101.666667 and is done.
    VM 1: 30 in, 10 s: serves 111.666667-116.666667. VM 2: 50 in, 16.666667 s: serves 133.333334-138.333334.
    """
    s = 1_000_000
    host = Host(memory_mib=100, swap_kib_s=3 * 1024, quantum_us=10 * s)
    work = Workload.from_arrays([0, 0, 0], [15 * s] * 3, memory_mib=[60, 30, 50])
    run, grants = play(host, work, "tsrr")
    assert grants == [
        (0, 0, 0, 10 * s),
        (1, 10 * s, 10 * s, 20 * s),
        (2, 20 * s, 40 * s, 50 * s),
        (0, 50 * s, 96_666_667, 101_666_667),
        (1, 101_666_667, 111_666_667, 116_666_667),
        (2, 116_666_667, 133_333_334, 138_333_334),
    ]
    assert run.paged_in_mib.tolist() == [60, 30, 50]
    free, _ = play(Host(memory_mib=100, swap_kib_s=None, quantum_us=10 * s), work, "tsrr")
    assert free.completion_us.tolist() == [35 * s, 40 * s, 45 * s], "paging off: plain round robin"


def test_least_recently_run_goes_out_first(play: Any) -> None:
    """Memory 100; VMs of 40, 40 and 30 MiB. VM 2 pages out VM 0, which ended at 10, and not VM 1, which ended at 20. 40 MiB take 1 s."""
    host = Host(memory_mib=100, swap_kib_s=40 * 1024, quantum_us=10)
    work = Workload.from_arrays([0, 0, 0], [15, 15, 15], memory_mib=[40, 40, 30])
    run, grants = play(host, work, "tsrr")
    assert grants[2] == (2, 20, 1_000_020, 1_000_030)
    # VM 0 comes back: 40 in, and out goes VM 1 (ended at 20), 40: 2 s; then VM 1: 40 in, nobody out, VM 0 being gone.
    assert grants[3] == (0, 1_000_030, 3_000_030, 3_000_035)
    assert grants[4] == (1, 3_000_035, 4_000_035, 4_000_040)
    assert run.paged_in_mib.tolist() == [40, 40, 0]


def test_phase_change_in_mid_quantum(play: Any) -> None:
    """Quantum 10. VM 0: 4 at 1,000 m, then 8 at 300 m. VM 1: 20 at 700 m. VM 2: 5 at 1,000 m.

    0: VM 0 runs alone, its phase ends at 4, before its quantum. Ring: 1, 2, 0. VM 1 starts at 4, VM 2 does not fit beside it, VM 0 now
    does (300 + 700): 4-12, done. VM 1's quantum ends at 14; VM 2 is before it: 14-19, then VM 1 19-29.
    """
    work = Workload.from_phases([0, 0, 0], [[Phase(4, 1000), Phase(8, 300)], [Phase(20, 700)], [Phase(5, 1000)]])
    run, grants = play(Host(quantum_us=10), work, "tsrr")
    assert grants == [(0, 0, 0, 4), (0, 4, 4, 12), (1, 4, 4, 14), (2, 14, 14, 19), (1, 19, 19, 29)]
    assert run.num_switches.tolist() == [1, 2, 1], "VM 0 went on at 4 without a switch, VM 1 was off from 14 to 19"


def test_memory_of_phases_shrinks_at_once_and_grows_at_the_next_grant(play: Any) -> None:
    """Memory 100, swap 10 MiB/s. VM 0 has 80 MiB, then 20; VM 1 has 70; VM 2 has 10, then 90.

    FCFS without pre-emption: VM 0 serves 0-1 s with 80; its phase ends, 60 are freed at once, and it goes on 1-2 s with 20: done, nobody
    paged. VM 1 cannot run beside VM 0's first phase (80 + 70); beside the second (20 + 70) it can, from 1 s to 4 s. VM 2 (10) runs
    beside both from 1 s to 2 s: 100 in all. At 2 s it wants 90, beside VM 1 there is no room before 4 s; then 80 new MiB need no paging.
    """
    s = 1_000_000
    host = Host(cpus=3, memory_mib=100, swap_kib_s=10 * 1024, preempt="none")
    phases = [[Phase(s, 1000, 80), Phase(s, 1000, 20)], [Phase(3 * s, 1000, 70)], [Phase(s, 1000, 10), Phase(s, 1000, 90)]]
    run, grants = play(host, Workload.from_phases([0, 0, s], phases), "fcfs")
    assert grants == [(0, 0, 0, s), (0, s, s, 2 * s), (1, s, s, 4 * s), (2, s, s, 2 * s), (2, 4 * s, 4 * s, 5 * s)]
    assert run.overhead_us.tolist() == [0, 0, 0]


def test_arrival_preemption(play: Any) -> None:
    """Quantum 100, switch 4. SRPT. VM 0 (work 50) at 0: switch 0-4, serves from 4.

    At 20 VM 1 (work 10) arrives and ends VM 0's grant (16 served, 34 left): VM 1: switch 20-24, serves to 34, done. VM 0: switch 34-38.
    At 36 VM 2 (work 40) arrives and cuts VM 0 during its switch: nothing served, 2 still owed. SRPT takes VM 0 again (34 < 40), which has
    just been running: no new switch, but the 2 it owes: serves 38-72. VM 2: switch 72-76, serves 76-116.
    """
    host = Host(quantum_us=100, switch_us=4, preempt="arrival")
    run, grants = play(host, Workload.from_arrays([0, 20, 36], [50, 10, 40]), "srpt")
    assert grants == [(0, 0, 4, 20), (1, 20, 24, 34), (0, 34, 36, 36), (0, 36, 38, 72), (2, 72, 76, 116)]
    assert run.overhead_us.tolist() == [8, 4, 4]
    assert run.num_switches.tolist() == [2, 1, 1]
    assert run.num_grants.tolist() == [3, 1, 1]


def test_an_owed_start_cost_stays_owed(play: Any) -> None:
    """As before, but at 36 comes a short VM 2 (work 5), which runs 36 + 4 to 45; VM 0 then pays a new switch and the 2 that it owes: 51."""
    host = Host(quantum_us=100, switch_us=4, preempt="arrival")
    _, grants = play(host, Workload.from_arrays([0, 20, 36], [50, 10, 5]), "srpt")
    assert grants[2:] == [(0, 34, 36, 36), (2, 36, 40, 45), (0, 45, 51, 85)]


def test_arrival_preemption_puts_the_newcomer_first_in_the_ring(play: Any) -> None:
    """Quantum 10: VM 1 arrives at 3 and cuts VM 0, which goes behind it; VM 2 arrives at 9 and cuts VM 1 after 6."""
    _, grants = play(Host(quantum_us=10, preempt="arrival"), Workload.from_arrays([0, 3, 9], [10, 10, 10]), "tsrr")
    assert grants == [(0, 0, 0, 3), (1, 3, 3, 9), (0, 9, 9, 16), (2, 16, 16, 26), (1, 26, 26, 30)]


def test_no_preemption(play: Any) -> None:
    """A grant runs to its phase's end, however short the quantum, and arrivals change nothing."""
    work = Workload.from_phases([0, 1, 2], [[Phase(30), Phase(5)], [Phase(10)], [Phase(10)]])
    _, grants = play(Host(quantum_us=2, preempt="none"), work, "srpt")
    assert grants == [(0, 0, 0, 30), (0, 30, 30, 35), (1, 35, 35, 45), (2, 45, 45, 55)]


def test_switch_cost(play: Any) -> None:
    """Quantum 10, switch 3. Alone, VM 0 pays once although it has many quanta; in turn with VM 1, both pay at every dispatch."""
    host = Host(quantum_us=10, switch_us=3)
    run, grants = play(host, Workload.from_arrays([0, 50, 60], [40, 10, 20]), "tsrr")
    assert grants == [
        (0, 0, 3, 13), (0, 13, 13, 23), (0, 23, 23, 33), (0, 33, 33, 43),
        (1, 50, 53, 63), (2, 63, 66, 76), (2, 76, 76, 86),
    ]  # fmt: skip
    assert run.num_switches.tolist() == [1, 1, 1]


def test_reload_cost(play: Any) -> None:
    """Reload 7, switch 2, quantum 10, round robin: VMs 0 (work 15) and 2 (15) of tenant 5, VM 1 (work 5) of tenant 3, all at 0.

    The first grant loads tenant 5: VM 0 pays 9, 9-19. VM 1 is of another tenant: 28-33, done. VM 2 brings tenant 5 back: 42-52. VM 0 is of
    its tenant and pays the switch alone: 54-59; so does VM 2: 61-66. With the effect off only the switches are left.
    """
    work = Workload.from_arrays([0, 0, 0], [15, 5, 15], tenant=[5, 3, 5])
    run, grants = play(Host(quantum_us=10, switch_us=2, reload_us=7), work, "tsrr")
    assert grants == [(0, 0, 9, 19), (1, 19, 28, 33), (2, 33, 42, 52), (0, 52, 54, 59), (2, 59, 61, 66)]
    assert run.overhead_us.tolist() == [11, 9, 11]
    _, off = play(Host(quantum_us=10, switch_us=2, reload_us=0), work, "tsrr")
    assert off == [(0, 0, 2, 12), (1, 12, 14, 19), (2, 19, 21, 31), (0, 31, 33, 38), (2, 38, 40, 45)]


def test_a_reload_is_owed_by_the_vm_that_began_it(play: Any) -> None:
    """Reload 10, an arrival ends grants, SRPT. VM 0 (work 20, tenant 1) at 0 reloads for 4 until VM 1 (5, tenant 1) cuts it, which pays
    nothing: its tenant's reload is under way, and the 6 that are left of it VM 0 owes: 4-9, then VM 0 9-15-35. VM 2 (tenant 2) at 40 pays
    10; at 46 VM 3 (1, tenant 1) cuts it and pays 10: 56-57. VM 2 then pays another 10 and the 4 that it owes: 71-81.
    """
    host = Host(quantum_us=100, reload_us=10, preempt="arrival")
    _, grants = play(host, Workload.from_arrays([0, 4, 40, 46], [20, 5, 10, 1], tenant=[1, 1, 2, 1]), "srpt")
    assert grants == [(0, 0, 4, 4), (1, 4, 4, 9), (0, 9, 15, 35), (2, 40, 46, 46), (3, 46, 56, 57), (2, 57, 71, 81)]


def test_all_pcpus_share_what_is_loaded(play: Any) -> None:
    """Two pCPUs, reload 10: the most recent grant counts, wherever it is. VM 0 (tenant 1) and then VM 1 (tenant 2) start at 0, each after
    a reload; VM 2 (tenant 2), after VM 0, pays none; VM 3 (tenant 1), after VM 1, does.
    """
    _, grants = play(Host(cpus=2, preempt="none", reload_us=10), Workload.from_arrays([0] * 4, [5, 20, 30, 5], tenant=[1, 2, 2, 1]), "fcfs")
    assert grants == [(0, 0, 10, 15), (1, 0, 10, 30), (2, 15, 15, 45), (3, 30, 40, 45)]


def test_admission_queue(play: Any) -> None:
    """Two slots. VM 2 waits outside from 2 until VM 0 is done at 10, VM 3 until VM 1 is; both count as waiting from their arrival."""
    run, grants = play(Host(quantum_us=10), Workload.from_arrays([0, 1, 2, 3], [10, 20, 5, 5]), "tsrr", num_slots=2)
    # At 10 VM 1 is first in the ring, VM 2 is admitted behind it; at 20 VM 1 goes behind VM 2, which is done at 25 and lets VM 3 in.
    assert grants == [(0, 0, 0, 10), (1, 10, 10, 20), (2, 20, 20, 25), (1, 25, 25, 35), (3, 35, 35, 40)]
    assert run.admission_us.tolist() == [0, 1, 10, 25]
    assert run.wait_us.tolist() == [0, 14, 18, 32]


def test_images_wait_for_pool_space(play: Any) -> None:
    """Pool 100 MiB. VM 1 (60) waits behind VM 0 (50) until 10, and VM 2 (10), which would fit, waits behind VM 1: first in, first out."""
    host = Host(disks=(Disk(capacity_mib=100),), cpus=4)
    run, grants = play(host, Workload.from_arrays([0, 1, 2], [10, 10, 10], image_mib=[50, 60, 10]), "fcfs")
    assert run.admission_us.tolist() == [0, 10, 10]
    assert grants == [(0, 0, 0, 10), (1, 10, 10, 20), (2, 10, 10, 20)]


def test_horizon_cuts_but_lets_happen_what_falls_on_it(play: Any) -> None:
    """Horizon 20: the quantum that ends at 20 has ended and VM 2, which arrives at 20, has arrived."""
    run, _ = play(Host(quantum_us=10), Workload.from_arrays([0, 0, 20], [15, 15, 15]), "tsrr", horizon_us=20)
    assert run.end_us == 20
    assert run.attained_us.tolist() == [10, 10, 0]
    assert run.admission_us.tolist() == [0, 0, 20]
    cut, _ = play(Host(quantum_us=10), Workload.from_arrays([0, 0, 20], [15, 15, 15]), "tsrr", horizon_us=17)
    assert cut.attained_us.tolist() == [10, 7, 0]
    assert cut.admission_us.tolist() == [0, 0, -1]


def test_waiting_on_purpose() -> None:
    """VM 0 needs the whole host, VM 1 arrives at 5: the policy waits at 0 until 5, then grants VM 1 first. At the end "wait" is masked."""
    scenario = make_scenario("host", host=Host(nics=(Nic(),)), workload=Workload.from_arrays([0, 5], [30, 10]), num_slots=2)
    episodes = DispatchEpisodes(scenario, 1)
    episodes.restart([0], [0])
    assert episodes.observations.action_mask[0].tolist() == [1, 0, 1]
    episodes.step([2])
    assert episodes.clock_us[0] == 5
    assert episodes.observations.action_mask[0].tolist() == [1, 1, 0], "nothing is pending: waiting leads nowhere"
    episodes.step([1])
    assert episodes.clock_us[0] == 15
    episodes.step([0])
    assert episodes.run(0).completion_us.tolist() == [45, 15]
