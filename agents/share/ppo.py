"""share_ppo: proximal policy optimisation on share environments, by Stable-Baselines3.

Most of what a reward says is how much the VMs happened to ask for. So environments come in groups that meet the same demand, and what an
action is worth is what it got beyond the others of its group: a baseline that depends on the input alone, so that it takes away noise and
adds no bias (Mao et al., "Variance reduction for reinforcement learning in input-driven environments", ICLR 2019).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import torch
from numpy.typing import NDArray
from stable_baselines3 import PPO
from stable_baselines3.common.buffers import DictRolloutBuffer

from agents.share.nn.actor_critic import ShareActorCritic
from agents.share.nn.learner import ShareLearner
from agents.share.nn.networks import Weigher
from agents.share.nn.vec_env import ShareVecEnv
from agents.training.agent import AGENTS
from agents.training.budget import Budget
from vmenv.share.scenario import ShareScenario


class GroupBuffer(DictRolloutBuffer):
    """SB3's buffer with the other environments of the group as the baseline.

    Args:
        group: Environments of a group; they stand side by side.
        *args: SB3's.
        **kwargs: SB3's.
    """

    def __init__(self, *args: Any, group: int, **kwargs: Any) -> None:
        self._group = group
        super().__init__(*args, **kwargs)

    def compute_returns_and_advantage(self, last_values: torch.Tensor, dones: NDArray[Any]) -> None:
        """Fills advantages and returns."""
        super().compute_returns_and_advantage(last_values, dones)
        if self._group > 1:
            self.advantages = beyond_the_others(self.returns, self._group)


def beyond_the_others(returns: NDArray[Any], group: int) -> NDArray[Any]:
    """Returns (T, B) what each return is above the mean of the others in its group, `group` being a divisor of B."""
    grouped = returns.reshape(len(returns), -1, group)
    others = (grouped.sum(axis=2, keepdims=True) - grouped) / (group - 1)
    return (grouped - others).reshape(returns.shape)


@AGENTS.register("share_ppo")
@dataclass(frozen=True, kw_only=True)
class SharePpo(ShareLearner):
    """Proximal policy optimisation (Schulman et al. 2017).

    Args:
        num_steps: Decisions of each environment between updates.
        batch_size: Decisions of a mini-batch.
        epochs: Passes over the decisions of an update.
        group: Environments that meet the same demand; 1: each its own, and the critic is the baseline.
        noise: Standard deviation of the root of a weight at the beginning.
        gae_lambda: Of generalised advantage estimation, where gamma is not 0.
        clip: Of the probability ratio.
        entropy: Weight of the entropy bonus.
    """

    kind = "share_ppo"
    summary = "PPO, every VM weighed by the same network"

    decisions: int = 2_000_000
    num_envs: int = 256
    eval_every: int = 100_000
    torch_threads: int = 2
    learning_rate: float = 3e-3
    num_steps: int = 16
    batch_size: int = 2_048
    epochs: int = 4
    group: int = 8
    noise: float = 0.05
    gae_lambda: float = 0.95
    clip: float = 0.2
    entropy: float = 0.0

    def __post_init__(self) -> None:
        super().__post_init__()
        self.check_integers(num_steps=10**6, batch_size=10**7, epochs=1000, group=10**6)
        self.check_divides("batch_size", "num_envs x num_steps", self.num_envs * self.num_steps)
        self.check_divides("group", "num_envs", self.num_envs)
        self.check_shares("noise", "gae_lambda", "clip")
        self.check_from_zero("entropy")

    def environment(self, scenario: ShareScenario, seed: int) -> ShareVecEnv:
        """See `Sb3Agent.environment`."""
        return ShareVecEnv(scenario, self.num_envs, seed=seed, reward_scale=self.reward_scale, group=self.group)

    def build(self, env: ShareVecEnv, budget: Budget, seed: int) -> Any:
        """See `Sb3Agent.build`."""
        return PPO(
            ShareActorCritic,
            env,
            n_steps=self.num_steps,
            batch_size=self.batch_size,
            n_epochs=self.epochs,
            learning_rate=self.learning_rate,
            gamma=self.gamma,
            gae_lambda=self.gae_lambda,
            clip_range=self.clip,
            ent_coef=self.entropy,
            rollout_buffer_class=GroupBuffer,
            rollout_buffer_kwargs={"group": self.group},
            policy_kwargs={"width": self.width, "noise": self.noise},
            seed=seed,
        )

    def network_of(self, model: Any) -> Weigher:
        """See `Sb3Agent.network_of`."""
        weigher: Weigher = model.policy.weigher
        return weigher
