"""The decisions of one update: handed to torch with one copy less, and discounted by the time that passes if that is asked for.

Decisions are made at events, so that a discount a decision is a discount by an accident of the load: a hundred grants at one instant and
a wait of a second count alike. Discounted by time, a transition of dt weighs what follows by exp(-dt / tau), and the cost that accrues
evenly during it by (1 - exp(-dt / tau)) / (dt / tau): the semi-Markov return (Bradtke and Duff, "Reinforcement learning methods for
continuous-time Markov decision problems", NeurIPS 1994).
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from sb3_contrib.common.maskable.buffers import MaskableDictRolloutBuffer, MaskableDictRolloutBufferSamples

Array = NDArray[Any]


class OneCopyBuffer(MaskableDictRolloutBuffer):
    """SB3's buffer, whose mini-batches are copies already: copying them once more, and all of them in another order first, took a seventh.

    Args:
        value_clip: How far the critic's target may lie from its estimate. The gradient of the squared error is then that of Huber's loss
            with this threshold, where the target was computed: one episode that was overrun does not pull all values down.
        *args: As SB3 gives them.
        **kwargs: As SB3 gives them.
    """

    def __init__(self, *args: Any, value_clip: float = np.inf, **kwargs: Any) -> None:
        self._value_clip = value_clip
        super().__init__(*args, **kwargs)

    def compute_returns_and_advantage(self, last_values: torch.Tensor, dones: Array) -> None:
        """Fills advantages and returns."""
        super().compute_returns_and_advantage(last_values, dones)
        self._clip_returns()

    def _clip_returns(self) -> None:
        if self._value_clip < np.inf:
            self.returns = self.values + np.clip(self.advantages, -self._value_clip, self._value_clip)

    def prepare(self) -> None:
        """Lays the decisions of a whole rollout in a row, as SB3 does when the first mini-batch is asked for."""
        if not self.generator_ready:
            self.observations = {name: self.swap_and_flatten(array) for name, array in self.observations.items()}
            for name in ("actions", "values", "log_probs", "advantages", "returns", "action_masks"):
                setattr(self, name, self.swap_and_flatten(getattr(self, name)))
            self.generator_ready = True

    @staticmethod
    def swap_and_flatten(arr: Array) -> Array:
        """Returns the decisions of all steps and environments in a row. Mini-batches are drawn at random: nothing needs to be swapped."""
        return arr.reshape(-1, *(arr.shape[2:] or (1,)))

    def _get_samples(self, batch_inds: Array, env: Any = None) -> MaskableDictRolloutBufferSamples:  # type: ignore[override]  # SB3 narrows it so
        rows = torch.as_tensor(batch_inds)

        def take(array: Array) -> torch.Tensor:
            return torch.as_tensor(array).index_select(0, rows).to(self.device)  # on all threads, unlike numpy

        return MaskableDictRolloutBufferSamples(
            observations={name: take(array) for name, array in self.observations.items()},
            actions=take(self.actions),
            old_values=take(self.values).flatten(),
            old_log_prob=take(self.log_probs).flatten(),
            advantages=take(self.advantages).flatten(),
            returns=take(self.returns).flatten(),
            action_masks=take(self.action_masks),
        )


class TimedBuffer(OneCopyBuffer):
    """Discounts by time. The model's own gamma must be 1: with it SB3 adds the value of a truncated episode's end to the reward.

    Args:
        tau_us: Time constant of the discount, microseconds.
        passed_us: Returns (B,) the time that passed in the last step, microseconds.
        plain_rewards: Returns (B,) the rewards of the last step before SB3 added anything.
        *args: As SB3 gives them.
        **kwargs: As SB3 gives them.
    """

    def __init__(
        self, *args: Any, tau_us: float, passed_us: Callable[[], Array], plain_rewards: Callable[[], Array], **kwargs: Any
    ) -> None:
        self._tau_us, self._passed_us, self._plain_rewards = tau_us, passed_us, plain_rewards
        super().__init__(*args, **kwargs)

    def reset(self) -> None:
        """Empties the buffer."""
        self.discounts = np.ones((self.buffer_size, self.n_envs), np.float32)
        super().reset()

    def add(self, obs: Any, action: Any, reward: Array, *rest: Any, **kwargs: Any) -> None:  # type: ignore[override]  # SB3 names the rest
        """Takes in a step of all environments."""
        x = self._passed_us() / self._tau_us
        plain, discount = self._plain_rewards(), np.exp(-x)
        accrued = np.divide(-np.expm1(-x), x, out=np.ones_like(x), where=x > 0)
        self.discounts[self.pos] = discount
        super().add(obs, action, accrued * plain + discount * (reward - plain), *rest, **kwargs)

    def compute_returns_and_advantage(self, last_values: torch.Tensor, dones: Array) -> None:
        """Fills advantages and returns."""
        ended = np.concatenate([self.episode_starts[1:], dones[None].astype(np.float32)])
        values = np.concatenate([self.values, last_values.cpu().numpy().reshape(1, -1)])
        self.advantages = advantages(self.rewards, values, self.discounts, ended, self.gae_lambda)
        self.returns = self.advantages + self.values
        self._clip_returns()


def advantages(rewards: Array, values: Array, discounts: Array, ended: Array, gae_lambda: float) -> Array:
    """Returns (T, B) generalised advantages (Schulman et al. 2016) with a discount for each transition.

    Args:
        rewards: (T, B).
        values: (T + 1, B) before each transition, and after the last.
        discounts: (T, B).
        ended: (T, B) 1 where the transition ended an episode.
        gae_lambda: Weight of longer returns, a decision.
    """
    weights = discounts * (1.0 - ended)
    result, following = np.empty_like(rewards), np.zeros_like(rewards[0])
    for t in reversed(range(len(rewards))):
        following = rewards[t] + weights[t] * values[t + 1] - values[t] + gae_lambda * weights[t] * following
        result[t] = following
    return result
