"""The conservation laws hold at every decision of every run, exactly."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.strategies import hosts, workloads
from vmenv.dispatch.episodes import DispatchEpisodes
from vmenv.dispatch.scenarios.host import OwnHost
from vmenv.dispatch.simulation import simulate
from vmenv.errors import SimulationError
from vmenv.host import columns as c
from vmenv.host.invariants import check_invariants
from vmenv.host.spec import Host
from vmenv.host.state import one
from vmenv.workload import Workload


@settings(max_examples=150, deadline=None, derandomize=True)
@given(
    host=hosts(),
    work=workloads(whole_host=True),
    num_slots=st.integers(1, 8),
    choices=st.lists(st.integers(0, 10**6), min_size=1, max_size=60),
)
def test_laws_hold_whatever_is_decided(host: Host, work: Workload, num_slots: int, choices: Sequence[int]) -> None:
    """Decisions, "wait" among them, are drawn from what is legal."""
    episodes = DispatchEpisodes(OwnHost(host=host, workload=work, num_slots=num_slots), 1, interpreted=True)
    episodes.restart([0], [0])
    total = 0.0
    step = 0
    while not episodes.terminated[0]:
        assert check_invariants(one(episodes.runs, 0)) == []
        legal = np.flatnonzero(episodes.observations.action_mask[0])
        assert legal.size
        try:
            episodes.step(legal[[choices[step % len(choices)] % legal.size]])
        except SimulationError:
            assert episodes.runs.run[0, c.STATE] == c.NO_SPACE, "a thin pool that nobody empties any more"
            assert check_invariants(one(episodes.runs, 0)) == []
            return
        total += episodes.rewards[0]
        step += 1
        if step > 40 * len(choices):
            choices = [0]  # enough waiting: the first that fits, so that the run ends
    assert check_invariants(one(episodes.runs, 0)) == []
    run = episodes.run(0)
    assert run.completed.all()
    stays = work.is_vm & ~np.isin(np.arange(work.num_vms), work.target[work.kind == c.MIGRATE])
    assert (run.attained_us == work.size_us)[stays].all()
    assert run.cost == run.response_us.sum(), "Little's law, pathwise"
    assert (run.response_us == run.attained_us + run.lost_us + run.contended_us + run.overhead_us + run.wait_us).all()
    if work.is_vm.all() and work.contention is None and not work.emulated.any():
        assert episodes.runs.devices[0, 0, c.SERVED] == (work.work_us * work.cpu_millicores).sum()


@settings(max_examples=100, deadline=None, derandomize=True)
@given(host=hosts(), work=workloads(), horizon_us=st.integers(1, 200), name=st.sampled_from(["tsrr", "las", "rap", "srpt"]))
def test_books_close_at_the_horizon(host: Host, work: Workload, horizon_us: int, name: str) -> None:
    run = simulate(host, work, name, horizon_us=horizon_us, interpreted=True)
    books = run.devices[[c.SERVED, c.OVERHEAD, c.IDLE]].sum(axis=0)
    assert (books == run.devices[c.CAPACITY] * run.end_us).all()
    assert run.end_us <= horizon_us
    assert run.cost == run.response_us.sum()
    assert (run.attained_us <= work.size_us).all()
    assert (run.completed == (run.attained_us == work.size_us)).all()


def test_a_broken_law_is_found() -> None:
    episodes = DispatchEpisodes(
        OwnHost(host=Host(), workload=Workload.from_arrays([0, 0], [5, 5], memory_mib=100), num_slots=2), 1, interpreted=True
    )
    episodes.restart([0], [0])
    for array, place in [
        (episodes.runs.run, (0, c.MEMORY_RESIDENT_MIB)),
        (episodes.runs.run, (0, c.POOL_FREE_MIB)),
        (episodes.runs.devices, (0, 0, c.FREE)),
        (episodes.runs.devices, (0, 1, c.MAPPED)),
        (episodes.runs.devices, (0, 2, c.IDLE)),
        (episodes.runs.slots, (0, 0, c.ATTAINED_US)),
    ]:
        array[place] += 1
        assert len(check_invariants(one(episodes.runs, 0))) == 1
        array[place] -= 1
    assert check_invariants(one(episodes.runs, 0)) == []
