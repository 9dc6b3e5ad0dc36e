"""Many dispatch environments in one."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from vmenv.dispatch.episodes import DispatchEpisodes
from vmenv.dispatch.kind import KIND
from vmenv.dispatch.spaces import LegalBatchActions
from vmenv.episodes.policy import Observation
from vmenv.episodes.scenario import Scenario
from vmenv.episodes.vector import EpisodesVectorEnv


class DispatchVectorEnv(EpisodesVectorEnv):
    """`num_envs` dispatch environments.

    Args:
        num_envs: Number of environments.
        scenario: As in `vmenv.dispatch.env.DispatchEnv`.
        clairvoyant: As there.
        **options: See `EpisodesVectorEnv`: `training_episodes`, `copy`, `autoreset_mode`, and parameters of the scenario.
    """

    kind_name = KIND.name

    def __init__(
        self, num_envs: int = 1, scenario: str | Scenario = KIND.default_scenario, clairvoyant: bool = False, **options: Any
    ) -> None:
        self._clairvoyant = clairvoyant
        super().__init__(num_envs, scenario, **options)

    def action_masks(self) -> NDArray[np.bool_]:
        """Returns (num_envs, num_slots + 1) which actions are legal."""
        masks: NDArray[np.bool_] = self.episodes.observations.action_mask.astype(np.bool_)
        return masks

    def _batch(self, num_kept: int) -> DispatchEpisodes:
        return DispatchEpisodes(self.scenario, self.num_envs, num_kept=num_kept, clairvoyant=self._clairvoyant)

    def __setstate__(self, state: dict[str, Any]) -> None:
        self.__dict__.update(state)
        actions: Any = self.action_space
        actions.current_mask = self._current_masks

    def _batch_actions(self) -> LegalBatchActions:
        actions = LegalBatchActions(self.scenario.num_slots + 1, self.num_envs)
        actions.current_mask = self._current_masks
        return actions

    def _current_masks(self) -> NDArray[np.int8]:
        masks: NDArray[np.int8] = self.episodes.observations.action_mask
        return masks

    def _info(self, observation: Observation) -> dict[str, Any]:
        return {"action_mask": observation["action_mask"], "clock_us": self.episodes.clock_us.copy()}
