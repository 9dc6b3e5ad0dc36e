"""PPO's update with every mini-batch in two halves, each worked on by a thread of its own.

Threads of the linear algebra meet at the end of every operation, some hundred times a mini-batch: on two cores that gains a fifth, and
beside other programs costs a multiple, as whoever is late keeps the other waiting. Halves meet once a mini-batch. Their gradients are added
in the same order whatever the number of cores, so that a training ends at the same weights on all of them.

Source: Schulman et al., "Proximal policy optimization algorithms", 2017, equations 7 and 9.
"""

from __future__ import annotations

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any, NamedTuple

import numpy as np
import torch
from sb3_contrib import MaskablePPO
from stable_baselines3.common.utils import explained_variance
from torch import Tensor
from torch.nn.utils import clip_grad_norm_

from agents.dispatch.nn.buffer import OneCopyBuffer

HALVES = 2


class Told(NamedTuple):
    """What came of a part of a mini-batch, for the log: means over its decisions."""

    policy_loss: float
    value_loss: float
    entropy_loss: float
    approx_kl: float
    clip_fraction: float


class HalvedPPO(MaskablePPO):
    """MaskablePPO, whose own `train` works on a mini-batch as a whole. The same objective; `clip_range_vf` and `target_kl` stay None."""

    def train(self) -> None:
        """Learns from the decisions that were collected."""
        self.policy.set_training_mode(True)
        self._update_learning_rate(self.policy.optimizer)
        clip = float(self.clip_range(self._current_progress_remaining))  # type: ignore[operator]  # SB3 made it a function
        buffer = self.rollout_buffer
        told: list[Told] = []
        decisions = buffer.buffer_size * buffer.n_envs
        assert isinstance(buffer, OneCopyBuffer)
        buffer.prepare()
        torch.set_num_threads(1)  # each thread of ours has one; before the next rollout as many are set as there are cores
        with ThreadPoolExecutor(HALVES, initializer=torch.set_num_threads, initargs=(1,)) as pool:
            for _ in range(self.n_epochs):
                order = np.random.permutation(decisions)
                for first in range(0, decisions, self.batch_size):
                    told += self._learn(pool, order[first : first + self.batch_size], clip)
                self._n_updates += 1
        self._log(np.mean(told, axis=0), clip)

    def _learn(self, pool: ThreadPoolExecutor, rows: Any, clip: float) -> Sequence[Told]:
        """Takes one step along the gradient of a mini-batch; rows are those of the buffer."""
        advantages = torch.as_tensor(self.rollout_buffer.advantages[rows]).flatten()
        mean, deviation = advantages.mean(), advantages.std() + 1e-8
        parts = [pool.submit(self._part, part, len(rows), mean, deviation, clip) for part in np.array_split(rows, HALVES)]
        results = [part.result() for part in parts]
        for parameter, *gradients in zip(self.policy.parameters(), *(gradients for gradients, _ in results), strict=True):
            parameter.grad = torch.stack(gradients).sum(dim=0)
        clip_grad_norm_(self.policy.parameters(), self.max_grad_norm)
        self.policy.optimizer.step()
        return [told for _, told in results]

    def _part(self, rows: Any, whole: int, mean: Tensor, deviation: Tensor, clip: float) -> tuple[Sequence[Tensor], Told]:
        """Returns what some rows of a mini-batch of `whole` decisions add to its gradient."""
        data = self.rollout_buffer._get_samples(rows)
        values, logs, entropies = self.policy.evaluate_actions(data.observations, data.actions, action_masks=data.action_masks)
        assert entropies is not None
        advantages, log_ratio = (data.advantages - mean) / deviation, logs - data.old_log_prob
        ratio = log_ratio.exp()
        policy_loss = -torch.min(advantages * ratio, advantages * ratio.clamp(1 - clip, 1 + clip)).mean()
        value_loss = torch.nn.functional.mse_loss(values.flatten(), data.returns)
        entropy_loss = -entropies.mean()
        loss = policy_loss + self.ent_coef * entropy_loss + self.vf_coef * value_loss
        gradients = torch.autograd.grad(loss * (len(rows) / whole), list(self.policy.parameters()))
        with torch.no_grad():
            kl, clipped = (ratio - 1 - log_ratio).mean(), ((ratio - 1).abs() > clip).float().mean()
        return gradients, Told(*(float(value.detach()) for value in (policy_loss, value_loss, entropy_loss, kl, clipped)))

    def _log(self, means: Any, clip: float) -> None:
        told = Told(*means)
        self.logger.record("train/policy_gradient_loss", told.policy_loss)
        self.logger.record("train/value_loss", told.value_loss)
        self.logger.record("train/entropy_loss", told.entropy_loss)
        self.logger.record("train/loss", told.policy_loss + self.ent_coef * told.entropy_loss + self.vf_coef * told.value_loss)
        self.logger.record("train/approx_kl", told.approx_kl)
        self.logger.record("train/clip_fraction", told.clip_fraction)
        values, returns = self.rollout_buffer.values.flatten(), self.rollout_buffer.returns.flatten()
        self.logger.record("train/explained_variance", explained_variance(values, returns))
        self.logger.record("train/n_updates", self._n_updates, exclude="tensorboard")
        self.logger.record("train/clip_range", clip)
