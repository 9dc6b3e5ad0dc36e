"""The share environment."""

from __future__ import annotations

from typing import Any

import numpy as np

from vmenv.episodes.env import EpisodesEnv
from vmenv.episodes.scenario import Scenario
from vmenv.errors import ActionError
from vmenv.share.kind import KIND
from vmenv.share.state import one


class ShareEnv(EpisodesEnv):
    """One host, one decision an interval: how much of each device each VM gets, before it is known what they will demand.

    Observation, `Dict`: vms (num_slots, F) float32, host (G,) float32; the features are listed in `vmenv.share.observation`. Action,
    `Box(0, 1, (num_slots,))`: weights, made whole numbers by `vmenv.share.episodes.weights_of` and filled by weighted max-min
    (`vmenv.share.filling`); those of empty slots count for a VM that comes within the interval. Reward: minus what the objective counted in
    the interval, in intervals: 1 is the whole host's capacity stolen. `info` has `steal_us`, for each device what was lost in the interval.

    Args:
        scenario: A name of `vmenv.list_scenarios("share")`, or a scenario.
        render_mode: "ansi" (a table of the last interval), "rgb_array" (the same as bars), "human" (a window that shows it),
            or None.
        **options: See `EpisodesEnv`: `training_episodes`, and parameters of the scenario, such as `interval_us=1_000_000`.
    """

    kind_name = KIND.name
    metadata: dict[str, Any] = {"render_modes": ["human", "ansi", "rgb_array"], "render_fps": 4}  # noqa: RUF012  # Gymnasium's own annotation

    def __init__(self, scenario: str | Scenario = KIND.default_scenario, render_mode: str | None = None, **options: Any) -> None:
        super().__init__(scenario, render_mode, **options)

    def _carry_out(self, action: Any) -> int:
        try:
            weights = np.asarray(action, np.float64)
        except (TypeError, ValueError) as error:
            raise ActionError(f"action is {action!r}: give {self.scenario.num_slots} numbers from 0 to 1, one a slot") from error
        return super()._carry_out(weights)

    def _draw(self, render_mode: str) -> Any:
        from vmenv.share.render import read_interval, render_ansi, render_rgb

        draw = render_ansi if render_mode == "ansi" else render_rgb
        return draw(read_interval(one(self.episodes.runs, 0)), self.episodes.host)
