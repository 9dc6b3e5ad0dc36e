"""Many environments in one: glue between `vmenv.episodes.batch` and Gymnasium's vector interface, without a loop over environments."""

from __future__ import annotations

import copy
from collections.abc import Sequence
from typing import Any, ClassVar

import numpy as np
from gymnasium.vector import AutoresetMode, VectorEnv
from gymnasium.vector.utils import batch_space
from numpy.typing import NDArray

from vmenv.checks import check_bool, check_integer
from vmenv.episodes.batch import Episodes
from vmenv.episodes.exchange import NOT_BEGUN
from vmenv.episodes.policy import Observation
from vmenv.episodes.scenario import Scenario, resolve_scenario
from vmenv.episodes.seeds import TRAINING_EPISODES, EpisodeSeeds, check_seed
from vmenv.errors import ActionError, SpecError


class EpisodesVectorEnv(VectorEnv[Observation, NDArray[Any], NDArray[Any]]):
    """`num_envs` environments of one scenario; observations, actions and rewards have a leading axis.

    Args:
        num_envs: Number of environments.
        scenario: A name of `vmenv.list_scenarios()`, or a scenario.
        training_episodes: Number of episodes that resets without a seed draw from; None: no limit. They are drawn when they are first
            needed, and kept, up to a limit.
        copy: True or False: whether observations are copies. Without, `step` returns the same arrays each time and writes over them.
        autoreset_mode: What happens to an environment whose episode is over: NEXT_STEP (the next step ignores its action and begins
            an episode), SAME_STEP (the same step begins one; the last observation is in `info["final_obs"]`), or DISABLED (nothing,
            until `reset(options={"reset_mask": ...})`).
        render_mode: None: a batch is not drawn.
        max_episode_steps: Not used: a scenario's horizon is a time.
        **parameters: Of the scenario.

    Attributes:
        kind_name: The kind of decision that it is about; None: any.
        episodes: The batch.
    """

    kind_name: ClassVar[str | None] = None

    def __init__(
        self,
        num_envs: int = 1,
        scenario: str | Scenario = "",
        training_episodes: int | None = TRAINING_EPISODES,
        copy: bool = True,
        autoreset_mode: AutoresetMode | str = AutoresetMode.NEXT_STEP,
        render_mode: str | None = None,
        max_episode_steps: int | None = None,
        **parameters: Any,
    ) -> None:
        _refuse_what_a_batch_cannot_do(render_mode, max_episode_steps)
        self.num_envs = check_integer("num_envs", num_envs, least=1, most=2**24)
        self.copy = check_bool("copy", copy)
        self.autoreset_mode = AutoresetMode(autoreset_mode)
        self.metadata = {"render_modes": [], "autoreset_mode": self.autoreset_mode}
        self.scenario = resolve_scenario(scenario, parameters, self.kind_name)
        self._seeds = EpisodeSeeds(num_envs, None, training_episodes)
        self._over = np.zeros(num_envs, np.bool_)
        self._all_begun = False
        self.episodes: Any = self._batch(min(training_episodes or 0, self.scenario.kind.episodes.most_kept))
        self.single_observation_space = self.episodes.observation_space
        self.single_action_space = self.episodes.action_space
        self.observation_space = batch_space(self.single_observation_space, num_envs)
        self.action_space = self._batch_actions()

    def __copy__(self) -> EpisodesVectorEnv:
        """Returns a deep copy: one that shares its batch would move when this one does."""
        return copy.deepcopy(self)

    def reset(
        self, *, seed: int | list[int | None] | None = None, options: dict[str, Any] | None = None
    ) -> tuple[Observation, dict[str, Any]]:
        """Begins episodes: in all environments, or in those of `options["reset_mask"]`. An int seed means seed + i."""
        mask = np.asarray((options or {}).get("reset_mask", np.ones(self.num_envs, np.bool_)))
        if mask.shape != (self.num_envs,) or mask.dtype != np.bool_:
            raise SpecError(f"reset_mask has shape {mask.shape} and type {mask.dtype}: give ({self.num_envs},) of bool")
        seeds: list[int | None] = [None] * self.num_envs
        if seed is not None:
            first = None if isinstance(seed, Sequence | np.ndarray) and not isinstance(seed, str) else check_seed(seed)
            seeds = list(seed) if first is None else [first + i for i in range(self.num_envs)]  # type: ignore[arg-type]  # a sequence
        if len(seeds) != self.num_envs:
            raise SpecError(f"seed has {len(seeds)} entries: give {self.num_envs}, or one number")
        seeds = [None if each is None else check_seed(each) for each in seeds]
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

    def _batch(self, num_kept: int) -> Episodes:
        """Returns the batch."""
        batch: Episodes = self.scenario.kind.episodes(self.scenario, self.num_envs, num_kept=num_kept)
        return batch

    def _batch_actions(self) -> Any:
        """Returns the action space of all environments together."""
        return batch_space(self.single_action_space, self.num_envs)

    def _following(self, which: NDArray[np.int64]) -> list[int]:
        return [self._seeds.next(i) for i in which.tolist()]

    def _observe(self) -> Observation:
        buffers = self.episodes.observations._asdict()
        return {name: buffer.copy() for name, buffer in buffers.items()} if self.copy else buffers

    def _info(self, observation: Observation) -> dict[str, Any]:
        told: dict[str, Any] = self.episodes.info()
        return told


def _refuse_what_a_batch_cannot_do(render_mode: str | None, max_episode_steps: int | None) -> None:
    """Refuses two arguments that `gymnasium.make_vec` may pass on.

    Raises:
        SpecError: One was given.
    """
    if render_mode is not None:
        raise SpecError(f"render_mode is {render_mode!r}: a batch is not drawn; use gymnasium.make for one environment")
    if max_episode_steps is not None:
        raise SpecError("max_episode_steps is given: set the scenario's horizon_us instead, a time")
