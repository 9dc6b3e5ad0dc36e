"""Many share environments in one."""

from __future__ import annotations

from typing import Any

from vmenv.episodes.scenario import Scenario
from vmenv.episodes.vector import EpisodesVectorEnv
from vmenv.share.kind import KIND


class ShareVectorEnv(EpisodesVectorEnv):
    """`num_envs` share environments.

    Args:
        num_envs: Number of environments.
        scenario: As in `vmenv.share.env.ShareEnv`.
        **options: See `EpisodesVectorEnv`: `training_episodes`, `copy`, `autoreset_mode`, and parameters of the scenario.
    """

    kind_name = KIND.name

    def __init__(self, num_envs: int = 1, scenario: str | Scenario = KIND.default_scenario, **options: Any) -> None:
        super().__init__(num_envs, scenario, **options)
