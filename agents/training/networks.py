"""What the networks of all learners on Stable-Baselines3 have in common: observations come as they are."""

from __future__ import annotations

from typing import Any

from gymnasium import spaces
from stable_baselines3.common.torch_layers import BaseFeaturesExtractor
from torch import Tensor


class PassThrough(BaseFeaturesExtractor):
    """Hands the dictionary of observations on as it is."""

    def __init__(self, observation_space: spaces.Dict) -> None:
        super().__init__(observation_space, features_dim=1)

    def forward(self, observations: dict[str, Tensor]) -> dict[str, Tensor]:
        """Returns what it is given."""
        return observations


def num_features(observation_space: Any) -> tuple[int, int]:
    """Returns how many features a VM has, and the host, in a space of the environments. SB3 knows it as any Space."""
    return observation_space["vms"].shape[1], observation_space["host"].shape[0]
