"""CFS and EEVDF by hand, from kernel/sched/fair.c of Linux 6.1 and 6.6, on one pCPU with weights of 1: virtual runtime is service."""

from __future__ import annotations

from itertools import groupby
from typing import Any

import numpy as np
import pytest

from vmenv.dispatch.simulation import simulate
from vmenv.episodes.schedulers import make_scheduler
from vmenv.host.spec import Host
from vmenv.workload import Workload


def turns(name: str, arrivals: list[int], tick_us: int, horizon_us: int, cpus: int = 1, **parameters: Any) -> list[tuple[int, int]]:
    """Returns (VM, ticks) of the turns of VMs that never end, in the order in which they began."""
    weight = parameters.pop("weight", 1)
    work = Workload.from_arrays(arrivals, [10 * horizon_us] * len(arrivals), weight=weight)
    host = Host(cpus=cpus, quantum_us=tick_us, preempt="quantum")
    run = simulate(host, work, make_scheduler(name, **parameters), horizon_us=horizon_us, record=True)
    assert run.grants is not None
    order = np.argsort(run.grants["grant_us"], kind="stable")
    granted = run.grants["vm"][order][run.grants["grant_us"][order] < horizon_us]
    return [(int(vm), len(list(group))) for vm, group in groupby(granted)]


def test_eevdf_defaults_are_those_of_6_6() -> None:
    """sysctl_sched_base_slice 0.75 ms, with ticks of 1 us; the first slice is half as long (PLACE_DEADLINE_INITIAL)."""
    assert turns("eevdf", [0, 0], 1, 2_625) == [(0, 375), (1, 375), (0, 750), (1, 750), (0, 375)]


@pytest.mark.parametrize(("cpus", "factor"), [(2, 2), (3, 2), (4, 3), (7, 3), (8, 4), (16, 4)])
def test_slices_grow_with_the_pcpus(cpus: int, factor: int) -> None:
    """get_update_sysctl_factor: 1 + ilog2(min(cpus, 8)). Twice as many VMs as pCPUs: the first turn is half a slice."""
    work = Workload.from_arrays([0] * 2 * cpus, [10**9] * 2 * cpus)
    host = Host(cpus=cpus, quantum_us=25, preempt="quantum")
    run = simulate(host, work, "eevdf", horizon_us=375 * factor, record=True)
    assert run.attained_us.tolist() == [375 * factor] * cpus + [0] * cpus


def test_eevdf_runs_to_parity() -> None:
    """A slice of 8, ticks of 1: VM 0 is ahead of virtual time after one tick, and runs on all the same.

    Its first slice is 4; VM 1 then has 4, and VM 0 the whole 8, although from its first tick on it has had more than its share.
    """
    assert turns("eevdf", [0, 0], 1, 28, slice_us=8) == [(0, 4), (1, 4), (0, 8), (1, 8), (0, 4)]


def test_a_newcomer_interrupts_only_who_has_had_more_than_its_share() -> None:
    """Slice 8, ticks of 1. VM 0 has had 6 and VM 1 4 when VM 2 comes at 10: V is 5 and its deadline 5 + 4 = 9; theirs are 12 and 12.

    VM 0 runs, is ahead of V, and is interrupted (check_preempt_wakeup, pick_eevdf). Coming at 5, when V is 2.5 and VM 1 runs, which has had
    1 of its first 4, VM 2 waits: VM 1 is eligible and protected (RUN_TO_PARITY).
    """
    assert turns("eevdf", [0, 0, 10], 1, 14, slice_us=8) == [(0, 4), (1, 4), (0, 2), (2, 4)]
    assert turns("eevdf", [0, 0, 5], 1, 12, slice_us=8)[:2] == [(0, 4), (1, 4)]


def test_a_newcomer_waits_behind_one_that_is_due_before() -> None:
    """Slice 8. At 2 VM 0 has had 2 of its first 4, VM 1 (due at 4) nothing: VM 2 comes at V = 1 and is due at 5, after VM 1.

    The best in the queue is not the newcomer, so that VM 0 goes on although it is not eligible.
    """
    assert turns("eevdf", [0, 0, 2], 1, 8, slice_us=8)[:2] == [(0, 4), (1, 4)]


def test_cfs_turns_end_when_more_than_the_slice_has_been_served() -> None:
    """Latency 6 ms among weights 2 and 1, ticks of 0.1 ms: slices of 4 and 2 ms, and delta_exec > ideal_runtime is seen a tick later."""
    assert turns("cfs", [0, 0], 100, 24_400, weight=[2, 1]) == [(0, 41), (1, 21)] * 3 + [(0, 41), (1, 17)]


def test_cfs_stretches_its_period_beyond_eight() -> None:
    """Weight 4 among n - 1 of 1. n = 8: period 6 ms, slice 6 x 4 / 11 = 2.18 ms. n = 10: period 10 x 0.75 ms, slice 7.5 x 4 / 13 = 2.31.

    The light ones have the granularity, 0.75 ms: __sched_period and BASE_SLICE.
    """
    assert turns("cfs", [0] * 8, 100, 3_800, weight=[4] + [1] * 7) == [(0, 22), (1, 8), (2, 8)]
    assert turns("cfs", [0] * 10, 100, 4_000, weight=[4] + [1] * 9) == [(0, 24), (1, 8), (2, 8)]


def test_cfs_newcomers_begin_a_slice_behind() -> None:
    """START_DEBIT: VM 1 comes at 10 ms at the virtual runtime of VM 0 and its slice, 3 ms, so that it waits for 3 ms and a tick.

    VM 0 began with its own debit of 6 ms, which it was alone to have: both are at 16 ms then, and VM 1 at 19.
    """
    work = Workload.from_arrays([0, 10_000], [10**6] * 2)
    run = simulate(Host(quantum_us=100), work, "cfs", horizon_us=20_000, record=True)
    assert run.grants is not None
    assert run.grants["grant_us"][run.grants["vm"] == 1].min() == 13_100


@pytest.mark.parametrize(
    ("weight", "slice_us"),
    [
        ([1, 1, 1, 1], 6_000),  # two of them on each pCPU
        ([2, 1, 1, 1], 9_600),  # 2 of 2.5
    ],
)
def test_cfs_counts_the_queue_of_one_pcpu(weight: list[int], slice_us: int) -> None:
    """2 pCPUs: latency 12 ms, and a queue holds half of the weight: the first turn of VM 0 is 12 ms x weight / (weights / 2)."""
    work = Workload.from_arrays([0] * 4, [10**7] * 4, weight=weight)
    run = simulate(Host(cpus=2, quantum_us=100, preempt="quantum"), work, "cfs", horizon_us=40_000, record=True)
    assert run.grants is not None
    mine = np.sort(run.grants["grant_us"][run.grants["vm"] == 0])
    assert (np.flatnonzero(np.diff(mine) > 100)[0] + 1) * 100 == slice_us + 100
