"""What each scheduler must do, on instances small enough to see it."""

from __future__ import annotations

from itertools import permutations
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from vmenv.dispatch.scheduler import Scheduler
from vmenv.dispatch.simulation import simulate
from vmenv.episodes.schedulers import make_scheduler
from vmenv.host.spec import Disk, Host, Nic
from vmenv.workload import Workload


def order_of_starts(host: Host, work: Workload, scheduler: str | Scheduler) -> list[int]:
    run = simulate(host, work, scheduler, record=True, interpreted=True)
    assert run.grants is not None
    return run.grants["vm"][np.lexsort((run.grants["vm"], run.grants["grant_us"]))].tolist()


ONE_AT_A_TIME = Host(preempt="none")


def test_tsp_serves_the_most_urgent_and_among_equals_the_least_served() -> None:
    work = Workload.from_arrays([0] * 3, [20, 20, 20], priority=[0, 5, 5])
    assert order_of_starts(Host(quantum_us=10), work, "tsp") == [1, 2, 1, 2, 0, 0]


def test_tsp_aging_lets_nobody_starve() -> None:
    """One urgent VM a second from 0 on, each for a second, and a VM of priority 0 from the start: with aging 1/s it gets in at 10 s."""
    s = 1_000_000
    work = Workload.from_arrays([0] + [k * s for k in range(20)], [s] * 21, priority=[0] + [10] * 20)
    aging = make_scheduler("tsp", aging_per_s=1.0)
    strict = simulate(ONE_AT_A_TIME, work, "tsp")
    aged = simulate(ONE_AT_A_TIME, work, aging)
    assert strict.completion_us[0] == 21 * s
    assert aged.completion_us[0] == 11 * s


def test_tsp_aging_counts_weights() -> None:
    """At 10 the VM of weight 3 has waited 4 (urgency 12), the one of weight 1 has waited 10 (urgency 10)."""
    work = Workload.from_arrays([0, 0, 6], [10, 10, 10], weight=[1, 1, 3])
    assert order_of_starts(ONE_AT_A_TIME, work, make_scheduler("tsp", aging_per_s=1.0)) == [0, 2, 1]


def test_rap_takes_what_balances() -> None:
    """VM 0 holds .4 of CPU and disk; the others hold .6 of the NIC, so only one of them fits beside it: the one that balances."""
    host = Host(disks=(Disk(bandwidth_kib_s=100),), nics=(Nic(bandwidth_kib_s=100),), preempt="none")
    cpu, disk, net = [400, 400, 0, 100], [40, 0, 40, 10], [0, 60, 60, 60]
    work = Workload.from_arrays([0, 1, 1, 1], [50] * 4, cpu_millicores=cpu, disk_kib_s=disk, net_kib_s=net)
    # After placing VM 1: (.8, .4, .6), spread .4; VM 2: (.4, .8, .6), .4; VM 3: (.5, .5, .6), .1.
    assert order_of_starts(host, work, "rap")[:2] == [0, 3]


def test_rap_by_attained_share() -> None:
    """VM 1 holds half the CPU, so it may have twice the time of VM 0, which holds all of it."""
    work = Workload.from_arrays([0, 0], [40, 80], cpu_millicores=[1000, 500])
    starts = order_of_starts(Host(quantum_us=10), work, make_scheduler("rap", rule="attained"))
    assert starts[:6] == [0, 1, 1, 0, 1, 1]


def test_rrp_orders_by_dominant_requirement() -> None:
    host = Host(disks=(Disk(bandwidth_kib_s=100),), preempt="none")
    work = Workload.from_arrays([0] * 3, [10] * 3, cpu_millicores=[600, 510, 520], disk_kib_s=[10, 90, 20])
    # Dominant: .6, .9, .52. Nothing fits beside another on the CPU.
    assert order_of_starts(host, work, "rrp") == [1, 0, 2]
    assert order_of_starts(host, work, make_scheduler("rrp", order="asc")) == [2, 0, 1]


def test_mlfq_levels() -> None:
    """Threshold 20, ratio 2: levels end at 20, 40, 80. A newcomer at 60 goes first until it has had 20."""
    work = Workload.from_arrays([0, 0, 60], [100, 100, 50])
    scheduler = make_scheduler("mlfq", threshold_us=20, ratio=2)
    starts = order_of_starts(Host(quantum_us=10), work, scheduler)
    # Level 0: 0 1 0 1 until 40; level 1 (20-40): 0 1; at 60 VM 2: twice; then level 1: 0 (place 50), 1 (60), 2 (80), ...
    assert starts[:11] == [0, 1, 0, 1, 0, 1, 2, 2, 0, 1, 2]


