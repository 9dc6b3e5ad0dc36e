"""One environment: glue between `vmenv.episodes.batch` and Gymnasium's single-environment interface, for every kind of decision."""

from __future__ import annotations

import copy
from typing import Any, ClassVar

import gymnasium
import numpy as np

from vmenv.episodes.batch import Episodes
from vmenv.episodes.exchange import GOING, NOT_BEGUN, TERMINATED, TRUNCATED
from vmenv.episodes.policy import Observation
from vmenv.episodes.scenario import Scenario, resolve_scenario
from vmenv.episodes.screen import Screen, has_display
from vmenv.episodes.seeds import TRAINING_EPISODES, check_seed, training_seeds
from vmenv.errors import ActionError, SpecError, suggestion


class EpisodesEnv(gymnasium.Env[Observation, Any]):
    """One run, one decision a step. What is observed and decided, the scenario's kind of decision says.

    Args:
        scenario: A name of `vmenv.list_scenarios()`, or a scenario.
        render_mode: One of `metadata["render_modes"]`, or None.
        training_episodes: Number of episodes that resets without a seed draw from; None: no limit.
        **parameters: Of the scenario, such as `num_slots=16`.

    Attributes:
        kind_name: The kind of decision that it is about; None: any.
        episodes: The batch of one.
    """

    kind_name: ClassVar[str | None] = None
    metadata: dict[str, Any] = {"render_modes": [], "render_fps": 4}  # noqa: RUF012  # Gymnasium's own annotation

    def __init__(
        self,
        scenario: str | Scenario,
        render_mode: str | None = None,
        training_episodes: int | None = TRAINING_EPISODES,
        **parameters: Any,
    ) -> None:
        modes = self.metadata["render_modes"]
        if render_mode is not None and render_mode not in modes:
            raise SpecError(f"render_mode is {render_mode!r}: {suggestion(str(render_mode), modes)}, or None")
        self.render_mode = render_mode
        # `make` looks at the class, and leaves "human" to it; checkers look here, and try all modes on machines without a display too.
        if not has_display():
            self.metadata = self.metadata | {"render_modes": [mode for mode in modes if mode != "human"]}
        title = f"vmenv: {scenario if isinstance(scenario, str) else type(scenario).__name__}"
        self._screen = Screen(title, self.metadata["render_fps"]) if render_mode == "human" else None
        self._training_seeds = training_seeds(training_episodes)
        self._phase, self._told_to_reset, self._seed = NOT_BEGUN, False, -1
        self.scenario = resolve_scenario(scenario, parameters, self.kind_name)
        self.episodes: Any = self._batch()
        self.observation_space: Any = self.episodes.observation_space
        self.action_space: Any = self.episodes.action_space

    def __copy__(self) -> EpisodesEnv:
        """Returns a deep copy: one that shares its batch would move when this one does."""
        return copy.deepcopy(self)

    def reset(self, *, seed: int | None = None, options: dict[str, Any] | None = None) -> tuple[Observation, dict[str, Any]]:
        """Begins the episode of `seed`; without one, an episode from the range of training seeds."""
        super().reset(seed=None if seed is None else check_seed(seed))
        if seed is None:
            seed = int(self.np_random.integers(self._training_seeds.start, self._training_seeds.stop))
        self.episodes.restart([0], [seed])
        self._phase, self._told_to_reset, self._seed = self.episodes.phase.item(0), False, seed
        observation = self._observe()
        self._show()
        return observation, self._info(observation)

    def step(self, action: Any) -> tuple[Observation, float, bool, bool, dict[str, Any]]:
        """Carries out one decision.

        Raises:
            ActionError: The action is not allowed, or the episode is over.
        """
        if self._told_to_reset or self._phase == NOT_BEGUN:
            happened = "no episode has begun" if self._phase == NOT_BEGUN else "the episode is over"
            raise ActionError(f"{happened}: call reset() before the next step()")
        if self._phase == GOING:  # else the horizon came before the first decision, which could not be told at the reset
            self._phase = self._carry_out(action)
        self._told_to_reset = self._phase != GOING
        observation = self._observe()
        reward: float = self.episodes.rewards.item(0)
        self._show()
        return observation, reward, self._phase == TERMINATED, self._phase == TRUNCATED, self._info(observation)

    def run(self) -> Any:
        """Returns the outcome of the episode so far.

        Raises:
            ActionError: No episode has begun.
        """
        self.episodes.check_begun()
        return self.episodes.run(0)

    def render(self) -> Any:
        """Returns what `render_mode` names; with "human", which shows every step by itself, None."""
        if self.render_mode is None:
            gymnasium.logger.warn('render() without a render_mode: give one to gymnasium.make(..., render_mode="rgb_array")')
            return None
        self.episodes.check_begun()
        if self._screen is not None:
            self._screen.show(self._draw("rgb_array"))
            return None
        return self._draw(self.render_mode)

    def close(self) -> None:
        """Closes the window, if there is one."""
        if self._screen is not None:
            self._screen.close()

    def _show(self) -> None:
        if self._screen is not None:
            self.render()

    def _batch(self) -> Episodes:
        """Returns the batch of one."""
        batch: Episodes = self.scenario.kind.episodes(self.scenario, 1)
        return batch

    def _carry_out(self, action: Any) -> int:
        """Carries out an action, and returns the phase that the run is in then."""
        self.episodes.step(np.asarray(action)[None])
        phase: int = self.episodes.phase.item(0)
        return phase

    def _observe(self) -> Observation:
        # Copies: the next step writes over the buffers, and Gymnasium's checker looks for that.
        return {name: buffer[0].copy() for name, buffer in self.episodes.observations._asdict().items()}

    def _info(self, observation: Observation) -> dict[str, Any]:
        told = {name: values[0] if values.ndim > 1 else values.item(0) for name, values in self.episodes.info().items()}
        return told | {"seed": self._seed}

    def _draw(self, render_mode: str) -> Any:
        raise SpecError(f"render_mode is {render_mode!r}, for which nothing is written: override _draw")
