"""Contention, worked by hand: rates, when they change, what is left of a thousandth, and the capacity that pairing is worth."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.optimize import linprog

from vmenv.dispatch.simulation import simulate
from vmenv.errors import SpecError
from vmenv.host.spec import Host
from vmenv.workload import Workload

PAIRS = np.array([[400, 150], [200, 500]])  # class 0 loses .4 to its like and .15 to class 1; class 1 loses .2 and .5


def test_two_vms_side_by_side() -> None:
    """VM 0 (class 0, 850 us) progresses at .85 beside VM 1 (class 1, 1,000 us), which does at .8, until VM 0 is done at 1,000.

    VM 1 has then done 800, and does the other 200 alone, at full speed: 1,200.
    """
    work = Workload.from_arrays([0, 0], [850, 1000], vm_class=[0, 1], contention=PAIRS)
    run = simulate(Host(cpus=2, preempt="none"), work, "fcfs")
    assert run.completion_us.tolist() == [1000, 1200]
    assert run.contended_us.tolist() == [150, 200]
    assert run.attained_us.tolist() == [850, 1000]


def test_an_end_is_rounded_up_to_whole_microseconds() -> None:
    """At .85, 7 us take 8.24: it is done at 9. VM 1 has 9 x .8 = 7.2 done by then and needs 0.8 more: 10."""
    work = Workload.from_arrays([0, 0], [7, 8], vm_class=[0, 1], contention=PAIRS)
    assert simulate(Host(cpus=2, preempt="none"), work, "fcfs").completion_us.tolist() == [9, 10]


def test_thousandths_are_kept_from_one_quantum_to_the_next() -> None:
    """Both run in quanta of 3 us. After 9, VM 0 has 9 x .85 = 7.65; the 0.65 is not lost: 17 us of work are done at 20, not later."""
    work = Workload.from_arrays([0, 0], [17, 1000], vm_class=[0, 1], contention=PAIRS)
    run = simulate(Host(cpus=2, quantum_us=3), work, "fcfs")
    assert run.completion_us[0] == 20


def test_a_start_cost_is_not_slowed_but_counts_as_running() -> None:
    """Both pay a switch of 10 us first, then 850 and 800 us of work take 1,000 us."""
    work = Workload.from_arrays([0, 0], [850, 800], vm_class=[0, 1], contention=PAIRS)
    assert simulate(Host(cpus=2, preempt="none", switch_us=10), work, "fcfs").completion_us.tolist() == [1010, 1010]


def test_however_many_neighbours_a_vm_gets_on() -> None:
    """Three neighbours that take .4 each would leave less than nothing: it goes on at .05."""
    work = Workload.from_arrays([0] * 4, [50] * 4, vm_class=0, contention=PAIRS)
    assert simulate(Host(cpus=4, preempt="none"), work, "fcfs").completion_us.tolist() == [1000] * 4


def test_a_table_of_zeros_is_no_contention() -> None:
    columns = {"arrival_us": [0, 3, 3, 40], "work_us": [25, 9, 30, 11], "vm_class": [0, 1, 1, 0]}
    host = Host(cpus=2, quantum_us=4, switch_us=1)
    off, zeros = (Workload.from_arrays(**columns, contention=table) for table in (None, np.zeros((2, 2), np.int64)))
    for scheduler in ("tsrr", "srpt", "las"):
        assert simulate(host, off, scheduler).digest() == simulate(host, zeros, scheduler).digest()


def capacity(progress: np.ndarray) -> float:
    """Returns the highest load a pCPU that two pCPUs can carry, half of each class: a linear program over what runs side by side.

    Variables: the parts of the time in which 0 and 0, 0 and 1, 1 and 1 run, and the load. Of each class as much must get done as comes.
    """
    done = [[2 * progress[0, 0], progress[0, 1], 0, -1], [0, progress[1, 0], 2 * progress[1, 1], -1]]
    found = linprog([0, 0, 0, -1], A_ub=-np.array(done), b_ub=[0, 0], A_eq=[[1, 1, 1, 0]], b_eq=[1])
    return float(-found.fun)


def blind_capacity(progress: np.ndarray) -> float:
    """Returns the same if whoever is done makes room for a VM of either class with equal odds, sizes being exponential: a Markov chain."""
    (a, ab), (ba, b) = progress
    mixed = 1 / (1 + ba / (2 * a) + ab / (2 * b))  # balance between 0-0, 0-1 and 1-1
    return float(mixed * (ab + ba))


def test_what_pairing_is_worth() -> None:
    progress = 1 - PAIRS / 1000
    assert capacity(progress) == pytest.approx(0.8095, abs=5e-5)
    assert blind_capacity(progress) == pytest.approx(0.6556, abs=5e-5)


def test_a_blind_host_has_the_capacity_of_the_chain() -> None:
    """FCFS with a long queue, 5,000 VMs of random classes; the standard error of the capacity is below .8 %, so 4 % fails once in 10^6."""
    rng, n = np.random.default_rng(1), 5_000
    size = 1 + np.floor(rng.exponential(100_000, n)).astype(np.int64)
    work = Workload.from_arrays(np.zeros(n, np.int64), size, vm_class=rng.integers(0, 2, n), contention=PAIRS)
    run = simulate(Host(cpus=2, preempt="none"), work, "fcfs", num_slots=4)
    assert size.sum() / (2 * run.end_us) == pytest.approx(blind_capacity(1 - PAIRS / 1000), rel=0.04)


@pytest.mark.parametrize("table", [[[0, 1]], [[-1]], [[1001]], [[0.5]], 7])
def test_a_table_that_is_none_is_refused(table: object) -> None:
    with pytest.raises(SpecError, match="give a square of whole numbers from 0 to 1000"):
        Workload.from_arrays([0], [1], contention=table)


def test_a_class_without_a_row_is_refused() -> None:
    with pytest.raises(SpecError, match="contention has 2 classes, give 0 to 1"):
        Workload.from_arrays([0], [1], vm_class=2, contention=PAIRS)
