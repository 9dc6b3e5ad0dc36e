"""Identities that hold on every path, without statistics: work conservation, and that names do not matter."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from vmenv.dispatch.run import Run
from vmenv.dispatch.simulation import simulate
from vmenv.episodes.schedulers import list_schedulers, make_scheduler
from vmenv.host.spec import Host
from vmenv.workload import Workload

WORK_CONSERVING = [name for name in list_schedulers() if not make_scheduler(name).waits_on_purpose]


def unfinished_work(run: Run, times: np.ndarray) -> np.ndarray:
    """Returns the work that has arrived and is not done at each time, on one pCPU without overheads."""
    assert run.grants is not None
    arrived = (run.workload.size_us[:, None] * (run.arrival_us[:, None] <= times)).sum(axis=0)
    start, end = run.grants["service_us"][:, None], run.grants["end_us"][:, None]
    return arrived - (np.clip(times, start, end) - start).sum(axis=0)


@settings(max_examples=30, deadline=None, derandomize=True)
@given(
    jobs=st.lists(st.tuples(st.integers(0, 60), st.integers(1, 20)), min_size=1, max_size=10),
    mode=st.sampled_from(["none", "quantum", "arrival"]),
)
def test_unfinished_work_is_the_same_under_all_disciplines(jobs: list[tuple[int, int]], mode: str) -> None:
    """Lindley's workload process: on one pCPU without overheads it does not depend on who is served (Kleinrock 1965)."""
    arrivals, sizes = np.array(jobs).T
    work = Workload.from_arrays(arrivals, sizes, slo_us=30, estimate_us=sizes)
    times = np.arange(300)
    host = Host(quantum_us=4, preempt=mode)
    expected = unfinished_work(simulate(host, work, "fcfs", record=True), times)
    assert expected[-1] == 0
    for name in WORK_CONSERVING:
        assert (unfinished_work(simulate(host, work, name, record=True), times) == expected).all(), name


@pytest.mark.parametrize("name", [name for name in list_schedulers() if not make_scheduler(name).random])
def test_permuting_equal_vms_changes_nothing_but_names(name: str) -> None:
    """The rows of the workload in another order: VMs that arrive at other times keep their outcome, equal ones share theirs."""
    rng = np.random.default_rng(5)
    arrivals = np.repeat(np.sort(rng.choice(200, 8, replace=False)), 3)
    sizes = np.repeat(rng.integers(1, 40, 8), 3)
    order = rng.permutation(len(arrivals))
    host = Host(cpus=2, quantum_us=7, switch_us=1)
    plain = simulate(host, Workload.from_arrays(arrivals, sizes, slo_us=50, estimate_us=sizes), name)
    shuffled = simulate(host, Workload.from_arrays(arrivals[order], sizes[order], slo_us=50, estimate_us=sizes[order]), name)
    back = np.empty_like(shuffled.completion_us)
    back[order] = shuffled.completion_us
    for group in range(8):
        assert sorted(back[3 * group : 3 * group + 3]) == sorted(plain.completion_us[3 * group : 3 * group + 3])
    assert plain.metrics() == pytest.approx(shuffled.metrics())
