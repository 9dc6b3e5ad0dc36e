"""Dispatch environments as SB3 and sb3-contrib expect them."""

from __future__ import annotations

from typing import Any

import numpy as np

from agents.training.vec_env import BatchVecEnv
from vmenv.dispatch.episodes import DispatchEpisodes
from vmenv.dispatch.scenario import DispatchScenario
from vmenv.episodes.seeds import TRAINING_EPISODES


class EpisodesVecEnv(BatchVecEnv):
    """`num_envs` dispatch environments.

    Args:
        scenario: What is played.
        num_envs: Number of environments.
        seed: Of the streams of training episodes.
        clairvoyant: Whether the observation tells the work left.
        history: Whether it tells what the run has taught about sizes so far.
    """

    def __init__(
        self, scenario: DispatchScenario, num_envs: int, *, seed: int = 0, clairvoyant: bool = False, history: bool = False
    ) -> None:
        episodes = DispatchEpisodes(scenario, num_envs, num_kept=TRAINING_EPISODES, clairvoyant=clairvoyant, history=history)
        super().__init__(episodes, seed)

    def action_masks(self) -> np.ndarray:
        """Returns (num_envs, num_slots + 1) bool."""
        return self.episodes.observations.action_mask.astype(np.bool_)

    def env_method(self, method_name: str, *args: Any, indices: Any = None, **kwargs: Any) -> list[Any]:
        """Calls a method; `action_masks` gives each environment its row."""
        if method_name == "action_masks":
            masks = self.action_masks()
            return [masks[i] for i in self._get_indices(indices)]
        return super().env_method(method_name, *args, indices=indices, **kwargs)
