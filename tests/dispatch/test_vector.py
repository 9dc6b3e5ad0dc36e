"""The vector environment: the same episodes as the single one, in all three autoreset modes, whatever the batch size."""

from __future__ import annotations

from typing import Any

import gymnasium
import numpy as np
import pytest
from gymnasium.vector import AutoresetMode

from vmenv.errors import ActionError, SpecError

SMALL: dict[str, Any] = {"num_vms": 6, "num_slots": 4}


def make(num_envs: int = 3, mode: AutoresetMode = AutoresetMode.NEXT_STEP) -> Any:
    return gymnasium.make_vec("vmenv/Thrash-v0", num_envs=num_envs, autoreset_mode=mode, **SMALL)


def first_legal(info: dict[str, Any]) -> Any:
    return info["action_mask"].argmax(axis=-1)


def single_episodes(seed: int, num_steps: int) -> list[tuple[Any, float, bool]]:
    """Returns observation, reward and end of each step of the single environment, one reset after each end, first legal action."""
    env = gymnasium.make("vmenv/Thrash-v0", **SMALL)
    _, info = env.reset(seed=seed)
    steps = []
    for _ in range(num_steps):
        observation, reward, terminated, _, info = env.step(first_legal(info))
        steps.append((observation, float(reward), terminated))
        if terminated:
            _, info = env.reset()
    return steps


def test_next_step_mode_equals_single_environments() -> None:
    envs = make()
    _, info = envs.reset(seed=11)
    expected = [single_episodes(11 + i, 60) for i in range(3)]
    taken, over = [0, 0, 0], np.zeros(3, bool)
    for _ in range(60):
        begins = over
        observation, reward, over, _, info = envs.step(first_legal(info))
        for i in range(3):
            if begins[i]:
                assert reward[i] == 0.0
                assert not over[i]
                continue
            wanted, wanted_reward, wanted_over = expected[i][taken[i]]
            taken[i] += 1
            assert reward[i] == wanted_reward
            assert over[i] == wanted_over
            for name in wanted:
                assert (observation[name][i] == wanted[name]).all()
    assert min(taken) > 30


def test_same_step_mode_hands_over_the_last_observation() -> None:
    envs = make(mode=AutoresetMode.SAME_STEP)
    _, info = envs.reset(seed=11)
    expected = single_episodes(11, 200)
    ends = 0
    for wanted, wanted_reward, wanted_over in expected:
        observation, reward, over, _, info = envs.step(first_legal(info))
        assert reward[0] == wanted_reward
        assert over[0] == wanted_over
        seen = info["final_obs"] if over[0] else observation
        for name in wanted:
            assert (seen[name][0] == wanted[name]).all()
        ends += int(over[0])
        if over[0]:
            assert info["_final_obs"][0]
            assert observation["action_mask"][0].any(), "the next episode has begun"
    assert ends >= 1


def test_disabled_mode_waits_for_reset_mask() -> None:
    envs = make(mode=AutoresetMode.DISABLED)
    _, info = envs.reset(seed=11)
    over = np.zeros(3, bool)
    while not over.all():
        _, _, over, _, info = envs.step(first_legal(info))
    mask = np.array([True, False, True])
    envs.reset(options={"reset_mask": mask})
    assert (envs.unwrapped.episodes.terminated == ~mask).all()
    with pytest.raises(SpecError, match="reset_mask"):
        envs.reset(options={"reset_mask": np.array([1, 0, 1])})


def test_streams_do_not_depend_on_the_number_of_environments() -> None:
    seeds = {}
    for num_envs in (2, 5):
        envs = make(num_envs, AutoresetMode.SAME_STEP)
        _, info = envs.reset(seed=3)
        seen = []
        for _ in range(80):
            _, _, _, _, info = envs.step(first_legal(info))
            seen.append(envs.unwrapped.episodes.seeds[:2].tolist())
        seeds[num_envs] = seen
    assert seeds[2] == seeds[5]


def test_lists_of_seeds() -> None:
    envs = make()
    envs.reset(seed=[5, 9, 5])
    assert envs.unwrapped.episodes.seeds.tolist() == [5, 9, 5]
    with pytest.raises(SpecError, match="seed has 2 entries"):
        envs.reset(seed=[1, 2])


def test_wrong_action_changes_nothing() -> None:
    envs = make()
    _, info = envs.reset(seed=0)
    actions = first_legal(info)
    actions[1] = 3
    before = [envs.unwrapped.episodes.run(i).digest() for i in range(3)]
    with pytest.raises(ActionError, match="in environment 1 is not allowed"):
        envs.step(actions)
    assert [envs.unwrapped.episodes.run(i).digest() for i in range(3)] == before


def test_random_play_draws_legal_actions() -> None:
    envs = make(64)
    envs.reset(seed=0)
    envs.action_space.seed(0)
    for _ in range(50):
        envs.step(envs.action_space.sample())


def test_refuses_what_a_batch_cannot_do() -> None:
    with pytest.raises(SpecError, match="a batch is not drawn"):
        gymnasium.make_vec("vmenv/Thrash-v0", num_envs=2, render_mode="rgb_array")
    with pytest.raises(SpecError, match="horizon_us"):
        gymnasium.make_vec("vmenv/Thrash-v0", num_envs=2, max_episode_steps=5)


@pytest.mark.parametrize("copy", ["no", 0, None])
def test_copy_is_true_or_false(copy: Any) -> None:
    """Any text would count as True."""
    with pytest.raises(SpecError, match=f"copy is {copy!r}: give True or False"):
        gymnasium.make_vec("vmenv/Thrash-v0", num_envs=2, copy=copy)
