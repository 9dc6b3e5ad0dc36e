"""Committed picks against the rule told by event, in plain Python, as batch simulators of its kind work it off: one event at a time."""

from __future__ import annotations

import dataclasses
import heapq
import math
import random
from collections.abc import Callable

import numpy as np
import pytest

import vmenv
from vmenv.dispatch.episodes import DispatchEpisodes
from vmenv.dispatch.formula.policy import FormulaPolicy
from vmenv.dispatch.scenarios.host import OwnHost

Job = tuple[int, int, int, int]  # submitted, run time, processors, requested time; in seconds
Score = Callable[[Job, int], float]


def starts_of(jobs: list[Job], processors: int, score: Score, reserves: bool = False) -> list[int]:
    """Returns when each job starts. Jobs are in the order of their submission; an arrival is worked off before an end of its second."""
    starts, queue, running = [-1] * len(jobs), list[int](), list[tuple[int, int]]()
    clock, free, coming = 0, processors, 0

    def next_event() -> None:
        nonlocal clock, free, coming
        end = running[0][0] if running else math.inf
        if coming < len(jobs) and jobs[coming][0] <= end:
            clock = max(clock, jobs[coming][0])
            queue.append(coming)
            coming += 1
        else:
            clock, job = heapq.heappop(running)
            free += jobs[job][2]

    def start(job: int) -> None:
        nonlocal free
        starts[job] = clock
        free -= jobs[job][2]
        heapq.heappush(running, (clock + jobs[job][1], job))
        queue.remove(job)

    def expected_start(pick: int) -> float:
        left = free
        for end, size in sorted((starts[job] + jobs[job][3], jobs[job][2]) for _, job in running):
            left += size
            if left >= jobs[pick][2]:
                return end
        return 0

    while coming < len(jobs) or queue:
        if not queue:
            next_event()
            continue
        pick = min(queue, key=lambda job: (score(jobs[job], clock), job))
        reserved = expected_start(pick) if reserves else 0
        while jobs[pick][2] > free:
            for job in sorted(queue):
                if clock + jobs[job][3] < reserved and jobs[job][2] <= free:
                    start(job)
            next_event()
        start(pick)
    return starts


SCORES: dict[str, Score] = {
    "fcfs": lambda job, now: job[0],
    "sjf": lambda job, now: job[3],
    "f1": lambda job, now: math.log10(job[3]) * job[2] + 870 * math.log10(job[0]),
    "wfp3": lambda job, now: -(((now - job[0]) / job[3]) ** 3) * job[2],
}


def some_jobs(seed: int, processors: int, span_s: int) -> list[Job]:
    """Sixty jobs, many of which come in the same second."""
    rng = random.Random(seed)
    submitted = sorted(rng.randrange(1, span_s) for _ in range(60))
    runs = [rng.randrange(1, 60) for _ in submitted]
    return [(s, run, rng.randrange(1, processors + 1), run + rng.randrange(30)) for s, run in zip(submitted, runs, strict=True)]


def as_workload(jobs: list[Job]) -> vmenv.Workload:
    submitted, run, processors, requested = np.array(jobs).T
    return vmenv.Workload.from_arrays(
        submitted * 10**6, run * 10**6, cpu_millicores=processors * 1000, memory_mib=np.zeros_like(run), estimate_us=requested * 10**6
    )


