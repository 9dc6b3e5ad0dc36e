"""The SB3 VecEnv equals what SB3 makes of single environments."""

from __future__ import annotations

from typing import Any

import gymnasium
import numpy as np
import pytest
from stable_baselines3.common.vec_env import VecNormalize

from agents.dispatch.nn.vec_env import EpisodesVecEnv
from agents.training.vec_env import ScaledRewards
from vmenv.episodes.scenario import make_scenario
from vmenv.episodes.seeds import FIRST_TRAINING_SEED

SMALL: dict[str, Any] = {"num_vms": 8, "num_slots": 4}


@pytest.mark.parametrize("horizon_us", [None, 3_000_000])
def test_equals_single_environments(horizon_us: int | None) -> None:
    """600 steps: observations, rewards, ends, terminal observations, truncation flags and episode returns."""
    scenario = make_scenario("thrash", horizon_us=horizon_us, **SMALL)
    vec = EpisodesVecEnv(scenario, 3, seed=5)
    singles = [gymnasium.make("vmenv/Thrash-v0", horizon_us=horizon_us, **SMALL) for _ in range(3)]
    observation = vec.reset()
    infos = [env.reset(seed=int(vec.episodes.seeds[i]))[1] for i, env in enumerate(singles)]
    returns, lengths, ends = [0.0] * 3, [0] * 3, 0
    for _ in range(200):
        actions = np.array(vec.env_method("action_masks")).argmax(axis=1)
        assert (actions == [info["action_mask"].argmax() for info in infos]).all()
        observation, rewards, over, seen = vec.step(actions)
        for i, env in enumerate(singles):
            wanted, reward, terminated, truncated, infos[i] = env.step(actions[i])
            returns[i] += float(reward)
            lengths[i] += 1
            assert rewards[i] == np.float32(reward)
            assert over[i] == (terminated or truncated)
            if over[i]:
                ends += 1
                assert seen[i]["TimeLimit.truncated"] == truncated
                assert seen[i]["episode"]["r"] == pytest.approx(returns[i])
                assert seen[i]["episode"]["l"] == lengths[i]
                for name, value in seen[i]["terminal_observation"].items():
                    assert (value == wanted[name]).all()
                wanted, infos[i] = env.reset(seed=int(vec.episodes.seeds[i]))
                returns[i], lengths[i] = 0.0, 0
            else:
                assert seen[i] == {}
            for name in wanted:
                assert (observation[name][i] == wanted[name]).all()
    assert ends > 5


def test_training_episodes_are_not_evaluation_episodes() -> None:
    vec = EpisodesVecEnv(make_scenario("thrash", **SMALL), 4, seed=0)
    vec.reset()
    assert vec.episodes.seeds.min() >= FIRST_TRAINING_SEED
    assert len(set(vec.episodes.seeds.tolist())) == 4


def test_rewards_may_be_written_to() -> None:
    vec = EpisodesVecEnv(make_scenario("thrash", **SMALL), 2)
    vec.reset()
    _, rewards, _, _ = vec.step(vec.action_masks().argmax(axis=1))
    rewards += 1.0
    assert vec.has_attr("action_masks")
    assert vec.get_attr("render_mode") == [None, None]


def test_scaled_rewards_are_those_of_sb3() -> None:
    theirs, ours = (
        VecNormalize(EpisodesVecEnv(make_scenario("thrash", **SMALL), 8), norm_obs=False, gamma=0.9),
        ScaledRewards(EpisodesVecEnv(make_scenario("thrash", **SMALL), 8), 0.9),
    )
    seen: Any = theirs.reset()
    ours.reset()
    for _ in range(200):
        actions = seen["action_mask"].argmax(axis=1)
        (seen, reward, _, _), (same, other, _, _) = theirs.step(actions), ours.step(actions)
        np.testing.assert_array_equal(reward, other)
        assert isinstance(same, dict)
        for name, rows in seen.items():
            np.testing.assert_array_equal(rows, same[name])
