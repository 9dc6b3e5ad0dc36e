"""The dispatch environment: glue between `vmenv.dispatch.episodes` and Gymnasium's single-environment interface."""

from __future__ import annotations

from operator import index
from typing import Any

import gymnasium
import numpy as np
from numpy.typing import NDArray

from vmenv.dispatch.batch import GOING, NOT_BEGUN, TERMINATED, TRUNCATED
from vmenv.dispatch.episodes import Episodes
from vmenv.dispatch.policy import Observation
from vmenv.dispatch.run import Run
from vmenv.dispatch.scenario import TRAINING_EPISODES, Scenario, make_scenario, training_seeds
from vmenv.dispatch.scheduler import Scheduler
from vmenv.dispatch.spaces import LegalActions, observation_space
from vmenv.errors import ActionError, SpecError, suggestion

RENDER_MODES = ("ansi", "rgb_array")
RENDERED_GRANTS = 512


def resolve_scenario(scenario: str | Scenario, parameters: dict[str, Any]) -> Scenario:
    """Returns the scenario of a name and its parameters; a ready one takes none."""
    if isinstance(scenario, str):
        return make_scenario(scenario, **parameters)
    if parameters:
        raise SpecError(f"{next(iter(parameters))!r} was given beside a ready scenario: set it in the scenario")
    return scenario


class DispatchEnv(gymnasium.Env[Observation, np.int64]):
    """One host, one decision a step: which VM is granted next, or wait.

    Observation, `Dict`: vms (num_slots, F) float32, host (G,) float32, action_mask (num_slots + 1,) int8; the features are listed in
    `vmenv.dispatch.observation`. Action, `Discrete(num_slots + 1)`: the slot to grant, the last one waits for the next event. Reward:
    minus the cost of the time that passed; an episode's rewards add up to minus its mean slowdown (or response time, see
    `Episodes.rewards`).

    Args:
        scenario: A name of `vmenv.list_scenarios()`, or a scenario.
        render_mode: "ansi" (a table), "rgb_array" (a Gantt chart of the last seconds), or None.
        clairvoyant: Whether the observation tells the work left.
        training_episodes: Number of episodes that resets without a seed draw from; None: no limit.
        **parameters: Of the scenario, such as `load=0.8` or `num_slots=16`.
    """

    metadata: dict[str, Any] = {"render_modes": list(RENDER_MODES), "render_fps": 4}  # noqa: RUF012  # Gymnasium's own annotation

    def __init__(
        self,
        scenario: str | Scenario = "thrash",
        render_mode: str | None = None,
        clairvoyant: bool = False,
        training_episodes: int | None = TRAINING_EPISODES,
        **parameters: Any,
    ) -> None:
        if render_mode is not None and render_mode not in RENDER_MODES:
            raise SpecError(f"render_mode is {render_mode!r}: {suggestion(str(render_mode), RENDER_MODES)}, or None")
        self.render_mode = render_mode
        self._phase, self._told_to_reset = NOT_BEGUN, False
        self.scenario = resolve_scenario(scenario, parameters)
        self._training_seeds = training_seeds(training_episodes)
        self.episodes = Episodes(self.scenario, 1, clairvoyant=clairvoyant, log_length=RENDERED_GRANTS if render_mode else 0)
        self._vms, self._host, self._mask = (buffer[0] for buffer in self.episodes.observations)
        self._clock_us, self._seed = self.episodes.clock_us, -1
        self.observation_space: Any = observation_space(self.episodes.host, self.scenario.num_slots, clairvoyant)
        self.action_space = LegalActions(self.scenario.num_slots + 1, self._current_mask)

    def reset(self, *, seed: int | None = None, options: dict[str, Any] | None = None) -> tuple[Observation, dict[str, Any]]:
        """Begins the episode of `seed`; without one, an episode from the range of training seeds."""
        super().reset(seed=seed)
        if seed is None:
            seed = int(self.np_random.integers(self._training_seeds.start, self._training_seeds.stop))
        self.episodes.restart([0], [seed])
        self._phase, self._told_to_reset, self._seed = self.episodes.phase.item(0), False, seed
        observation = self._observe()
        return observation, self._info(observation)

    def step(self, action: np.int64 | int) -> tuple[Observation, float, bool, bool, dict[str, Any]]:
        """Carries out one decision.

        Raises:
            ActionError: The action is masked, is no whole number, or the episode is over.
        """
        if self._told_to_reset or self._phase == NOT_BEGUN:
            happened = "no episode has begun" if self._phase == NOT_BEGUN else "the episode is over"
            raise ActionError(f"{happened}: call reset() before the next step()")
        try:
            number = index(action)
        except TypeError as error:
            raise ActionError(f"action is {action!r}: give a whole number from 0 to {self.scenario.num_slots}") from error
        if self._phase == GOING:  # else the horizon came before the first VM, which could not be told at the reset
            self._phase = self.episodes.step_one(number)
        self._told_to_reset = self._phase != GOING
        observation = self._observe()
        reward: float = self.episodes.rewards.item(0)
        return observation, reward, self._phase == TERMINATED, self._phase == TRUNCATED, self._info(observation)

    def action_masks(self) -> NDArray[np.bool_]:
        """Returns (num_slots + 1,) which actions are legal, as sb3-contrib asks for it."""
        return self.episodes.observations.action_mask[0].astype(np.bool_)

    def advise(self, scheduler: str | Scheduler) -> int:
        """Returns the action that a scheduler would take now; see `vmenv.dispatch.episodes.Episodes.advise`.

        Raises:
            ActionError: No episode goes on.
        """
        if self._phase != GOING:
            raise ActionError("no episode goes on, so that there is nothing to advise: call reset() first")
        return int(self.episodes.advise(scheduler)[0])

    def run(self) -> Run:
        """Returns the outcome of the episode so far."""
        return self.episodes.run(0)

    def render(self) -> Any:
        """Returns what `render_mode` names: a string, or an (height, width, 3) uint8 image."""
        if self.render_mode is None:
            gymnasium.logger.warn('render() without a render_mode: give one to gymnasium.make(..., render_mode="rgb_array")')
            return None
        from vmenv.dispatch.render import render_ansi, render_rgb

        return render_ansi(self.run()) if self.render_mode == "ansi" else render_rgb(self.run())

    def _current_mask(self) -> NDArray[np.int8] | None:
        return self._mask if self._mask.any() else None  # none is legal before the first reset and after the end

    def _observe(self) -> Observation:
        # Copies: the next step writes over the buffers, and Gymnasium's checker looks for that.
        return {"vms": self._vms.copy(), "host": self._host.copy(), "action_mask": self._mask.copy()}

    def _info(self, observation: Observation) -> dict[str, Any]:
        return {"action_mask": observation["action_mask"], "clock_us": self._clock_us.item(0), "seed": self._seed}
