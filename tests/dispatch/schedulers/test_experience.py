"""What a run teaches: the estimate against Kaplan and Meier by hand, the index against the law's own, and what it is worth."""

from __future__ import annotations

import numpy as np
import pytest

from vmenv.dispatch.loop import experience
from vmenv.dispatch.loop.experience import DONE, GROWTH, INDEX, NUM_BINS, bin_of, learn, learn_all
from vmenv.dispatch.objective import cost_rates
from vmenv.dispatch.packing import pack
from vmenv.dispatch.schedulers.gittins import gittins_index
from vmenv.episodes.evaluation import evaluate
from vmenv.episodes.scenario import make_scenario
from vmenv.host import columns as c
from vmenv.host import outcome
from vmenv.host.spec import Host
from vmenv.host.state import Floats, State, allocate, one
from vmenv.workload.table import Workload

QUANTUM_US = 1_000


def state_of(sizes_us: list[int], tenants: list[int] | int = 0) -> State:
    work = Workload.from_arrays([0] * len(sizes_us), sizes_us, tenant=tenants)
    host = Host(quantum_us=QUANTUM_US)
    runs = pack(host, [work], [cost_rates("mean_response_us", host, work)], num_slots=4, horizon_us=None)
    s = one(runs, 0)
    s.run[c.NUM_VMS] = len(sizes_us)
    return s


def finish(s: State, vm: int, now_us: int) -> None:
    s.outcomes[vm, outcome.COMPLETION_US] = now_us
    s.run[c.NUM_DONE] += 1
    s.run[c.CLOCK_US] = now_us


def test_bins() -> None:
    ends = QUANTUM_US * GROWTH ** np.arange(NUM_BINS - 1)
    for k, end in enumerate(ends):
        assert bin_of(int(np.ceil(end)), QUANTUM_US) == k + 1
        assert bin_of(int(np.ceil(end)) - 1, QUANTUM_US) == k
    assert bin_of(10**15, QUANTUM_US) == NUM_BINS - 1


def test_hazards_by_hand(monkeypatch: pytest.MonkeyPatch) -> None:
    """Four of six VMs are done, in bins 0, 0, 5 and 9; one is present in bin 5, one in bin 0."""
    monkeypatch.setattr(experience, "PRIOR", 0.0)
    hazards: list[Floats] = []
    monkeypatch.setattr(
        experience, "_index_from_hazards", lambda memory, first, size_power: hazards.append(memory[first : first + NUM_BINS].copy())
    )
    s = state_of([500, 900, 2_100, 4_100, 9_000, 9_000])
    s.run[c.NEXT_ADMISSION] = 6
    s.run[c.TOP_SLOT] = 2
    for slot, attained in enumerate((2_200, 0)):
        s.front[slot, c.STATUS] = c.RUNNABLE
        s.slots[slot, c.ATTAINED_US] = attained
    s.outcomes[:, outcome.COMPLETION_US] = -1
    for vm in range(4):
        finish(s, vm, 10 + vm)
    with np.errstate(invalid="ignore"):
        s.run_memory[experience.SEEN_US] = 1.0  # not the first call: only the label that was touched
        learn(s)
    found = hazards[-1]
    assert found[0] == pytest.approx(2 / (6 - 0.5))
    assert found[5] == pytest.approx(1 / (3 - 0.5))
    assert found[9] == pytest.approx(1.0)
    assert found[1] == 0.0
    assert s.run_memory[DONE : DONE + 10].tolist() == [2, 0, 0, 0, 0, 1, 0, 0, 0, 1]


def test_completions_at_one_instant_are_taken_in_once() -> None:
    s = state_of([500, 500, 500])
    s.run[c.NEXT_ADMISSION] = 3
    s.outcomes[:, outcome.COMPLETION_US] = -1
    learn(s)
    finish(s, 1, 7)
    learn(s)
    learn(s)
    finish(s, 0, 9)
    finish(s, 2, 9)
    learn(s)
    assert s.run_memory[DONE] == 3


def test_the_told_index_is_that_of_the_law() -> None:
    """Of the law {1.1 ms w.p. .9, 12 ms w.p. .1}: bins are 19 % wide, and within them sizes are taken to be spread evenly."""
    sizes = [1_100] * 90 + [12_000] * 10
    s = state_of(sizes)
    learn_all(s)
    for age in (0, 2_500, 6_000):
        exact = gittins_index(np.array(sizes, float), np.array([age], float))[0] * QUANTUM_US
        assert experience.learned_index(s.run_memory, 0, age, QUANTUM_US) == pytest.approx(exact, rel=0.25)


def test_labels_are_kept_apart() -> None:
    s = state_of([500] * 5 + [50_000] * 5, [0] * 5 + [1] * 5)
    learn_all(s)
    assert s.run_memory[INDEX] > 20 * s.run_memory[INDEX + NUM_BINS]


def test_without_experience_it_is_las() -> None:
    s = state_of([500])
    learn(s)
    index = s.run_memory[INDEX : INDEX + NUM_BINS]
    assert (np.diff(index) < 0).all()


def test_what_knowing_the_law_is_worth() -> None:
    """On the 100 frozen episodes, so without chance: told < learned < the best of four that do not learn."""
    cost = {
        name: np.mean([row["mean_response_us"] for row in evaluate(name, "mystery")])
        for name in ("gittins_told", "gittins_learned", "fcfs", "tsrr", "las", "mlfq", "srpt")
    }
    assert cost["srpt"] < cost["gittins_told"] < cost["gittins_learned"] < 0.65 * min(cost["fcfs"], cost["tsrr"], cost["las"])
    assert cost["gittins_learned"] < cost["mlfq"]
    assert cost["gittins_learned"] < 1.1 * cost["gittins_told"]


def test_memory_is_large_enough() -> None:
    assert allocate(Host(), num_runs=1, num_slots=1, num_vms=1, num_phases=1).run_memory.shape == (1, c.NUM_RUN_MEMORY)
    assert make_scenario("mystery").num_labels <= experience.NUM_LABELS
