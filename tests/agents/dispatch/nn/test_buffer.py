"""Discounting by time: advantages worked out by hand, equality with SB3's where the discount is constant, truncation, and a training."""

from __future__ import annotations

import math
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from sb3_contrib.common.maskable.buffers import MaskableDictRolloutBuffer

from agents.dispatch.nn.buffer import OneCopyBuffer, TimedBuffer, advantages
from agents.dispatch.nn.vec_env import EpisodesVecEnv
from agents.dispatch.ppo import Ppo
from vmenv.episodes.scenario import make_scenario
from vmenv.errors import SpecError

SCENARIO = make_scenario("thrash", num_vms=10, num_slots=6)


def test_advantages_by_hand() -> None:
    """Three transitions, lambda 1/2: discounts 1 (no time passes), 1/2, 1/4; the second ends an episode.

    The third: 4 + 1/4 x 8 - 2 = 4. The second: 2 - 1 = 1. The first: 1 + 1 x 1 - 3 + 1/2 x 1 x 1 = -1/2.
    """

    def column(*numbers: float) -> np.ndarray:
        return np.array(numbers, np.float32)[:, None]

    found = advantages(column(1, 2, 4), column(3, 1, 2, 8), column(1, 0.5, 0.25), column(0, 1, 0), 0.5)
    assert found.ravel().tolist() == [-0.5, 1.0, 4.0]


def filled(make: Any) -> Any:
    vec = EpisodesVecEnv(SCENARIO, 2)
    buffer = make(vec.observation_space, vec.action_space)
    rng = np.random.default_rng(0)
    observation = vec.reset()
    for _ in range(buffer.buffer_size):
        rewards, values, starts = (rng.random(2).astype(np.float32) for _ in range(3))
        buffer.add(
            observation, np.zeros(2), rewards, (starts < 0.3).astype(np.float32), torch.as_tensor(values), torch.zeros(2),
            action_masks=vec.action_masks(),
        )  # fmt: skip
    buffer.compute_returns_and_advantage(torch.tensor([[0.5], [0.25]]), np.array([False, True]))
    return buffer


def test_a_constant_discount_is_that_of_sb3() -> None:
    """Rewards that are all bootstrapped value are multiplied by the discount; the advantages are those of a constant gamma."""
    gamma = 0.9
    plain = filled(lambda *spaces: OneCopyBuffer(8, *spaces, gamma=gamma, gae_lambda=0.8, n_envs=2))
    clock: dict[str, Any] = {"tau_us": 1.0, "passed_us": lambda: np.full(2, -math.log(gamma)), "plain_rewards": lambda: np.zeros(2)}
    timed = filled(lambda *spaces: TimedBuffer(8, *spaces, gamma=1.0, gae_lambda=0.8, n_envs=2, **clock))
    np.testing.assert_allclose(timed.discounts, gamma, rtol=1e-6)
    np.testing.assert_allclose(timed.rewards, gamma * plain.rewards, rtol=1e-6)
    again = advantages(plain.rewards, np.concatenate([plain.values, [[0.5, 0.25]]]), timed.discounts, _ended(plain), 0.8)
    np.testing.assert_allclose(again, plain.advantages, rtol=1e-4, atol=1e-6)


def test_targets_of_the_critic_are_cut() -> None:
    """The advantages stay as they are."""
    plain = filled(lambda *spaces: OneCopyBuffer(8, *spaces, n_envs=2))
    cut = filled(lambda *spaces: OneCopyBuffer(8, *spaces, n_envs=2, value_clip=0.1))
    np.testing.assert_array_equal(cut.advantages, plain.advantages)
    np.testing.assert_allclose(cut.returns - cut.values, np.clip(plain.returns - plain.values, -0.1, 0.1), atol=1e-6)


def test_mini_batches_are_those_of_sb3() -> None:
    """And they are copies: the next decisions are written over the buffer."""
    buffer = filled(lambda *spaces: OneCopyBuffer(8, *spaces, n_envs=2))
    next(buffer.get())
    rows = np.array([3, 0, 15, 3])
    ours, theirs = buffer._get_samples(rows), MaskableDictRolloutBuffer._get_samples(buffer, rows)
    for array in (*buffer.observations.values(), buffer.actions, buffer.values, buffer.returns, buffer.action_masks):
        array[:] = -1.0
    pairs = [(ours.observations[name], theirs.observations[name]) for name in theirs.observations]
    for our, their in [*pairs, *zip(ours[1:], theirs[1:], strict=True)]:
        assert our.dtype == their.dtype
        assert our.shape == their.shape
        assert torch.equal(our, their)
        assert (our != -1.0).any()


def _ended(buffer: Any) -> np.ndarray:
    return np.concatenate([buffer.episode_starts[1:], [[0.0, 1.0]]])


def test_cost_that_accrues_while_time_passes() -> None:
    """A cost rate of 1 during tau is worth 1 - 1/e; at an instant nothing is discounted."""
    clock: dict[str, Any] = {"tau_us": 5.0, "passed_us": lambda: np.array([5, 0]), "plain_rewards": lambda: np.array([1.0, 1.0])}
    vec = EpisodesVecEnv(SCENARIO, 2)
    buffer: Any = TimedBuffer(1, vec.observation_space, vec.action_space, n_envs=2, **clock)
    ones = np.ones(2, np.float32)
    buffer.add(vec.reset(), np.zeros(2), ones, ones, torch.zeros(2), torch.zeros(2), action_masks=vec.action_masks())
    np.testing.assert_allclose(buffer.rewards[0], [1 - math.exp(-1), 1.0], rtol=1e-6)
    np.testing.assert_allclose(buffer.discounts[0], [math.exp(-1), 1.0], rtol=1e-6)


@pytest.mark.filterwarnings("ignore::DeprecationWarning")
def test_trains_with_truncation(tmp_path: Path) -> None:
    """The time that passes is that of the step, also where an episode is over and the next has begun."""
    scenario = make_scenario("thrash", num_vms=10, num_slots=6, horizon_us=3_000_000)
    agent = Ppo(
        decisions=2_048, num_envs=32, num_steps=32, batch_size=1_024, eval_episodes=2, torch_threads=1, discount="time", discount_tau=10.0
    )
    assert np.isfinite(next(agent.train(scenario, seed=0, minutes=None, folder=tmp_path, resume=False).scorer.parameters()).detach()).all()
    vec = EpisodesVecEnv(scenario, 4)
    vec.reset()
    for _ in range(200):
        vec.step(vec.action_masks().argmax(axis=1))
        assert (vec.passed_us >= 0).all()


def test_wrong_parameters() -> None:
    with pytest.raises(SpecError, match="did you mean 'time'"):
        Ppo(discount="tim")
    with pytest.raises(SpecError, match=r"agent\.discount_tau is 0"):
        Ppo(discount_tau=0.0)
    with pytest.raises(SpecError, match=r"agent\.value_clip is -1"):
        Ppo(value_clip=-1.0)
