"""A policy that scores every VM with the same weights, so that neither the order nor the number of slots matters.

Each present VM is embedded; the mean over the present ones and the host's features make a context; a VM's score comes from
its embedding and the context, the score of "wait" and the value from the context alone. Empty slots are never computed: the rows of the
VMs present in the whole batch are gathered, scored together, and put back. Scores and value share embedding and context: with their own,
an update took 1.6 times as long and what was learned was no better.
"""

from __future__ import annotations

from typing import Any

import torch
from gymnasium import spaces
from sb3_contrib.common.maskable.policies import MaskableMultiInputActorCriticPolicy
from stable_baselines3.common.torch_layers import BaseFeaturesExtractor
from torch import Tensor, nn


class PassThrough(BaseFeaturesExtractor):
    """Hands the dictionary of observations on as it is."""

    def __init__(self, observation_space: spaces.Dict) -> None:
        super().__init__(observation_space, features_dim=1)

    def forward(self, observations: dict[str, Tensor]) -> dict[str, Tensor]:  # type: ignore[override]  # SB3: one tensor
        """Returns what it is given."""
        return observations


class Scorer(nn.Module):
    """The scores of all actions, and the value, from a batch of observations.

    Args:
        num_vm_features: F.
        num_host_features: G.
        width: Size of the hidden layers.
    """

    def __init__(self, num_vm_features: int, num_host_features: int, width: int) -> None:
        super().__init__()
        self.embed = nn.Sequential(nn.Linear(num_vm_features, width), nn.ReLU(), nn.Linear(width, width), nn.ReLU())
        self.pool = nn.Sequential(nn.Linear(width + num_host_features, width), nn.ReLU())
        self.score_vm = nn.Linear(width, width)
        self.score_context = nn.Linear(width, width)
        self.score = nn.Linear(width, 1)
        self.wait = nn.Linear(width, 1)
        self.value = nn.Sequential(nn.Linear(width, width), nn.ReLU(), nn.Linear(width, 1))
        self.latent_dim_pi = self.latent_dim_vf = width  # what SB3 asks for to build heads, which are replaced

    def forward(self, observations: dict[str, Tensor]) -> tuple[Tensor, Tensor]:
        """Returns (B, S + 1) scores, the last one of "wait", and (B, 1) values; empty slots score 0 and are masked anyway."""
        embedded, owner, context, slots = self._encode(observations)
        return self._score(embedded, owner, context, slots, observations["vms"].shape[:2]), self.value(context)

    def forward_actor(self, observations: dict[str, Tensor]) -> Tensor:
        """Returns the scores alone."""
        embedded, owner, context, slots = self._encode(observations)
        return self._score(embedded, owner, context, slots, observations["vms"].shape[:2])

    def forward_critic(self, observations: dict[str, Tensor]) -> Tensor:
        """Returns the values alone."""
        value: Tensor = self.value(self._encode(observations)[2])
        return value

    def _encode(self, observations: dict[str, Tensor]) -> tuple[Tensor, Tensor, Tensor, Tensor]:
        """Returns (M, width) embeddings of the VMs present anywhere, the run of each, (B, width) contexts, and the slot of each VM."""
        vms, host = observations["vms"], observations["host"]
        num_runs, num_slots, num_features = vms.shape
        slots = vms[:, :, 0].reshape(-1).nonzero().squeeze(1)
        owner = slots.div(num_slots, rounding_mode="floor")
        embedded = self.embed(vms.reshape(-1, num_features).index_select(0, slots))
        counts = torch.bincount(owner, minlength=num_runs).clamp(min=1).unsqueeze(1)
        mean = embedded.new_zeros(num_runs, embedded.shape[1]).index_add(0, owner, embedded) / counts
        return embedded, owner, self.pool(torch.cat([mean, host], dim=1)), slots

    def _score(self, embedded: Tensor, owner: Tensor, context: Tensor, slots: Tensor, shape: torch.Size) -> Tensor:
        hidden = torch.relu(self.score_vm(embedded) + self.score_context(context).index_select(0, owner))
        scores = hidden.new_zeros(shape.numel()).index_copy(0, slots, self.score(hidden).squeeze(1))
        return torch.cat([scores.view(shape), self.wait(context)], dim=1)


class ScoringPolicy(MaskableMultiInputActorCriticPolicy):
    """SB3's masked actor-critic policy with `Scorer` in place of its networks.

    Args:
        width: Size of the hidden layers; the other arguments are SB3's.
    """

    def __init__(self, *args: Any, width: int = 32, **kwargs: Any) -> None:
        self.width = width
        kwargs |= {"features_extractor_class": PassThrough, "ortho_init": False}
        super().__init__(*args, **kwargs)

    def _build_mlp_extractor(self) -> None:
        features = self.observation_space["vms"].shape[1]  # type: ignore[index]  # SB3: any Space
        self.mlp_extractor = Scorer(features, self.observation_space["host"].shape[0], self.width)  # type: ignore[assignment,index]  # SB3: an MlpExtractor

    def _build(self, lr_schedule: Any) -> None:
        super()._build(lr_schedule)
        self.action_net = nn.Identity()  # the scorer gives scores and value as they are
        self.value_net = nn.Identity()
        self.optimizer = self.optimizer_class(self.parameters(), lr=lr_schedule(1), **self.optimizer_kwargs)  # type: ignore[call-arg]  # torch: any Optimizer

    def extract_features(self, obs: Any, features_extractor: Any = None) -> Any:
        """Returns the observations: nothing is flattened."""
        return obs
