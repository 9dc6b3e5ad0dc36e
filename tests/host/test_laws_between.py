"""Laws that the books do not show by themselves, at every decision of a run: what it would be if it ended here."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.strategies import hosts, workloads
from vmenv.dispatch.episodes import DispatchEpisodes
from vmenv.dispatch.objective import OBJECTIVES, RATIOS, cost_rates
from vmenv.dispatch.scenarios.host import OwnHost
from vmenv.host import columns as c
from vmenv.host.spec import Host
from vmenv.host.state import one
from vmenv.workload import Workload


def check_ended_here(episodes: DispatchEpisodes, host: Host, work: Workload) -> None:
    """What a run that ended here would tell: cost by Little's law, closed books, time without a gap, service within the work."""
    run = episodes.run(0)
    rates = cost_rates(episodes.scenario.objective, host, work)
    late_us = np.maximum(run.response_us - work.slo_us, 0)
    expected = (rates.present * run.response_us + rates.late * late_us).sum()
    if episodes.scenario.objective in RATIOS:
        assert run.cost == pytest.approx(expected, rel=1e-9)
    else:
        assert run.cost == expected
    books = run.devices[[c.SERVED, c.OVERHEAD, c.IDLE]].sum(axis=0)
    assert (books == run.devices[c.CAPACITY] * run.end_us).all()
    assert (run.devices[c.FREE] == run.devices[c.CAPACITY]).all(), "everything is given back"
    assert (run.response_us == run.attained_us + run.overhead_us + run.wait_us).all()
    assert (run.attained_us <= work.size_us).all()
    assert (run.completed == (run.attained_us == work.size_us)).all()
    assert (run.wait_us >= 0).all()
    order = work.arrival_order
    admitted = run.admission_us[order]
    arrived = admitted[admitted >= 0]
    assert (np.diff(arrived) >= 0).all(), "first in, first out"
    assert (admitted[len(arrived) :] == -1).all(), "nobody is let in past the head of the queue"


def check_slots(episodes: DispatchEpisodes) -> None:
    """What the slots hold, which the sums in the invariants do not tell apart."""
    front, slots, run = episodes.runs.front[0], episodes.runs.slots[0], episodes.runs.run[0]
    now = run[c.CLOCK_US]
    present = np.flatnonzero(front[:, c.STATUS] != c.EMPTY)
    running = episodes.runs.lists[0, c.RUNNING_HEAP, : run[c.NUM_RUNNING]]
    assert sorted(running) == np.flatnonzero(front[:, c.STATUS] == c.RUNNING).tolist()
    check_orders(episodes)
    assert len(set(slots[present, c.VM])) == len(present), "nobody is present twice"
    assert len(set(slots[present, c.QUEUE_PLACE])) == len(present), "nobody shares a place"
    assert (slots[present, c.RESIDENT_MIB] * slots[present, c.SWAPPED_MIB] == 0).all(), "memory is in or out"
    assert (slots[running, c.SWAPPED_MIB] == 0).all()
    assert (slots[running, c.START_DEBT_US] == 0).all(), "what is owed is in the start cost"
    assert (slots[running, c.GRANT_US] <= slots[running, c.SERVICE_US]).all()
    assert (slots[running, c.SERVICE_US] < slots[running, c.END_US]).all()
    assert (slots[running, c.END_US] > now).all(), "what is due has happened"
    assert (slots[present, c.PHASE_LEFT_US] > 0).all()
    never_ran = present[slots[present, c.LAST_END_US] == -1]
    idle = never_ran[front[never_ran, c.STATUS] == c.RUNNABLE]
    assert (slots[idle, c.RESIDENT_MIB] == 0).all(), "memory is claimed at the first grant"
    assert run[c.TOP_SLOT] == (present.max() + 1 if len(present) else 0)


def check_orders(episodes: DispatchEpisodes) -> None:
    """What saves a look at every slot: the heaps, the order of use, and the demands side by side."""
    s = one(episodes.runs, 0)
    empty = np.flatnonzero(s.front[:, c.STATUS] == c.EMPTY)
    heaps = [
        (c.FREE_HEAP, c.NUM_FREE, sorted(empty), lambda i: i),
        (c.RUNNING_HEAP, c.NUM_RUNNING, None, lambda i: (s.slots[i, c.END_US], s.slots[i, c.VM])),
    ]
    for which, size, expected, key in heaps:
        heap = s.lists[which, : s.run[size]].tolist()
        assert expected is None or sorted(heap) == expected
        assert all(key(heap[(k - 1) // 2]) < key(heap[k]) for k in range(1, len(heap))), "parents come before their children"
    chain, i, before = [], s.run[c.LEAST_RECENT], c.NOBODY
    while i != c.NOBODY:
        assert s.slots[i, c.LESS_RECENT] == before
        chain.append(i)
        i, before = s.slots[i, c.MORE_RECENT], i
    assert s.run[c.MOST_RECENT] == before
    out_for_paging = np.flatnonzero((s.front[:, c.STATUS] == c.RUNNABLE) & (s.slots[:, c.RESIDENT_MIB] > 0))
    assert chain == sorted(out_for_paging, key=lambda i: (s.slots[i, c.LAST_END_US], s.slots[i, c.VM]))
    runnable = s.front[:, c.STATUS] == c.RUNNABLE
    waiting = s.waiting.T
    assert (waiting[: len(s.slots)][runnable] == s.front[runnable, : c.NUM_DEMANDS]).all()
    assert (waiting[: len(s.slots)][~runnable, c.CPU] == c.NOT_WAITING).all()
    assert (waiting[len(s.slots) :, c.CPU] == c.NOT_WAITING).all()


@settings(max_examples=100, deadline=None, derandomize=True, database=None)
@given(
    host=hosts(),
    work=workloads(),
    num_slots=st.integers(1, 8),
    objective=st.sampled_from(OBJECTIVES),
    horizon_us=st.one_of(st.none(), st.integers(1, 200)),
    choices=st.lists(st.integers(0, 10**6), min_size=1, max_size=40),
)
def test_a_run_may_end_anywhere(
    host: Host, work: Workload, num_slots: int, objective: str, horizon_us: int | None, choices: Sequence[int]
) -> None:
    """Looking at a run as if it ended here changes nothing in it; waits are drawn, too."""
    scenario = OwnHost(host=host, workload=work, num_slots=num_slots, objective=objective, horizon_us=horizon_us)
    looked_at, left_alone = (DispatchEpisodes(scenario, 1, interpreted=True) for _ in range(2))
    for episodes in (looked_at, left_alone):
        episodes.restart([0], [0])
    for step in range(400):
        check_ended_here(looked_at, host, work)
        if looked_at.terminated[0] or looked_at.truncated[0]:
            break
        check_slots(looked_at)
        legal = np.flatnonzero(looked_at.observations.action_mask[0])
        action = legal[[choices[step % len(choices)] % len(legal)]] if step < 60 else legal[:1]
        for episodes in (looked_at, left_alone):
            episodes.step(action)
        assert looked_at.rewards[0] == left_alone.rewards[0]
    else:
        pytest.fail("the run does not end")
    assert looked_at.run(0).digest() == left_alone.run(0).digest()
