"""Copies of environments and batches go on identically and leave the original alone; a snapshot is a way back."""

from __future__ import annotations

import copy
import pickle
from collections.abc import Callable
from typing import Any

import gymnasium
import numpy as np
import pytest

import vmenv
from vmenv.errors import SpecError

IDS = {
    "vmenv/Thrash-v0": {"num_vms": 12, "num_slots": 4},
    "vmenv/Share-Spells-v0": {"num_vms": 4, "num_slots": 5, "cpus": 3, "num_samples": 8},
}
WAYS: dict[str, Callable[[Any], Any]] = {
    "copy": copy.copy,
    "deepcopy": copy.deepcopy,
    "pickle": lambda thing: pickle.loads(pickle.dumps(thing)),
}


@pytest.fixture(params=WAYS)
def copied(request: pytest.FixtureRequest) -> Callable[[Any], Any]:
    return WAYS[request.param]


def play(env: Any, steps: int) -> list[Any]:
    """Plays at random, with the space's own draws, and returns all that was seen; every draw must be legal."""
    seen = []
    for _ in range(steps):
        observation, reward, terminated, truncated, info = env.step(env.action_space.sample())
        seen.append((reward, {name: rows.tolist() for name, rows in observation.items()}, info["clock_us"]))
        if np.all(terminated | truncated):
            env.reset(seed=7)
    return seen


@pytest.mark.parametrize("name", IDS)
def test_an_environment_is_copied_whole(name: str, copied: Callable[[Any], Any]) -> None:
    env = gymnasium.make(name, **IDS[name]).unwrapped
    env.action_space.seed(3)
    env.reset(seed=5)
    play(env, 4)
    before = env.run().digest()
    other = copied(env)
    theirs = play(other, 30)
    assert env.run().digest() == before, "the original has not moved"
    assert play(env, 30) == theirs


@pytest.mark.parametrize("name", IDS)
def test_a_vector_environment_is_copied_whole(name: str, copied: Callable[[Any], Any]) -> None:
    envs: Any = gymnasium.make_vec(name, num_envs=3, **IDS[name])
    envs.action_space.seed(3)
    envs.reset(seed=[1, 2, 3])
    other = copied(envs)
    actions = [other.action_space.sample() for _ in range(1)]
    theirs = [other.step(action) for action in actions]
    envs.action_space.sample()
    ours = [envs.step(action) for action in actions]
    for one, same in zip(ours, theirs, strict=True):
        assert all((one[0][key] == same[0][key]).all() for key in one[0])
        assert (one[1] == same[1]).all()


def some_batch(scenario: str, **options: Any) -> Any:
    parameters = IDS["vmenv/Thrash-v0" if scenario == "thrash" else "vmenv/Share-Spells-v0"]
    return vmenv.Episodes(vmenv.make_scenario(scenario, **parameters), 2, **options)


def go_on(batch: Any, steps: int) -> list[Any]:
    seen = []
    for _ in range(steps):
        over = np.flatnonzero(batch.terminated | batch.truncated)
        batch.step(batch.some_actions(), over, 2**32 + 10 + over)
        seen.append((batch.rewards.tolist(), batch.clock_us.tolist(), [rows.sum() for rows in batch.observations]))
    return [*seen, [batch.run(r).digest() for r in range(2)]]


@pytest.mark.parametrize("interpreted", [False, True])
@pytest.mark.parametrize("scenario", ["thrash", "share_spells"])
def test_a_snapshot_is_a_way_back(scenario: str, interpreted: bool) -> None:
    """Past the ends of episodes and into longer tables, twice from the same snapshot, with kept episodes and without."""
    for num_kept in (0, 4):
        batch = some_batch(scenario, num_kept=num_kept, interpreted=interpreted)
        batch.restart([0, 1], [2**32, 2**32 + 1])
        go_on(batch, 3)
        before = batch.snapshot()
        first = go_on(batch, 60)
        for _ in range(2):
            batch.restore(before)
            assert go_on(batch, 60) == first
            assert batch.broken_laws(0) == []


def test_a_snapshot_of_another_batch_is_refused() -> None:
    batch = some_batch("thrash", interpreted=True)
    batch.restart([0, 1], [1, 2])
    other = vmenv.Episodes(batch.scenario, 3, interpreted=True)
    with pytest.raises(SpecError, match="the snapshot is one of 2 runs: give one of this batch of 3"):
        other.restore(batch.snapshot())


def test_the_memory_of_a_scheduler_goes_with_a_snapshot() -> None:
    batch = some_batch("thrash", interpreted=True)
    batch.restart([0, 1], [1, 2])
    before = batch.snapshot()
    batch.advise("stride")
    with pytest.raises(SpecError, match="keep that of stride"):
        batch.advise("drf")
    batch.restore(before)
    batch.advise("drf")


@pytest.mark.parametrize("interpreted", [False, True])
def test_a_live_host_is_copied_whole(interpreted: bool, copied: Callable[[Any], Any]) -> None:
    manager = vmenv.Manager(vmenv.Host(cpus=2, memory_mib=1024), interpreted=interpreted)
    for work_us in (50_000, 70_000, 90_000):
        manager.create([vmenv.Phase(work_us, 500, 100)])
    manager.schedule("tsrr", max_decisions=3)
    before = manager.digest()
    other = copied(manager)
    assert other.digest() == before
    other.schedule("tsrr")
    assert manager.digest() == before, "the original has not moved"
    manager.schedule("tsrr")
    assert manager.digest() == other.digest()
    other.create([vmenv.Phase(1_000, 500, 100)])
    assert (manager.num_vms, other.num_vms) == (3, 4)


@pytest.mark.parametrize("scenario", ["thrash", "share_spells"])
def test_a_saved_state_goes_on_in_another_batch(scenario: str) -> None:
    """The arrays hold what a snapshot holds, for another process: its tables are as long as its own episodes were."""
    for num_kept in (0, 4):
        batch = some_batch(scenario, num_kept=num_kept)
        batch.restart([0, 1], [2**32, 2**32 + 1])
        go_on(batch, 30)
        state = batch.saved_state()
        expected = go_on(batch, 60)
        for kept_there in (0, 4):
            other = some_batch(scenario, num_kept=kept_there)
            other.load_state(state)
            assert go_on(other, 60) == expected
    with pytest.raises(SpecError, match="the state is not that of 2 runs of this version"):
        batch.load_state({name: array for name, array in state.items() if name != "seeds"})


@pytest.mark.parametrize("scenario", ["thrash", "share_spells"])
def test_a_copy_of_a_batch_goes_its_own_way(scenario: str, copied: Callable[[Any], Any]) -> None:
    batch = some_batch(scenario, interpreted=True)
    batch.restart([0, 1], [5, 6])
    before = [batch.run(r).digest() for r in range(2)]
    other = copied(batch)
    for _ in range(3):
        other.step(other.some_actions())
    assert [batch.run(r).digest() for r in range(2)] == before, "the original has not moved"
    for _ in range(3):
        batch.step(batch.some_actions())
    assert [batch.run(r).digest() for r in range(2)] == [other.run(r).digest() for r in range(2)] != before