def test_mlfq_resident_first() -> None:
    """Memory for one VM at a time: within a level the resident VM goes on, where the plain ring would page at every quantum."""
    host = Host(memory_mib=100, quantum_us=10, swap_kib_s=None)
    work = Workload.from_arrays([0, 0], [30, 30], memory_mib=[80, 80])
    assert order_of_starts(host, work, make_scheduler("mlfq", threshold_us=1000)) == [0, 1, 0, 1, 0, 1]
    assert order_of_starts(host, work, make_scheduler("mlfq", threshold_us=1000, resident_first=True)) == [0, 0, 0, 1, 1, 1]


def test_backfill_off_blocks() -> None:
    work = Workload.from_arrays([0] * 3, [10, 10, 10], cpu_millicores=[600, 900, 300])
    assert order_of_starts(ONE_AT_A_TIME, work, "fcfs") == [0, 2, 1]
    assert order_of_starts(ONE_AT_A_TIME, work, make_scheduler("fcfs", backfill=False)) == [0, 1, 2]


def number_present(completions: Any, arrivals: Any, times: Any) -> Any:
    return (arrivals[:, None] <= times).sum(axis=0) - (np.sort(completions)[:, None] <= times).sum(axis=0)


@settings(max_examples=60, deadline=None, derandomize=True)
@given(st.lists(st.tuples(st.integers(0, 20), st.integers(1, 8)), min_size=1, max_size=5))
def test_srpt_has_the_fewest_present_at_every_instant(jobs: list[tuple[int, int]]) -> None:
    """Against every fixed preemptive priority order, on one pCPU with pre-emption at arrivals (Schrage 1968)."""
    host = Host(preempt="arrival", quantum_us=1_000)
    arrivals, sizes = np.array(jobs).T
    times = np.arange(80)
    best = number_present(simulate(host, Workload.from_arrays(arrivals, sizes), "srpt").completion_us, arrivals, times)
    for order in permutations(range(len(jobs))):
        other = simulate(host, Workload.from_arrays(arrivals, sizes, priority=list(order)), "tsp")
        assert (best <= number_present(other.completion_us, arrivals, times)).all()


def test_random_is_fair_among_those_that_fit() -> None:
    """3,000 runs of three equal VMs, the first granted is each with probability 1/3: within 5 standard errors, false alarm below 2e-6."""
    work = Workload.from_arrays([0, 0, 0], [10, 10, 10])
    firsts = [int(simulate(ONE_AT_A_TIME, work, "random", seed=seed).completion_us.argmin()) for seed in range(3_000)]
    counts = np.bincount(firsts, minlength=3)
    assert np.abs(counts - 1_000).max() < 5 * np.sqrt(3_000 * (1 / 3) * (2 / 3))


@pytest.mark.parametrize("name", ["las", "tsrr"])
def test_equal_vms_share_alike(name: str) -> None:
    run = simulate(Host(quantum_us=10), Workload.from_arrays([0] * 4, [1000] * 4), name)
    assert run.completion_us.tolist() == [3970, 3980, 3990, 4000]


def test_sjf_by_estimate() -> None:
    """The estimates turn the order of the sizes round."""
    work = Workload.from_arrays([0] * 3, [10, 20, 30], estimate_us=[90, 60, 40])
    assert order_of_starts(ONE_AT_A_TIME, work, "sjf") == [0, 1, 2]
    assert order_of_starts(ONE_AT_A_TIME, work, make_scheduler("sjf", sizes="estimate")) == [2, 1, 0]


def test_srpt_by_volume_lets_the_small_ones_pass() -> None:
    """VM 0 needs both pCPUs for 3, VM 1 and 2 one for 4 each: 3 against 2 by volume. With nine tenths of the memory it is 3.6."""
    host = Host(cpus=2, memory_mib=1000, quantum_us=100)
    demands = {"cpu_millicores": [2000, 1000, 1000], "memory_mib": [10, 10, 10]}
    work = Workload.from_arrays([0, 0, 0], [3000, 4000, 4000], **demands)
    assert simulate(host, work, "srpt").completion_us.tolist() == [3000, 7000, 7000]
    assert simulate(host, work, make_scheduler("srpt", volume=True)).completion_us.tolist() == [7000, 4000, 4000]
    large = Workload.from_arrays([0, 0, 0], [3000, 4000, 4000], **(demands | {"memory_mib": [10, 900, 900]}))
    assert simulate(host, large, make_scheduler("srpt", volume=True)).completion_us.tolist() == [3000, 7000, 11000]
