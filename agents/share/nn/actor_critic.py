"""Actor and critic for on-policy learners of shares: `Weigher` with noise on the roots of weights, and a value summed over the VMs.

An action is Gaussian around the root that `agents.share.nn.networks.ShareNetworkPolicy` takes; what leaves [0, 1] is cut by the
environment. Empty slots have no part in likelihood and entropy.
"""

from __future__ import annotations

from typing import Any

import torch
from stable_baselines3.common.policies import ActorCriticPolicy
from torch import Tensor, nn
from torch.distributions import Normal

from agents.share.nn.networks import VmEncoder, weigher_for
from agents.training.networks import PassThrough, num_features


class ShareActorCritic(ActorCriticPolicy):
    """SB3's actor-critic policy with these networks.

    Args:
        width: Of the hidden layers.
        noise: Standard deviation of a root at the beginning.
        *args: SB3's.
        **kwargs: SB3's.
    """

    def __init__(self, *args: Any, width: int = 32, noise: float = 0.05, **kwargs: Any) -> None:
        self._width, self._noise = width, noise
        super().__init__(*args, **kwargs | {"features_extractor_class": PassThrough, "net_arch": [], "ortho_init": False})

    def _build(self, lr_schedule: Any) -> None:
        of_vm, of_host = num_features(self.observation_space)
        self.mlp_extractor = nn.Identity()  # type: ignore[assignment]  # SB3 asks for one and nothing here calls it
        self.weigher = weigher_for(self.observation_space, self._width)
        self.log_std = nn.Parameter(torch.tensor(self._noise).log())
        self.critic = nn.ModuleList([VmEncoder(of_vm, of_host, self._width), nn.Linear(self._width, 1)])
        self.optimizer = self.optimizer_class(self.parameters(), lr=lr_schedule(1), **self.optimizer_kwargs)  # type: ignore[call-arg]  # torch: any Optimizer

    def forward(self, obs: Any, deterministic: bool = False) -> tuple[Tensor, Tensor, Tensor]:
        """Returns (B, S) actions, (B, 1) values and (B,) logarithms of the likelihood."""
        roots = self._roots(obs)
        actions = roots.mean if deterministic else roots.sample()
        return actions, self.predict_values(obs), self._sum(obs, roots.log_prob(actions))

    def evaluate_actions(self, obs: Any, actions: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        """Returns (B, 1) values, (B,) logarithms of the likelihood, and (B,) entropies."""
        roots = self._roots(obs)
        return self.predict_values(obs), self._sum(obs, roots.log_prob(actions)), self._sum(obs, roots.entropy())

    def predict_values(self, obs: Any) -> Tensor:
        """Returns (B, 1) values."""
        encode, head = self.critic
        present = obs["vms"][:, :, :1]
        value: Tensor = (head(encode(obs["vms"], obs["host"], present)) * present).sum(dim=1)
        return value

    def _predict(self, observation: Any, deterministic: bool = False) -> Tensor:
        return self(observation, deterministic)[0]

    def _roots(self, obs: Any) -> Normal:
        mean, _ = self.weigher(obs)
        return Normal((torch.tanh(mean) + 1.0) / 2.0, self.log_std.exp())

    @staticmethod
    def _sum(obs: Any, terms: Tensor) -> Tensor:
        return (terms * obs["vms"][:, :, 0]).sum(dim=1)
