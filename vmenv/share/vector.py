"""Many share environments in one: glue between `vmenv.share.episodes` and Gymnasium's vector interface."""

from __future__ import annotations

from typing import Any

from gymnasium.vector import AutoresetMode
from gymnasium.vector.utils import batch_space

from vmenv.dispatch.policy import Observation
from vmenv.dispatch.scenario import TRAINING_EPISODES
from vmenv.dispatch.vector import EpisodesVectorEnv, refuse_what_a_batch_cannot_do
from vmenv.share.env import resolve_share_scenario, share_action_space, share_observation_space
from vmenv.share.episodes import ShareEpisodes
from vmenv.share.scenario import ShareScenario

MOST_KEPT = 1_024  # episodes: a bound on memory, as their tables are long


class ShareVectorEnv(EpisodesVectorEnv):
    """`num_envs` share environments; observations, actions and rewards have a leading axis.

    Args:
        num_envs: Number of environments.
        scenario: As in `vmenv.share.env.ShareEnv`.
        training_episodes: As in `vmenv.share.env.ShareEnv`. They are drawn when they are first needed, and kept, up to a limit.
        copy: Whether observations are copies. Without, `step` returns the same arrays each time and writes over them.
        autoreset_mode: What happens to an environment whose episode is over; see `vmenv.dispatch.vector.DispatchVectorEnv`.
        render_mode: None: a batch is not drawn.
        max_episode_steps: Not used: a scenario's horizon is a time.
        **parameters: Of the scenario.
    """

    def __init__(
        self,
        num_envs: int = 1,
        scenario: str | ShareScenario = "share_spells",
        training_episodes: int | None = TRAINING_EPISODES,
        copy: bool = True,
        autoreset_mode: AutoresetMode | str = AutoresetMode.NEXT_STEP,
        render_mode: str | None = None,
        max_episode_steps: int | None = None,
        **parameters: Any,
    ) -> None:
        refuse_what_a_batch_cannot_do(render_mode, max_episode_steps)
        self._set_up(num_envs, training_episodes, copy, autoreset_mode)
        self.scenario = resolve_share_scenario(scenario, parameters)
        self.episodes: ShareEpisodes = ShareEpisodes(self.scenario, num_envs, num_kept=min(training_episodes or 0, MOST_KEPT))
        self.single_observation_space = share_observation_space(self.episodes.host, self.scenario.num_slots)
        self.single_action_space = share_action_space(self.scenario.num_slots)
        self.observation_space = batch_space(self.single_observation_space, num_envs)
        self.action_space = batch_space(self.single_action_space, num_envs)

    def _info(self, observation: Observation) -> dict[str, Any]:
        return {"clock_us": self.episodes.clock_us.copy(), "steal_us": self.episodes.steal_us}
