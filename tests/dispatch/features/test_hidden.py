"""What a policy is not told it cannot see: no feature depends on how much work is left, which shows when a VM is done and not before."""

from __future__ import annotations

import dataclasses
from typing import Any

import numpy as np
import pytest

from vmenv.dispatch import observation
from vmenv.dispatch.episodes import DispatchEpisodes
from vmenv.dispatch.index import features as index
from vmenv.dispatch.loop.view import view_host, view_vm
from vmenv.dispatch.scenario import DispatchScenario
from vmenv.episodes.scenario import make_scenario
from vmenv.host import columns as c
from vmenv.host.state import one
from vmenv.workload import Workload

NAMES = ("thrash", "bursts", "neighbours", "backup", "tenants", "mystery", "gang")
SEEDS = range(24)


def prolonged(scenario: DispatchScenario) -> DispatchScenario:
    """Returns the scenario with three times the work in the last phase of each VM; all that is told of it stays."""

    class Prolonged(type(scenario)):
        def draw_workload(self, rng: np.random.Generator, seed: int) -> Workload:
            workload: Workload = super().draw_workload(rng, seed)
            work_us = workload.work_us.copy()
            last = workload.first_phase + workload.num_phases - 1
            work_us[last[workload.kind == c.RUN]] *= 3
            return dataclasses.replace(workload, work_us=work_us)

    return Prolonged(**dataclasses.asdict(scenario))


def seen_by_rules(episodes: DispatchEpisodes, tau: float) -> np.ndarray:
    """Returns what index policies see of all slots and the host."""
    s = one(episodes.runs, 0)
    host = view_host(s)
    rows = np.zeros((len(s.slots), len(index.VM_FEATURES)))
    for i in np.flatnonzero(s.front[:, c.STATUS] != c.EMPTY):
        index.write_vm_features(view_vm(s, i), host, tau, True, rows[i])
    of_host = np.zeros(len(index.HOST_FEATURES))
    index.write_host_features(host, tau, True, of_host)
    return np.concatenate([rows.ravel(), of_host])


def num_done(episodes: DispatchEpisodes) -> int:
    return int(one(episodes.runs, 0).run[c.NUM_DONE])


def play_both(name: str, seed: int, told: dict[str, bool]) -> tuple[int, set[str]]:
    """Plays the same random actions on an episode and on its prolonged one until the first VM is done.

    Returns:
        The decisions, and the names of the features of VMs that differed before.

    Raises:
        AssertionError: Something else differed.
    """
    scenario = make_scenario(name)
    pair = [DispatchEpisodes(one, 1, **told) for one in (scenario, prolonged(scenario))]
    for episodes in pair:
        episodes.restart([0], [seed])
        episodes.remember()  # what index policies learn from
    names, rng, decisions, differing = observation.vm_features(**told), np.random.default_rng(seed), 0, set[str]()
    while True:
        seen, other = (episodes.observations for episodes in pair)
        different = (seen.vms[0] != other.vms[0]).any(axis=0)
        differing |= {names[k] for k in np.flatnonzero(different)}
        assert np.array_equal(seen.host, other.host)
        assert np.array_equal(seen.action_mask, other.action_mask)
        assert np.array_equal(*(seen_by_rules(episodes, float(scenario.time_scale_us)) for episodes in pair))
        action = rng.choice(np.flatnonzero(seen.action_mask[0]))
        for episodes in pair:
            episodes.step(np.array([action]))
        if any(num_done(episodes) for episodes in pair):
            return decisions, differing
        decisions += 1


@pytest.mark.parametrize("told", [{}, {"history": True}], ids=str)
@pytest.mark.parametrize("name", NAMES)
def test_work_left_is_hidden(name: str, told: dict[str, bool]) -> None:
    played = [play_both(name, seed, told) for seed in SEEDS]
    assert sum(decisions for decisions, _ in played) >= 10, "too few to say anything"
    assert not set().union(*(differing for _, differing in played))


@pytest.mark.parametrize("name", NAMES)
def test_the_clairvoyant_see_it(name: str) -> None:
    """So the comparison above can tell."""
    told: dict[str, Any] = {"clairvoyant": True}
    assert set().union(*(play_both(name, seed, told)[1] for seed in SEEDS)) == set(observation.CLAIRVOYANT_FEATURES)
