"""The dispatch environment: glue between `vmenv.dispatch.episodes` and Gymnasium's single-environment interface."""

from __future__ import annotations

from operator import index
from typing import Any

import numpy as np
from numpy.typing import NDArray

from vmenv.dispatch.episodes import DispatchEpisodes
from vmenv.dispatch.kind import KIND
from vmenv.dispatch.scheduler import Scheduler
from vmenv.dispatch.spaces import LegalActions
from vmenv.episodes.env import EpisodesEnv
from vmenv.episodes.exchange import GOING
from vmenv.episodes.policy import Observation
from vmenv.episodes.scenario import Scenario
from vmenv.errors import ActionError

RENDERED_GRANTS = 512


class DispatchEnv(EpisodesEnv):
    """One host, one decision a step: which VM is granted next, or wait.

    Observation, `Dict`: vms (num_slots, F) float32, host (G,) float32, action_mask (num_slots + 1,) int8; the features are listed in
    `vmenv.dispatch.observation`. Action, `Discrete(num_slots + 1)`: the slot to grant, the last one waits for the next event. Reward:
    minus the cost of the time that passed; an episode's rewards add up to minus its mean slowdown (or response time, see
    `DispatchEpisodes.rewards`).

    Args:
        scenario: A name of `vmenv.list_scenarios("dispatch")`, or a scenario.
        render_mode: "ansi" (a table), "rgb_array" (a Gantt chart of the last seconds), "human" (a window that shows it),
            or None.
        clairvoyant: Whether the observation tells the work left.
        **options: See `EpisodesEnv`: `training_episodes`, and parameters of the scenario, such as `load=0.8` or `num_slots=16`.
    """

    kind_name = KIND.name
    metadata: dict[str, Any] = {"render_modes": ["human", "ansi", "rgb_array"], "render_fps": 4}  # noqa: RUF012  # Gymnasium's own annotation

    def __init__(
        self,
        scenario: str | Scenario = KIND.default_scenario,
        render_mode: str | None = None,
        clairvoyant: bool = False,
        **options: Any,
    ) -> None:
        self._clairvoyant = clairvoyant
        super().__init__(scenario, render_mode, **options)
        self.action_space = LegalActions(self.scenario.num_slots + 1)
        self._attach()

    def __getstate__(self) -> dict[str, Any]:
        return {name: value for name, value in self.__dict__.items() if name not in ("_vms", "_host", "_mask", "_clock_us")}

    def __setstate__(self, state: dict[str, Any]) -> None:
        self.__dict__.update(state)
        self._attach()

    def _attach(self) -> None:
        """Makes views of the batch's buffers, which in a copy are others, and has the action space look at its own."""
        self._vms, self._host, self._mask = (buffer[0] for buffer in self.episodes.observations)
        self._clock_us = self.episodes.clock_us
        self.action_space.current_mask = self._current_mask

    def reset(self, *, seed: int | None = None, options: dict[str, Any] | None = None) -> tuple[Observation, dict[str, Any]]:
        """Begins an episode; see `EpisodesEnv.reset`."""
        begun = super().reset(seed=seed, options=options)
        self.action_space.first_mask = self._mask.copy()
        return begun

    def action_masks(self) -> NDArray[np.bool_]:
        """Returns (num_slots + 1,) which actions are legal, as sb3-contrib asks for it."""
        return self._mask.astype(np.bool_)

    def advise(self, scheduler: str | Scheduler) -> int:
        """Returns the action that a scheduler would take now; see `DispatchEpisodes.advise`.

        Raises:
            ActionError: No episode goes on.
        """
        if self._phase != GOING:
            raise ActionError("no episode goes on, so that there is nothing to advise: call reset() first")
        return int(self.episodes.advise(scheduler)[0])

    def _batch(self) -> DispatchEpisodes:
        log_length = RENDERED_GRANTS if self.render_mode else 0
        return DispatchEpisodes(self.scenario, 1, clairvoyant=self._clairvoyant, log_length=log_length)

    def _carry_out(self, action: Any) -> int:
        try:
            number = index(action)
        except TypeError as error:
            raise ActionError(f"action is {action!r}: give a whole number from 0 to {self.scenario.num_slots}") from error
        phase: int = self.episodes.step_one(number)
        return phase

    def _draw(self, render_mode: str) -> Any:
        from vmenv.dispatch.render import render_ansi, render_rgb

        return render_ansi(self.run()) if render_mode == "ansi" else render_rgb(self.run())

    def _current_mask(self) -> NDArray[np.int8]:
        return self._mask

    def _observe(self) -> Observation:
        # Copies: the next step writes over the buffers, and Gymnasium's checker looks for that.
        return {"vms": self._vms.copy(), "host": self._host.copy(), "action_mask": self._mask.copy()}

    def _info(self, observation: Observation) -> dict[str, Any]:
        return {"action_mask": observation["action_mask"], "clock_us": self._clock_us.item(0), "seed": self._seed}
