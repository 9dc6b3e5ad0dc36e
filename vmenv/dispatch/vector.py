"""Many environments in one: glue between `vmenv.dispatch.episodes` and Gymnasium's vector interface, without a loop over environments."""

from __future__ import annotations

from typing import Any

import numpy as np
from gymnasium.vector import AutoresetMode, VectorEnv
from gymnasium.vector.utils import batch_space
from numpy.typing import NDArray

from vmenv.dispatch.batch import NOT_BEGUN
from vmenv.dispatch.env import resolve_scenario
from vmenv.dispatch.episodes import Episodes
from vmenv.dispatch.policy import Observation
from vmenv.dispatch.scenario import TRAINING_EPISODES, Scenario, training_seeds
from vmenv.dispatch.spaces import LegalActions, LegalBatchActions, observation_space
from vmenv.errors import ActionError, SpecError

MOST_KEPT = 16_384  # episodes: a bound on memory


class EpisodeSeeds:
    """One stream of episode seeds for each environment; none depends on how many there are.

    Args:
        num_envs: Number of streams.
        seed: Stream i starts at seed + i; None: from the system's entropy.
        training_episodes: Number of episodes to draw from; None: no limit.
    """

    def __init__(self, num_envs: int, seed: int | None = None, training_episodes: int | None = TRAINING_EPISODES) -> None:
        self._range = training_seeds(training_episodes)
        self._streams = [np.random.default_rng(None if seed is None else seed + i) for i in range(num_envs)]

    def start(self, i: int, seed: int | None) -> int:
        """Restarts stream `i` at `seed` and returns the seed of the first episode: `seed` itself, as in the single environment."""
        if seed is None:
            return self.next(i)
        self._streams[i] = np.random.default_rng(seed)
        return seed

    def next(self, i: int) -> int:
        """Returns the seed of the next episode of environment `i`, from the range of training seeds."""
        return int(self._streams[i].integers(self._range.start, self._range.stop))


class EpisodesVectorEnv(VectorEnv[Observation, NDArray[Any], NDArray[Any]]):
    """What the vector environments share: resets, steps, and what becomes of an environment whose episode is over.

    A subclass has `episodes`, a batch with the interface of `vmenv.dispatch.episodes.Episodes`, and writes `_info`.
    """

    episodes: Any

    def _set_up(self, num_envs: int, training_episodes: int | None, copy: bool, autoreset_mode: AutoresetMode | str) -> None:
        self.num_envs = num_envs
        self.copy = copy
        self.autoreset_mode = AutoresetMode(autoreset_mode)
        self.metadata = {"render_modes": [], "autoreset_mode": self.autoreset_mode}
        self._seeds = EpisodeSeeds(num_envs, None, training_episodes)
        self._over = np.zeros(num_envs, np.bool_)
        self._all_begun = False

    def reset(
        self, *, seed: int | list[int | None] | None = None, options: dict[str, Any] | None = None
    ) -> tuple[Observation, dict[str, Any]]:
        """Begins episodes: in all environments, or in those of `options["reset_mask"]`. An int seed means seed + i."""
        mask = np.ones(self.num_envs, np.bool_) if options is None or "reset_mask" not in options else options["reset_mask"]
        if mask.shape != (self.num_envs,) or mask.dtype != np.bool_:
            raise SpecError(f"reset_mask has shape {mask.shape} and type {mask.dtype}: give ({self.num_envs},) of bool")
        seeds: list[int | None] = [None] * self.num_envs
        if seed is not None:
            seeds = [int(seed) + i for i in range(self.num_envs)] if np.ndim(seed) == 0 else list(seed)  # type: ignore[arg-type]  # a number, as its dimension says
        if len(seeds) != self.num_envs:
            raise SpecError(f"seed has {len(seeds)} entries: give {self.num_envs}, or one number")
        which = np.flatnonzero(mask).tolist()
        self.episodes.restart(which, [self._seeds.start(i, seeds[i]) for i in which])
        self._over[which] = False
        self._all_begun = bool((self.episodes.phase != NOT_BEGUN).all())
        observation = self._observe()
        return observation, self._info(observation)

    def step(self, actions: NDArray[Any]) -> tuple[Observation, NDArray[Any], NDArray[np.bool_], NDArray[np.bool_], dict[str, Any]]:
        """Carries out one decision in each environment.

        Raises:
            ActionError: An action is not allowed; then nothing has been carried out in any environment.
        """
        episodes = self.episodes
        if not self._all_begun:
            raise ActionError("no episode has begun: call reset() first")
        if self.autoreset_mode is AutoresetMode.NEXT_STEP:
            begin = np.flatnonzero(self._over)
            episodes.step(actions, begin, self._following(begin))
        else:
            episodes.step(actions)
        rewards, terminated, truncated = episodes.rewards.copy(), episodes.terminated, episodes.truncated
        self._over = terminated | truncated
        final: dict[str, Any] = {}
        if self.autoreset_mode is AutoresetMode.SAME_STEP and self._over.any():
            last = {name: buffer.copy() for name, buffer in episodes.observations._asdict().items()}
            final = {"final_obs": last, "_final_obs": self._over, "final_info": self._info(last), "_final_info": self._over}
            begin = np.flatnonzero(self._over)
            episodes.restart(begin, self._following(begin))
        observation = self._observe()
        return observation, rewards, terminated, truncated, self._info(observation) | final

    def _following(self, which: NDArray[np.int64]) -> list[int]:
        return [self._seeds.next(i) for i in which.tolist()]

    def _observe(self) -> Observation:
        buffers = self.episodes.observations._asdict()
        return {name: buffer.copy() for name, buffer in buffers.items()} if self.copy else buffers

    def _info(self, observation: Observation) -> dict[str, Any]:
        raise NotImplementedError


