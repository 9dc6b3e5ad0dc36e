"""Q-learning among legal actions: the scoring network as a dueling Q-network, and SB3's DQN that never looks at an action that is masked.

Q(s, a) = V(s) + score(s, a) - the mean score of the legal actions (dueling network: Wang et al. 2016), minus infinity where a is masked.
The best action is that of the highest score, so that the trained scorer is played like any other.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import torch
from gymnasium import spaces
from stable_baselines3 import DQN
from stable_baselines3.common.torch_layers import BaseFeaturesExtractor
from stable_baselines3.dqn.policies import DQNPolicy, QNetwork
from torch import Tensor

from agents.dispatch.nn.networks import Scorer
from agents.training.networks import PassThrough, num_features


class MaskedQNetwork(QNetwork):
    """Q-values by `Scorer`.

    Args:
        width: Size of the hidden layers; the other arguments are SB3's.
    """

    def __init__(
        self,
        observation_space: spaces.Dict,
        action_space: spaces.Discrete,
        features_extractor: BaseFeaturesExtractor,
        width: int,
        **rest: Any,
    ) -> None:
        super().__init__(observation_space, action_space, features_extractor, **rest)
        self.q_net = Scorer(*num_features(observation_space), width)  # type: ignore[assignment]  # SB3: a Sequential

    def forward(self, obs: dict[str, Tensor]) -> Tensor:  # type: ignore[override]  # SB3: one tensor
        """Returns (B, S + 1); where no action is legal, at the end of an episode, all are V(s), which is multiplied by 0 there."""
        scores, value = self.q_net(obs)
        legal = obs["action_mask"] != 0
        count = legal.sum(dim=1, keepdim=True)
        mean = torch.where(legal, scores, 0.0).sum(dim=1, keepdim=True) / count.clamp(min=1)
        return torch.where(legal, value + scores - mean, torch.where(count > 0, -torch.inf, value))


class ScoringDqnPolicy(DQNPolicy):
    """SB3's DQN policy with `MaskedQNetwork`.

    Args:
        width: Size of the hidden layers; the other arguments are SB3's.
    """

    def __init__(self, *args: Any, width: int = 32, **kwargs: Any) -> None:
        self.width = width
        kwargs |= {"features_extractor_class": PassThrough, "net_arch": []}
        super().__init__(*args, **kwargs)

    def make_q_net(self) -> QNetwork:
        """Returns a network with new weights."""
        arguments = self._update_features_extractor(self.net_args, features_extractor=None)
        return MaskedQNetwork(**arguments, width=self.width).to(self.device)


class MaskedDqn(DQN):
    """SB3's DQN that explores among the legal actions, and lets each environment draw for itself whether it explores.

    SB3 draws once for all environments, over all actions.
    """

    def _sample_action(self, learning_starts: int, action_noise: Any = None, n_envs: int = 1) -> tuple[np.ndarray, np.ndarray]:
        """Returns the actions, twice: as they are carried out and as they are stored."""
        observation: Any = self._last_obs
        explores = np.random.random(n_envs) < self.exploration_rate
        # The largest of independent uniform numbers is equally likely to stand at every legal place.
        actions = (np.random.random(observation["action_mask"].shape) * observation["action_mask"]).argmax(axis=1)
        if not explores.all():
            actions = np.where(explores, actions, self.policy.predict(observation, deterministic=True)[0])
        return actions, actions