@pytest.mark.parametrize("name", SCORES)
def test_equals_the_rule_event_by_event(name: str) -> None:
    """In all of sixty sequences; the free order, and one in which the first blocks, come to something else in most."""
    parameters = {"sizes": "estimate"} if name == "sjf" else {}
    others = 0
    for seed in range(60):
        processors, span_s = (4, 16)[seed % 2], (50, 600, 3000)[seed % 3]
        jobs = some_jobs(seed, processors, span_s)
        host, work = vmenv.Host(cpus=processors, preempt="none"), as_workload(jobs)
        run = vmenv.simulate(host, work, vmenv.make_scheduler(name, commit=True, **parameters))
        assert ((run.completion_us - work.size_us) // 10**6).tolist() == starts_of(jobs, processors, SCORES[name])
        blocking = vmenv.simulate(host, work, vmenv.make_scheduler(name, backfill=False, **parameters))
        others += blocking.completion_us.tolist() != run.completion_us.tolist()
    assert (others > 20) == (name != "fcfs"), others  # whoever arrived first comes before all that follow


@pytest.mark.parametrize("name", SCORES)
def test_backfilling_past_a_reservation_equals_the_rule_event_by_event(name: str) -> None:
    """In sixty sequences in which hardly two things happen in one second, where the order of events within it would count."""
    parameters = {"sizes": "estimate"} if name == "sjf" else {}
    others = 0
    for seed in range(60):
        jobs = [
            (100 * s + 7 * k, 97 * run + k, size, 97 * asked + 11 * k) for k, (s, run, size, asked) in enumerate(some_jobs(seed, 16, 1200))
        ]
        jobs.sort()
        host, work = vmenv.Host(cpus=16, preempt="none"), as_workload(jobs)
        run = vmenv.simulate(host, work, vmenv.make_scheduler(name, commit=True, reservation=True, **parameters))
        assert ((run.completion_us - work.size_us) // 10**6).tolist() == starts_of(jobs, 16, SCORES[name], reserves=True)
        others += run.digest() != vmenv.simulate(host, work, vmenv.make_scheduler(name, commit=True, **parameters)).digest()
    assert others > 50


def test_who_goes_past_a_reservation() -> None:
    """Three of four processors are asked for until 100. The pick needs four; the next asks until 100 itself, the last until 99."""
    jobs = [(0, 90, 3, 100), (10, 50, 4, 50), (20, 5, 1, 80), (21, 5, 1, 78)]
    host, work = vmenv.Host(cpus=4, preempt="none"), as_workload(jobs)
    run = vmenv.simulate(host, work, vmenv.make_scheduler("fcfs", commit=True, reservation=True))
    assert ((run.completion_us - work.size_us) // 10**6).tolist() == [0, 90, 140, 21]
    scenario = OwnHost(host=host, workload=work, num_slots=4, commit=True, reservation=True)
    episodes = DispatchEpisodes(scenario, 1)
    episodes.restart([0], [0])
    decisions = []
    while not episodes.terminated[0]:
        decisions.append(int(episodes.clock_us[0]) // 10**6)
        episodes.step(episodes.advise("fcfs"))
    assert decisions == [0, 10, 90]
    assert episodes.run(0).digest() == run.digest()
    with pytest.raises(vmenv.SpecError, match="give commit=True with it"):
        vmenv.make_scheduler("fcfs", reservation=True)
    with pytest.raises(vmenv.SpecError, match="give commit=True with it"):
        OwnHost(host=host, workload=work, reservation=True)


def test_a_pick_is_held_though_a_shorter_one_arrives() -> None:
    """Three processors are busy until 100; B (3) is picked at 10 and held, so that C (1), which is shorter and would fit, waits for it."""
    jobs = [(0, 100, 3, 100), (10, 50, 3, 50), (20, 5, 1, 5)]
    host, work = vmenv.Host(cpus=4, preempt="none"), as_workload(jobs)
    starts = {}
    for rule, options in {"committed": {"commit": True}, "blocking": {"backfill": False}, "free": {}}.items():
        run = vmenv.simulate(host, work, vmenv.make_scheduler("sjf", **options))
        starts[rule] = ((run.completion_us - work.size_us) // 10**6).tolist()
    assert starts == {"committed": [0, 100, 100], "blocking": [0, 100, 20], "free": [0, 100, 20]}


def test_of_those_that_come_to_an_empty_queue_at_once_the_first_is_picked() -> None:
    jobs = [(5, 9, 2, 9), (5, 1, 2, 1), (5, 3, 2, 3)]
    run = vmenv.simulate(vmenv.Host(cpus=2, preempt="none"), as_workload(jobs), vmenv.make_scheduler("sjf", commit=True))
    assert (run.completion_us // 10**6).tolist() == [14, 15, 18]


def test_choosing_commits_and_waiting_jobs_are_legal_though_they_do_not_fit() -> None:
    jobs = [(0, 100, 3, 100), (10, 50, 3, 50), (20, 5, 1, 5)]
    scenario = OwnHost(host=vmenv.Host(cpus=4, preempt="none"), workload=as_workload(jobs), num_slots=3, commit=True)
    episodes = DispatchEpisodes(scenario, 1)
    episodes.restart([0], [0])
    decisions = []
    while not episodes.terminated[0]:
        legal = np.flatnonzero(episodes.observations.action_mask[0])
        decisions.append((int(episodes.clock_us[0]) // 10**6, legal.tolist()))
        episodes.step(legal[:1])
    assert decisions == [(0, [0]), (10, [1]), (100, [2])]
    assert (episodes.run(0).completion_us // 10**6).tolist() == [100, 150, 105]


def test_who_may_wait_elsewhere_must_pick_here() -> None:
    """A formula that always prefers to wait is played as if it never did: jobs in the order of their numbers, by its scores."""
    scenario = vmenv.make_scenario("batch", num_vms=20, cpus=16, commit=True)
    waits, never = FormulaPolicy(score="0 - expected_left", wait="1000"), FormulaPolicy(score="0 - expected_left")
    for seed in range(4):
        (one,), (other,) = (vmenv.evaluate(policy, scenario, [seed]) for policy in (waits, never))
        assert one["digest"] == other["digest"]


@pytest.mark.parametrize("interpreted", [False, True])
def test_it_is_the_same_whether_the_scenario_or_the_policy_holds_picks(interpreted: bool) -> None:
    """One that would rather wait, too, which sees that it may not."""
    scenario = vmenv.make_scenario("batch", num_vms=20, cpus=16, commit=True)
    for held in ({}, {"reservation": True}):
        rule = FormulaPolicy(score="0 - expected_left", wait="1000", commit=True, **held)
        for seed in range(3):
            (row,) = vmenv.evaluate(
                dataclasses.replace(rule, commit=False, reservation=False), dataclasses.replace(scenario, **held), [seed]
            )
            run = vmenv.simulate(scenario.build_host(), scenario.episode(seed), rule, seed=seed, interpreted=interpreted)
            assert run.metrics()["mean_slowdown_10s"] == row["mean_slowdown_10s"]


def test_hosts_that_pre_empt_hold_nothing() -> None:
    work = as_workload([(0, 1, 1, 1)])
    for preempt in ("quantum", "arrival"):
        host = vmenv.Host(preempt=preempt)
        with pytest.raises(vmenv.SpecError, match=r'preempt=.*: give Host\(preempt="none"\)'):
            vmenv.simulate(host, work, vmenv.make_scheduler("fcfs", commit=True))
        with pytest.raises(vmenv.SpecError, match=r'give Host\(preempt="none"\)'):
            DispatchEpisodes(OwnHost(host=host, workload=work, commit=True), 1)


def test_who_commits_advises_only_where_picks_are_held() -> None:
    scenario = OwnHost(host=vmenv.Host(preempt="none"), workload=as_workload([(0, 1, 1, 1)]))
    episodes = DispatchEpisodes(scenario, 1)
    episodes.restart([0], [0])
    with pytest.raises(vmenv.SpecError, match="give the scenario commit=True"):
        episodes.advise(vmenv.make_scheduler("fcfs", commit=True))


def test_what_does_not_commit_is_told_as_before() -> None:
    assert "commit" not in vmenv.make_scheduler("sjf").describe()
    assert vmenv.make_scheduler("sjf", commit=True).describe()["commit"] is True
    with pytest.raises(vmenv.SpecError, match="give True or False"):
        vmenv.make_scheduler("sjf", commit="yes")
