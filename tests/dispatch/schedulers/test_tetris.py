"""Tetris by hand, from the paper: alignment a, work left p, score a - eps p with eps = m mean(a) / mean(p) (Grandl et al., 2014)."""

from __future__ import annotations

from typing import Any

import pytest

from vmenv.dispatch.simulation import simulate
from vmenv.episodes.schedulers import make_scheduler
from vmenv.errors import SpecError
from vmenv.host.spec import Host
from vmenv.workload import Workload

S = 1_000_000


def order(short_weight: float, sizes_s: list[int], **columns: Any) -> list[int]:
    """Returns in which order VMs that are there from the beginning have their first grants on one pCPU."""
    work = Workload.from_arrays([0] * len(sizes_s), [size * S for size in sizes_s], **({"memory_mib": 0} | columns))
    run = simulate(Host(memory_mib=1024, quantum_us=S), work, make_scheduler("tetris", short_weight=short_weight), record=True)
    assert run.grants is not None
    return list(dict.fromkeys(run.grants["vm"].tolist()))


@pytest.mark.parametrize(("memory_mib", "turns_at"), [([0, 0], 0.3 / 8.4 / (0.75 / 4.8)), ([0, 256], 0.05 / 8.15 / (0.875 / 4.925))])
def test_alignment_against_work_left(memory_mib: list[int], turns_at: float) -> None:
    """A demands .9 of the CPU for 10 s, B .6 for 1 s: a = .9 and .6, p = 9 and .6, means .75 and 4.8.

    A goes first while .9 - 9 eps > .6 - .6 eps. With a quarter of the memory B has a = .85 and p = .85, and the means are .875 and 4.925.
    """
    columns: dict[str, Any] = {"cpu_millicores": [900, 600], "memory_mib": memory_mib, "estimate_us": [10 * S, S]}
    assert order(0.0, [10, 1], **columns) == [0, 1]
    assert order(turns_at * 0.999, [10, 1], **columns) == [0, 1]
    assert order(turns_at * 1.001, [10, 1], **columns) == [1, 0]


def test_memory_beside_the_running_counts() -> None:
    """2 pCPUs, 1,000 MiB, disk of 100,000 KiB/s. VM 0 goes first and holds .8 of the memory, of which .2 is left.

    Then a = .5 x .5 + .2 x .2 = .29 for VM 1 and .25 + .1 x 1 = .35 for VM 2, which is next. Were the memory that VM 0 holds counted as
    free, VM 1 would have .45.
    """
    work = Workload.from_arrays([0, 1, 1], [S] * 3, cpu_millicores=1000, memory_mib=[800, 200, 0], disk_kib_s=[0, 0, 10_000], estimate_us=0)
    run = simulate(Host(cpus=2, memory_mib=1000, preempt="none"), work, "tetris", record=True)
    assert run.completion_us.tolist() == [S, 2 * S, S + 1]


def test_service_counts_against_the_estimate() -> None:
    """Two VMs alike but for estimates of 3 and 2 s, one pCPU, quanta of 1 s: the second has less left, and less and less of it."""
    assert order(1.0, [3, 2], estimate_us=[3 * S, 2 * S]) == [1, 0]
    work = Workload.from_arrays([0, 0], [3 * S, 2 * S], memory_mib=0, estimate_us=[3 * S, 2 * S])
    run = simulate(Host(quantum_us=S), work, make_scheduler("tetris"), record=True)
    assert run.grants is not None
    assert run.grants["vm"].tolist() == [1, 1, 0, 0, 0]


def test_who_told_no_estimate_counts_by_alignment() -> None:
    """VM 0 told nothing: a = .5 and no p. VM 1: a = .8 and p = 8, which is the mean of those that told; the mean of a is .65.

    At m = 1 the score of VM 1 is .8 - .65 = .15; it goes first for m below .3 / .65.
    """
    columns: dict[str, Any] = {"cpu_millicores": [500, 800], "estimate_us": [0, 10 * S]}
    assert order(1.0, [1, 10], **columns) == [0, 1]
    assert order(0.3 / 0.65 * 1.001, [1, 10], **columns) == [0, 1]
    assert order(0.3 / 0.65 * 0.999, [1, 10], **columns) == [1, 0]


def test_a_negative_weight_is_refused() -> None:
    with pytest.raises(SpecError, match=r"Tetris.short_weight is -1.0: give a number from 0"):
        make_scheduler("tetris", short_weight=-1.0)
