"""The share environment: glue between `vmenv.share.episodes` and Gymnasium's single-environment interface."""

from __future__ import annotations

from typing import Any

import gymnasium
import numpy as np
from gymnasium import spaces
from numpy.typing import NDArray

from vmenv.dispatch.policy import Observation
from vmenv.dispatch.scenario import TRAINING_EPISODES, training_seeds
from vmenv.errors import ActionError, SpecError, suggestion
from vmenv.host.spec import Host
from vmenv.share.batch import GOING, NOT_BEGUN, TERMINATED, TRUNCATED
from vmenv.share.episodes import ShareEpisodes
from vmenv.share.observation import host_features, vm_features
from vmenv.share.run import ShareRun
from vmenv.share.scenario import ShareScenario, make_share_scenario
from vmenv.share.state import one

RENDER_MODES = ("ansi", "rgb_array")


def resolve_share_scenario(scenario: str | ShareScenario, parameters: dict[str, Any]) -> ShareScenario:
    """Returns the share scenario of a name and its parameters; a ready one takes none."""
    if isinstance(scenario, str):
        return make_share_scenario(scenario, **parameters)
    if not isinstance(scenario, ShareScenario):
        raise SpecError(f"scenario is {scenario!r}: give a name of vmenv.list_share_scenarios(), or a ShareScenario")
    if parameters:
        raise SpecError(f"{next(iter(parameters))!r} was given beside a ready scenario: set it in the scenario")
    return scenario


def share_observation_space(host: Host, num_slots: int) -> spaces.Dict:
    """Returns the observation space of one environment; the features are listed in `vmenv.share.observation`."""
    return spaces.Dict(
        {
            "vms": spaces.Box(0.0, 1.0, (num_slots, len(vm_features())), np.float32),
            "host": spaces.Box(0.0, 1.0, (len(host_features(host)),), np.float32),
        }
    )


def share_action_space(num_slots: int) -> spaces.Box:
    """Returns the action space of one environment: a weight for each slot."""
    return spaces.Box(0.0, 1.0, (num_slots,), np.float32)


class ShareEnv(gymnasium.Env[Observation, NDArray[np.float32]]):
    """One host, one decision an interval: how much of each device each VM gets, before it is known what they will demand.

    Observation, `Dict`: vms (num_slots, F) float32, host (G,) float32; the features are listed in `vmenv.share.observation`. Action,
    `Box(0, 1, (num_slots,))`: weights, made whole numbers by `vmenv.share.episodes.weights_of` and filled by weighted max-min
    (`vmenv.share.filling`); those of empty slots count for a VM that comes within the interval. Reward: minus what the objective counted in
    the interval, in intervals: 1 is the whole host's capacity stolen. `info` has `steal_us`, for each device what was lost in the interval.

    Args:
        scenario: A name of `vmenv.list_share_scenarios()`, or a scenario.
        render_mode: "ansi" (a table of the last interval), "rgb_array" (the same as bars), or None.
        training_episodes: Number of episodes that resets without a seed draw from; None: no limit.
        **parameters: Of the scenario, such as `interval_us=1_000_000`.
    """

    metadata: dict[str, Any] = {"render_modes": list(RENDER_MODES), "render_fps": 4}  # noqa: RUF012  # Gymnasium's own annotation

    def __init__(
        self,
        scenario: str | ShareScenario = "share_spells",
        render_mode: str | None = None,
        training_episodes: int | None = TRAINING_EPISODES,
        **parameters: Any,
    ) -> None:
        if render_mode is not None and render_mode not in RENDER_MODES:
            raise SpecError(f"render_mode is {render_mode!r}: {suggestion(str(render_mode), RENDER_MODES)}, or None")
        self.render_mode = render_mode
        self.scenario = resolve_share_scenario(scenario, parameters)
        self._training_seeds = training_seeds(training_episodes)
        self._over = False
        self.episodes = ShareEpisodes(self.scenario, 1)
        self.observation_space: Any = share_observation_space(self.episodes.host, self.scenario.num_slots)
        self.action_space: Any = share_action_space(self.scenario.num_slots)

    def reset(self, *, seed: int | None = None, options: dict[str, Any] | None = None) -> tuple[Observation, dict[str, Any]]:
        """Begins the episode of `seed`; without one, an episode from the range of training seeds."""
        super().reset(seed=seed)
        if seed is None:
            seed = int(self.np_random.integers(self._training_seeds.start, self._training_seeds.stop))
        self.episodes.restart([0], [seed])
        self._over = False
        return self._observe(), self._info()

    def step(self, action: NDArray[np.float32]) -> tuple[Observation, float, bool, bool, dict[str, Any]]:
        """Lets an interval pass under these weights.

        Raises:
            ActionError: The action is not `num_slots` numbers from 0 to 1, or the episode is over.
        """
        episodes = self.episodes
        if self._over or episodes.phase[0] == NOT_BEGUN:
            happened = "the episode is over" if self._over else "no episode has begun"
            raise ActionError(f"{happened}: call reset() before the next step()")
        try:
            given = np.asarray(action, np.float64)[None]
        except (TypeError, ValueError) as error:
            raise ActionError(f"action is {action!r}: give {self.scenario.num_slots} numbers from 0 to 1, one a slot") from error
        episodes.step(given)
        phase = episodes.phase.item(0)
        self._over = phase != GOING
        return self._observe(), episodes.rewards.item(0), phase == TERMINATED, phase == TRUNCATED, self._info()

    def render(self) -> Any:
        """Returns what `render_mode` names: a string, or an (height, width, 3) uint8 image."""
        if self.render_mode is None:
            gymnasium.logger.warn('render() without a render_mode: give one to gymnasium.make(..., render_mode="rgb_array")')
            return None
        from vmenv.share.render import read_interval, render_shares_ansi, render_shares_rgb

        if self.episodes.phase[0] == NOT_BEGUN:
            raise ActionError("no episode has begun: call reset() first")
        draw = render_shares_ansi if self.render_mode == "ansi" else render_shares_rgb
        return draw(read_interval(one(self.episodes.runs, 0)), self.episodes.host)

    def run(self) -> ShareRun:
        """Returns the outcome of the episode so far.

        Raises:
            ActionError: No episode has begun.
        """
        if self.episodes.phase[0] == NOT_BEGUN:
            raise ActionError("no episode has begun: call reset() first")
        return self.episodes.run(0)

    def _observe(self) -> Observation:
        # Copies: the next step writes over the buffers, and Gymnasium's checker looks for that.
        return {name: buffer[0].copy() for name, buffer in self.episodes.observations._asdict().items()}

    def _info(self) -> dict[str, Any]:
        return {
            "clock_us": self.episodes.clock_us.item(0),
            "seed": self.episodes.seeds.item(0),
            "steal_us": self.episodes.steal_us[0],
        }