def refuse_what_a_batch_cannot_do(render_mode: str | None, max_episode_steps: int | None) -> None:
    """Refuses two arguments that `gymnasium.make_vec` may pass on.

    Raises:
        SpecError: One was given.
    """
    if render_mode is not None:
        raise SpecError(f"render_mode is {render_mode!r}: a batch is not drawn; use gymnasium.make for one environment")
    if max_episode_steps is not None:
        raise SpecError("max_episode_steps is given: set the scenario's horizon_us instead, a time")


class DispatchVectorEnv(EpisodesVectorEnv):
    """`num_envs` dispatch environments; observations, actions and rewards have a leading axis.

    Args:
        num_envs: Number of environments.
        scenario: As in `vmenv.dispatch.env.DispatchEnv`.
        clairvoyant: As in `vmenv.dispatch.env.DispatchEnv`.
        training_episodes: As in `vmenv.dispatch.env.DispatchEnv`. They are drawn when they are first needed, and kept.
        copy: Whether observations are copies. Without, `step` returns the same arrays each time and writes over them.
        autoreset_mode: What happens to an environment whose episode is over: NEXT_STEP (the next step ignores its action and begins
            an episode), SAME_STEP (the same step begins one; the last observation is in `info["final_obs"]`), or DISABLED (nothing,
            until `reset(options={"reset_mask": ...})`).
        render_mode: None: a batch is not drawn.
        max_episode_steps: Not used: a scenario's horizon is a time.
        **parameters: Of the scenario.
    """

    def __init__(
        self,
        num_envs: int = 1,
        scenario: str | Scenario = "thrash",
        clairvoyant: bool = False,
        training_episodes: int | None = TRAINING_EPISODES,
        copy: bool = True,
        autoreset_mode: AutoresetMode | str = AutoresetMode.NEXT_STEP,
        render_mode: str | None = None,
        max_episode_steps: int | None = None,
        **parameters: Any,
    ) -> None:
        refuse_what_a_batch_cannot_do(render_mode, max_episode_steps)
        self._set_up(num_envs, training_episodes, copy, autoreset_mode)
        self.scenario = resolve_scenario(scenario, parameters)
        self.episodes: Episodes = Episodes(
            self.scenario, num_envs, num_kept=min(training_episodes or 0, MOST_KEPT), clairvoyant=clairvoyant
        )
        num_actions = self.scenario.num_slots + 1
        self.single_observation_space = observation_space(self.episodes.host, self.scenario.num_slots, clairvoyant)
        self.single_action_space = LegalActions(num_actions, lambda: None)
        self.observation_space = batch_space(self.single_observation_space, num_envs)
        self.action_space = LegalBatchActions(num_actions, num_envs, self._current_masks)

    def action_masks(self) -> NDArray[np.bool_]:
        """Returns (num_envs, num_slots + 1) which actions are legal."""
        return self.episodes.observations.action_mask.astype(np.bool_)

    def _current_masks(self) -> NDArray[np.int8]:
        return self.episodes.observations.action_mask

    def _info(self, observation: Observation) -> dict[str, Any]:
        return {"action_mask": observation["action_mask"], "clock_us": self.episodes.clock_us.copy()}
