"""Corners of the model worked out by hand: ties, slots, device mapping, rounding, and what is owed. Compiled and interpreted."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from vmenv.dispatch.episodes import DispatchEpisodes
from vmenv.dispatch.run import Run
from vmenv.dispatch.simulation import simulate
from vmenv.episodes.scenario import make_scenario
from vmenv.host import columns as c
from vmenv.host.spec import Disk, Host
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


def test_ties_of_last_use_go_by_arrival_number_and_not_by_slot(play: Any) -> None:
    """2 pCPUs, memory 100, 40 MiB a second, quantum 10. VM 0 (10 MiB) is done at 5; VM 2 arrives at 5 and gets its slot, the lowest free.

    VM 1 (40 MiB; a phase of 5, then 20) and VM 2 (40 MiB, work 20) both run 5-15. At 15 VM 3 arrives, stands before them in the ring, and
    needs both pCPUs and 40 MiB: 40 + 40 + 40 > 100. Both ran until 15, so VM 1 goes out, although its slot is the higher one: 40 MiB, 1 s.
    VM 3 serves 1,000,015-1,000,025. VM 2 then goes on at once, VM 1 after 40 MiB in: 2,000,025-2,000,035.
    """
    host = Host(cpus=2, memory_mib=100, swap_kib_s=40 * 1024, quantum_us=10)
    phases = [[Phase(5, 1000, 10)], [Phase(5, 1000, 40), Phase(20, 1000, 40)], [Phase(20, 1000, 40)], [Phase(10, 2000, 40)]]
    run, grants = play(host, Workload.from_phases([0, 0, 5, 15], phases), "tsrr")
    assert grants == [
        (0, 0, 0, 5), (1, 0, 0, 5), (1, 5, 5, 15), (2, 5, 5, 15),
        (3, 15, 1_000_015, 1_000_025), (1, 1_000_025, 2_000_025, 2_000_035), (2, 1_000_025, 1_000_025, 1_000_035),
    ]  # fmt: skip
    assert run.paged_in_mib.tolist() == [0, 40, 0, 0]
    assert dict(zip(run.grants["vm"].tolist(), run.grants["slot"].tolist(), strict=True)) == {0: 0, 1: 1, 2: 0, 3: 2}


def test_an_arrival_preempts_even_if_it_finds_no_slot(play: Any) -> None:
    """One slot, switch 3. VM 0 (work 50) serves 3-20 and 20-30 (VM 1 and 2 arrive, outside), without another switch: 23 left, done at 53.

    Then VM 1 (5): switch 53-56, done at 61; VM 2 (5): switch 61-64, done at 69.
    """
    host = Host(quantum_us=100, switch_us=3, preempt="arrival")
    run, grants = play(host, Workload.from_arrays([0, 20, 30], [50, 5, 5]), "fcfs", num_slots=1)
    assert grants == [(0, 0, 3, 20), (0, 20, 20, 30), (0, 30, 30, 53), (1, 53, 56, 61), (2, 61, 64, 69)]
    assert run.num_switches.tolist() == [1, 1, 1]
    assert run.admission_us.tolist() == [0, 53, 61]


def test_an_arrival_at_the_very_end_of_a_quantum_changes_nothing_for_it(play: Any) -> None:
    """Quantum 10, arrivals at 10 and 20, preempt="arrival": grants end there anyhow. Newcomers stand before who had the quantum."""
    host = Host(quantum_us=10, preempt="arrival")
    _, grants = play(host, Workload.from_arrays([0, 10, 20], [20, 15, 10]), "tsrr")
    # 10: VM 1, VM 0. 20: VM 0 (since 10), VM 2 (arrives), VM 1 (ended at 20).
    assert grants == [(0, 0, 0, 10), (1, 10, 10, 20), (0, 20, 20, 30), (2, 30, 30, 40), (1, 40, 40, 45)]


def test_who_is_let_in_stands_before_who_had_the_quantum(play: Any) -> None:
    """2 pCPUs, 2 slots. At 10 VM 0 is done, VM 1's quantum ends, and VM 2 (2 pCPUs, work 15) is let in: ring 2, 1.

    VM 2 10-20; ring 1, 2: VM 1 20-30; ring 2, 1: VM 2 30-35, done, VM 3 is let in behind VM 1: both run from 35.
    """
    work = Workload.from_arrays([0, 0, 3, 4], [10, 30, 15, 5], cpu_millicores=[1000, 1000, 2000, 1000])
    run, grants = play(Host(cpus=2, quantum_us=10), work, "tsrr", num_slots=2)
    assert grants == [
        (0, 0, 0, 10), (1, 0, 0, 10), (2, 10, 10, 20), (1, 20, 20, 30), (2, 30, 30, 35), (1, 35, 35, 45), (3, 35, 35, 40),
    ]  # fmt: skip
    assert run.admission_us.tolist() == [0, 0, 10, 35]


def test_devices_are_mapped_by_what_phases_demand_now(play: Any) -> None:
    """Two disks. VM 0 (60, from 10 on: 10) goes to disk 0, VM 1 (50) to disk 1. At 10 the phase changes before VM 2 (40) arrives.

    Mapped then: 10 and 50, so VM 2 goes to disk 0. At 12 VM 3 (30) finds 50 and 50: the lowest index. At 20 VM 0 is gone: VM 4 (1) finds
    70 and 50: disk 1.
    """
    host = Host(disks=(Disk(bandwidth_kib_s=100), Disk(bandwidth_kib_s=100)), preempt="none")
    phases = [[Phase(10, 100, 0, 60), Phase(10, 100, 0, 10)], [Phase(40, 100, 0, 50)]] + [[Phase(40, 100, 0, d)] for d in (40, 30, 1)]
    run, grants = play(host, Workload.from_phases([0, 0, 10, 12, 20], phases), "fcfs")
    assert [grant[:2] for grant in grants] == [(0, 0), (1, 0), (0, 10), (2, 10), (3, 12), (4, 20)]
    devices = dict(zip(run.grants["vm"].tolist(), run.grants["disk_device"].tolist(), strict=True))
    assert devices == {0: 1, 1: 2, 2: 1, 3: 1, 4: 2}


def test_pages_out_and_in_are_rounded_up_together(play: Any) -> None:
    """Memory for one VM of 1 MiB; 1 MiB takes 1.46 us. Out alone: 2 us. Out and in: 2.93, so 3 and not 2 + 2. In alone: 2."""
    host = Host(memory_mib=1, swap_kib_s=700_000_001, quantum_us=10)
    run, grants = play(host, Workload.from_arrays([0, 0, 0], [15, 15, 15], memory_mib=1), "tsrr")
    assert grants == [(0, 0, 0, 10), (1, 10, 12, 22), (2, 22, 24, 34), (0, 34, 37, 42), (1, 42, 44, 49), (2, 49, 51, 56)]
    assert run.overhead_us.tolist() == [3, 4, 4]


def test_a_cut_while_paging_owes_the_rest(play: Any) -> None:
    """Memory 50, 40 MiB a second, SRPT. At 5 VM 1 (40 MiB, work 10) pages VM 0 out: 1 s. At 400,005 VM 2 (5 MiB, work 3) cuts it.

    VM 2 400,005-400,008. VM 1, resident, still owes 600,000: serves 1,000,008-1,000,018. VM 0 pages 40 in: 2,000,018-2,000,033.
    """
    host = Host(memory_mib=50, swap_kib_s=40 * 1024, quantum_us=1000, preempt="arrival")
    run, grants = play(host, Workload.from_arrays([0, 5, 400_005], [20, 10, 3], memory_mib=[40, 40, 5]), "srpt")
    assert grants == [
        (0, 0, 0, 5), (1, 5, 400_005, 400_005), (2, 400_005, 400_005, 400_008),
        (1, 400_008, 1_000_008, 1_000_018), (0, 1_000_018, 2_000_018, 2_000_033),
    ]  # fmt: skip
    assert run.overhead_us.tolist() == [1_000_000, 1_000_000, 0]
    assert run.paged_in_mib.tolist() == [40, 0, 0]


def test_who_owes_and_is_paged_out_pays_twice(play: Any) -> None:
    """As before, but VM 2 has 20 MiB: 40 + 20 > 50, so VM 1 goes out (1 s) with 600,000 us of its own paging unpaid.

    VM 2 serves 1,400,005-1,400,008. VM 1 owes .6 s, and its 40 MiB come in, 1 s: serves 3,000,008-3,000,018. VM 0: 4,000,018-4,000,033.
    """
    host = Host(memory_mib=50, swap_kib_s=40 * 1024, quantum_us=1000, preempt="arrival")
    _, grants = play(host, Workload.from_arrays([0, 5, 400_005], [20, 10, 3], memory_mib=[40, 40, 20]), "srpt")
    assert grants[2:] == [
        (2, 400_005, 1_400_005, 1_400_008), (1, 1_400_008, 3_000_008, 3_000_018), (0, 3_000_018, 4_000_018, 4_000_033),
    ]  # fmt: skip


def test_growing_memory_pages_others_out_but_nothing_in(play: Any) -> None:
    """2 pCPUs, memory 100, 10 MiB a second, quantum 1 s. VM 0 has 30 MiB for 1 s, then 80 for 1 s; VM 1 (4 s) and VM 2 (2 s) have 40.

    0-1 s: VM 0 and 1. Ring at 1 s: 2, 0, 1. VM 2 is new: 30 + 40 + 40 > 100, and VM 0 goes out (last used at 1 s like VM 1, the lower
    number): 30 MiB, 3 s: serves 4-5 s. VM 0 wants 80 by now, for which there is no room beside VM 2; VM 1 goes on to its end at 4 s.
    At 5 s VM 0 stands before VM 2: out go the 40 of VM 2, in come the 30 that went out, 50 are new: 7 s, serves 12-13 s. VM 2: 40 in, 4 s.
    """
    s = 1_000_000
    host = Host(cpus=2, memory_mib=100, swap_kib_s=10 * 1024, quantum_us=s)
    phases = [[Phase(s, 1000, 30), Phase(s, 1000, 80)], [Phase(4 * s, 1000, 40)], [Phase(2 * s, 1000, 40)]]
    run, grants = play(host, Workload.from_phases([0, 0, 0], phases), "tsrr")
    assert grants == [
        (0, 0, 0, s), (1, 0, 0, s), (1, s, s, 2 * s), (2, s, 4 * s, 5 * s), (1, 2 * s, 2 * s, 3 * s), (1, 3 * s, 3 * s, 4 * s),
        (0, 5 * s, 12 * s, 13 * s), (2, 13 * s, 17 * s, 18 * s),
    ]  # fmt: skip
    assert run.paged_in_mib.tolist() == [30, 0, 40]


def test_horizon_within_a_start_cost(play: Any) -> None:
    """Switch 10, horizon 25: VM 0 serves 10-20, VM 1 has paid 5 of its switch, VM 2 nothing."""
    run, _ = play(Host(switch_us=10), Workload.from_arrays([0, 0, 0], [10, 10, 10]), "fcfs", horizon_us=25)
    assert run.attained_us.tolist() == [10, 0, 0]
    assert run.overhead_us.tolist() == [10, 5, 0]
    assert run.wait_us.tolist() == [0, 20, 25]
    assert run.cost == 20 + 25 + 25


@pytest.mark.parametrize("interpreted", [False, True])
def test_waiting_beside_somebody_who_runs(interpreted: bool) -> None:
    """2 pCPUs. VM 1 runs 0-10; the policy waits at 0 and at 5 (VM 2 arrives, for both pCPUs), and grants VM 2 at 10 and VM 0 at 30."""
    work = Workload.from_arrays([0, 0, 5], [30, 10, 20], cpu_millicores=[1000, 1000, 2000])
    scenario = make_scenario("host", host=Host(cpus=2, quantum_us=50), workload=work, num_slots=3)
    episodes = DispatchEpisodes(scenario, 1, interpreted=interpreted)
    episodes.restart([0], [0])
    for action, clock, mask in [(1, 0, [1, 0, 0, 1]), (3, 5, [1, 0, 0, 1]), (3, 10, [1, 0, 1, 0]), (2, 30, [1, 0, 0, 0])]:
        episodes.step(np.array([action]))
        assert episodes.clock_us[0] == clock
        assert episodes.observations.action_mask[0].tolist() == mask
    episodes.step(np.array([0]))
    assert episodes.terminated[0]
    assert episodes.run(0).completion_us.tolist() == [60, 10, 30]


@pytest.mark.parametrize("interpreted", [False, True])
def test_a_run_begins_clean(interpreted: bool) -> None:
    """Two disks, two VMs (demand 60 and 50). The run is left at 0 while both are present, VM 0 running, and begins anew.

    VM 0 is mapped to the first disk again and VM 1 to the second, as if nothing had been: the mapped demand is 60 and 50, not 120 and 100.
    """
    host = Host(cpus=2, disks=(Disk(bandwidth_kib_s=100), Disk(bandwidth_kib_s=100)), preempt="none")
    work = Workload.from_arrays([0, 0], [10, 20], disk_kib_s=[60, 50])
    episodes = DispatchEpisodes(make_scenario("host", host=host, workload=work, num_slots=2), 1, interpreted=interpreted)
    for _ in range(2):
        episodes.restart([0], [0])
        assert episodes.runs.devices[0, :, c.MAPPED].tolist() == [2000, 60, 50, 0]
        assert episodes.runs.devices[0, :, c.FREE].tolist() == [2000, 100, 100, 100_000]
        assert episodes.runs.slots[0, :, c.DISK_DEVICE].tolist() == [1, 2]
        episodes.step(np.array([0]))
        assert episodes.runs.devices[0, :, c.FREE].tolist() == [1000, 40, 100, 100_000]


def test_who_is_done_at_its_deadline_is_not_late(play: Any) -> None:
    """Weighted tardiness. VM 0 is done at 10, when it is due, and costs nothing; VM 1 (weight 3), due at 15, is done at 20 and costs 3 x 5.

    VM 2, done at 25, has until 100: nobody is late after 20.
    """
    work = Workload.from_arrays([0, 0, 0], [10, 10, 5], weight=[2, 3, 7], slo_us=[10, 15, 100])
    run, _ = play(Host(quantum_us=50), work, "fcfs", objective="weighted_tardiness_us")
    assert run.completion_us.tolist() == [10, 20, 25]
    assert run.cost == 15


def test_of_equal_keys_in_two_blocks_of_slots_the_first_to_arrive_is_granted(play: Any) -> None:
    """VM 0 (work 1), VMs 1 to 63 (9 each) and VM 64 (5) arrive at 0: a block of 64 slots is full, and VM 64 is in the next one.

    The shortest first: VM 0, 0-1. At 1 VM 65 (5) arrives and gets VM 0's slot, before VM 64's. Both have 5: VM 64 is granted first, 1-6.
    """
    work = Workload.from_arrays([0] * (c.BLOCK + 1) + [1], [1] + [9] * (c.BLOCK - 1) + [5, 5])
    run, grants = play(Host(quantum_us=10), work, "sjf")
    assert grants[:4] == [(0, 0, 0, 1), (64, 1, 1, 6), (65, 6, 6, 11), (1, 11, 11, 20)]
    assert run.grants["slot"].tolist()[:3] == [0, 64, 0]
