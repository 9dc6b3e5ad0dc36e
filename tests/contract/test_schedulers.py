"""Every scheduler on every scenario: legal, deterministic, complete, and the same interpreted, compiled and decided from outside."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable

import numpy as np
import pytest

from vmenv.dispatch.episodes import DispatchEpisodes
from vmenv.dispatch.loop.engine import INTERPRETED
from vmenv.dispatch.play import play as played_by
from vmenv.dispatch.run import Run
from vmenv.dispatch.scenario import DispatchScenario
from vmenv.dispatch.scenarios.host import OwnHost
from vmenv.dispatch.scheduler import INFORMATION_CLASSES, Scheduler, rule_of
from vmenv.dispatch.simulation import simulate
from vmenv.episodes.schedulers import list_schedulers, make_scheduler
from vmenv.host.columns import NOBODY, RUNNABLE, STATUS
from vmenv.host.spec import Host
from vmenv.host.state import one
from vmenv.workload import Workload

ScenarioOf = Callable[[str], DispatchScenario]


def play(scenario: DispatchScenario, scheduler: Scheduler, seed: int, interpreted: bool = False) -> Run:
    return simulate(
        scenario.build_host(),
        scenario.episode(seed),
        scheduler,
        seed=seed,
        num_slots=scenario.num_slots,
        objective=scenario.objective,
        interpreted=interpreted,
    )


@pytest.mark.parametrize("backfill", [True, False])
@pytest.mark.parametrize("name", list_schedulers())
def test_interpreted_equals_compiled(name: str, scenario_name: str, backfill: bool, scenario_of: ScenarioOf) -> None:
    scenario, scheduler = scenario_of(scenario_name), make_scheduler(name, backfill=backfill)
    run = play(scenario, scheduler, seed=3)
    assert run.completed.all()
    assert play(scenario, scheduler, seed=3).digest() == run.digest()
    assert play(scenario, scheduler, seed=3, interpreted=True).digest() == run.digest()


@pytest.mark.parametrize("name", list_schedulers())
def test_decided_from_outside_equals_the_loop(name: str, scenario_name: str, scenario_of: ScenarioOf) -> None:
    """A batch of three runs, each stepped with the decisions that the scheduler's interpreted loop makes, has the loop's digests."""
    scenario, scheduler = scenario_of(scenario_name), make_scheduler(name)
    choose = INTERPRETED.choose(*rule_of(scheduler))
    episodes = DispatchEpisodes(scenario, 3)
    seeds = [3, 4, 5]
    params = [scheduler.params(seed) for seed in seeds]
    episodes.restart(range(3), seeds)
    episodes.remember()
    while not episodes.terminated.all():
        picks = [choose(one(episodes.runs, r), params[r], True) if not episodes.terminated[r] else 0 for r in range(3)]
        episodes.step(np.array([scenario.num_slots if pick == NOBODY else pick for pick in picks]))
    for r, seed in enumerate(seeds):
        assert episodes.run(r).digest() == play(scenario, scheduler, seed).digest()


@pytest.mark.parametrize("reservation", [False, True])
@pytest.mark.parametrize("name", list_schedulers())
def test_committed_the_same_everywhere(name: str, reservation: bool, scenario_of: ScenarioOf) -> None:
    """A host that commits: interpreted, compiled, and advised at every decision of an environment, it comes to the same."""
    scenario = scenario_of("gang")
    host, scheduler = dataclasses.replace(scenario.build_host(), preempt="none"), make_scheduler(name, commit=True, reservation=reservation)
    work = scenario.episode(3)
    work = dataclasses.replace(work, estimate_us=work.size_us + work.size_us // 3)
    run = simulate(host, work, scheduler, seed=0, num_slots=scenario.num_slots)
    assert run.completed.all()
    assert run.num_decisions >= int(run.num_grants.sum())
    assert simulate(host, work, scheduler, seed=0, num_slots=scenario.num_slots, interpreted=True).digest() == run.digest()
    committing = OwnHost(host=host, workload=work, num_slots=scenario.num_slots, commit=True, reservation=reservation)
    episodes = DispatchEpisodes(committing, 2)
    episodes.restart([0, 1], [0, 0])
    while not episodes.terminated.all():
        waiting = episodes.runs.front[:, :, STATUS] == RUNNABLE
        assert (episodes.observations.action_mask[:, :-1] == waiting).all()
        episodes.step(episodes.advise(make_scheduler(name)))
    assert [episodes.run(r).digest() for r in range(2)] == [run.digest()] * 2
    assert [played.digest() for played in played_by(make_scheduler(name), committing, [0])] == [run.digest()]


@pytest.mark.parametrize("name", list_schedulers())
def test_says_what_it_is(name: str) -> None:
    scheduler = make_scheduler(name)
    assert scheduler.information in INFORMATION_CLASSES
    assert scheduler.source
    assert scheduler.describe()["kind"] == name
    assert np.isfinite(scheduler.params()).all()


def first_grants(name: str, sizes_us: list[int]) -> list[tuple[int, int]]:
    """Returns VM and start of the first 20 grants among VMs that all need more than 20 quanta."""
    host = Host(quantum_us=1_000, switch_us=10)
    cpu = [600 + 100 * k for k in range(len(sizes_us))]  # one at a time
    others = {"disk_kib_s": cpu[::-1], "priority": [1, 0, 2, 0, 1], "slo_us": 10**6, "tenant": [0, 1, 2, 3, 1]}
    work = Workload.from_arrays([0] * len(sizes_us), sizes_us, cpu_millicores=cpu, **others)
    run = simulate(host, work, name, record=True)
    assert run.grants is not None
    order = np.lexsort((run.grants["vm"], run.grants["grant_us"]))[:20]
    return list(zip(run.grants["vm"][order].tolist(), run.grants["grant_us"][order].tolist(), strict=True))


@pytest.mark.parametrize("name", list_schedulers())
def test_only_clairvoyant_schedulers_see_sizes(name: str) -> None:
    """Sizes that do not show within the first 20 quanta change the first 20 grants of a clairvoyant scheduler, and of no other.

    Those that need the table of contention are told that instead.
    """
    sizes = [50_000, 90_000, 60_000, 80_000, 70_000]
    same = first_grants(name, sizes) == first_grants(name, sizes[::-1])
    assert same == (make_scheduler(name).information != "clairvoyant" or "contention" in make_scheduler(name).needs)


@pytest.mark.parametrize("scenario", ["host", "bursts", "gang"])  # paging and devices, reloads, VMs that block the others
@pytest.mark.parametrize("name", list_schedulers())
def test_following_advice_equals_the_loop(name: str, scenario: str, scenario_of: ScenarioOf) -> None:
    """What `Episodes.advise` says, followed to the end, gives the loop's digests, whether or not the first in the order blocks."""
    chosen = scenario_of(scenario)
    for backfill in (True, False):
        scheduler = make_scheduler(name, backfill=backfill)
        episodes = DispatchEpisodes(chosen, 1)
        episodes.restart([0], [3])
        while not (episodes.terminated | episodes.truncated).all():
            episodes.step(episodes.advise(scheduler))
        assert episodes.run(0).digest() == play(chosen, scheduler, 3).digest()
