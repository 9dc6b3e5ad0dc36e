"""Asking schedulers what they would do: in one environment, under another policy, and where it cannot be honest."""

from __future__ import annotations

import gymnasium
import numpy as np
import pytest

from vmenv.dispatch.episodes import DispatchEpisodes
from vmenv.dispatch.simulation import simulate
from vmenv.episodes.scenario import make_scenario
from vmenv.episodes.schedulers import make_scheduler
from vmenv.errors import ActionError, SpecError

SCENARIO = make_scenario("thrash", num_vms=20, num_slots=8)


@pytest.mark.parametrize("name", ["srpt", "lottery", "credit"])
def test_one_environment(name: str) -> None:
    env = gymnasium.make("vmenv/Thrash-v0", num_vms=20, num_slots=8)
    env.reset(seed=7)
    inner, over = env.unwrapped, False
    while not over:
        _, _, terminated, truncated, _ = env.step(inner.advise(name))
        over = terminated or truncated
    wanted = simulate(SCENARIO.build_host(), SCENARIO.episode(7), name, seed=7, num_slots=8)
    assert inner.run().digest() == wanted.digest()
    with pytest.raises(ActionError, match="nothing to advise"):
        inner.advise(name)


def test_interpreted_equals_compiled_under_another_policy() -> None:
    """Schedulers without a memory can be asked in turn; what is done is something else, and seeds change with the episodes."""
    both = [DispatchEpisodes(SCENARIO, 3, interpreted=interpreted) for interpreted in (False, True)]
    for episodes in both:
        episodes.restart(range(3), [1, 2, 3])
    for step in range(60):
        for name in ("tsrr", "random", "srpt", "las"):
            picks = [episodes.advise(name) for episodes in both]
            assert (picks[0] == picks[1]).all()
            assert both[0].observations.action_mask[np.arange(3), picks[0]].all()
        for episodes in both:
            if step == 30:
                episodes.restart([1], [9])
            episodes.step(episodes.observations.action_mask.argmax(axis=1))


def test_memory_belongs_to_one_scheduler() -> None:
    episodes = DispatchEpisodes(SCENARIO, 1)
    episodes.restart([0], [0])
    episodes.advise("credit")
    episodes.advise("mlfq")
    episodes.advise(make_scheduler("credit"))
    with pytest.raises(SpecError, match="keep that of credit: ask it on episodes of its own"):
        episodes.advise("stride")


def test_advice_before_an_episode() -> None:
    assert DispatchEpisodes(SCENARIO, 2).advise("tsrr").tolist() == [0, 0]


def test_room_for_a_memory_is_made_where_somebody_needs_it() -> None:
    """A learner's runs have none; advice, and histories, do."""
    episodes = DispatchEpisodes(SCENARIO, 2)
    assert episodes.runs.run_memory.size == episodes.runs.vm_memory.size == 0
    episodes.advise("tsrr")
    assert episodes.runs.run_memory.size > 0
    assert episodes.runs.vm_memory.shape[1] == SCENARIO.num_slots
    assert DispatchEpisodes(SCENARIO, 2, history=True).runs.run_memory.size > 0


def follow(episodes: DispatchEpisodes, name: str) -> str:
    """Plays on as the scheduler says, to the end; returns the digest."""
    while not (episodes.terminated | episodes.truncated).all():
        episodes.step(episodes.advise(name))
    return episodes.run(0).digest()


@pytest.mark.parametrize("name", ["credit", "gittins_learned"])
def test_ways_back_to_before_there_was_a_memory(name: str) -> None:
    """After `restore` and `load_state` nothing is left of what a scheduler noted since."""
    episodes = DispatchEpisodes(SCENARIO, 1)
    episodes.restart([0], [3])
    before, state = episodes.snapshot(), episodes.saved_state()
    wanted = follow(episodes, name)
    episodes.restore(before)
    assert follow(episodes, name) == wanted
    episodes.load_state(state)
    assert follow(episodes, name) == wanted
    episodes.restart([0], [3])
    for _ in range(20):
        episodes.step(episodes.advise(name))
    midway, other = episodes.saved_state(), DispatchEpisodes(SCENARIO, 1)
    other.load_state(midway)
    assert follow(other, name) == follow(episodes, name) == wanted
