"""Share environments as SB3 expects them. An action is the root of a weight there, as the features are roots of shares."""

from __future__ import annotations

from typing import Any

import numpy as np

from agents.training.vec_env import BatchVecEnv
from vmenv.episodes.policy import Observation
from vmenv.share.episodes import ShareEpisodes
from vmenv.share.scenario import ShareScenario


class ShareVecEnv(BatchVecEnv):
    """`num_envs` share environments.

    Args:
        scenario: What is played.
        num_envs: Number of environments.
        seed: Of the streams of training episodes.
        reward_scale: What rewards are multiplied by.
        group: Environments that meet the same demand; they stand side by side.
    """

    def __init__(self, scenario: ShareScenario, num_envs: int, *, seed: int = 0, reward_scale: float = 1.0, group: int = 1) -> None:
        episodes = ShareEpisodes(scenario, num_envs, num_kept=ShareEpisodes.most_kept)
        self._reward_scale = reward_scale
        super().__init__(episodes, seed, group)

    def step_async(self, actions: np.ndarray) -> None:
        """Takes the roots of the weights of the next `step_wait`."""
        self._actions = np.clip(actions, 0.0, 1.0) ** 2

    def step_wait(self) -> tuple[Observation, np.ndarray, np.ndarray, list[dict[str, Any]]]:
        """Carries out the actions."""
        observation, rewards, over, infos = super().step_wait()
        return observation, rewards * np.float32(self._reward_scale), over, infos
