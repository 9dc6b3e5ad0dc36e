"""An SB3 `VecEnv` on one batch of episodes of any kind: training never loops over environments in Python."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from stable_baselines3.common.vec_env import VecNormalize
from stable_baselines3.common.vec_env.base_vec_env import VecEnv

from agents.training.streams import generator_of, words_of
from vmenv.episodes.policy import Observation
from vmenv.episodes.seeds import EpisodeSeeds


class BatchVecEnv(VecEnv):
    """Environments on one batch as SB3 expects them: an episode that ends is followed by the next within the same step.

    Args:
        episodes: The batch: `vmenv.dispatch.episodes.Episodes`, or one with the same interface.
        observation_space: Of one environment.
        action_space: Of one environment.
        seed: Of the streams of training episodes.
        group: Environments that play the same episodes; they stand side by side.

    Attributes:
        lengths: (num_envs,) decisions of the current episodes so far.
        passed_us: (num_envs,) time that passed in the last step.
    """

    def __init__(self, episodes: Any, seed: int, group: int = 1) -> None:
        self.episodes = episodes
        num_envs = episodes.num_runs
        self.render_mode = None
        self._group = group
        self._restart_streams(num_envs, seed)
        self._actions = np.zeros(num_envs, np.int64)
        self.passed_us = np.zeros(num_envs, np.int64)  # in the last step, in each environment
        self._returns = np.zeros(num_envs)
        self.lengths = np.zeros(num_envs, np.int64)
        super().__init__(num_envs, episodes.observation_space, episodes.action_space)

    def reset(self) -> Observation:
        """Begins the next training episode of every environment."""
        everyone = np.arange(self.num_envs)
        self.episodes.restart(everyone, [self._streams[i].next(0) for i in everyone])
        self._returns[:] = 0.0
        self.lengths[:] = 0
        return self.observe()

    def step_async(self, actions: np.ndarray) -> None:
        """Takes the actions of the next `step_wait`."""
        self._actions = actions

    def step_wait(self) -> tuple[Observation, np.ndarray, np.ndarray, list[dict[str, Any]]]:
        """Carries out the actions."""
        episodes = self.episodes
        before_us = episodes.clock_us.copy()
        episodes.step(self._actions)
        self.passed_us = episodes.clock_us - before_us
        rewards = episodes.rewards.astype(np.float32)  # a copy: SB3 adds the bootstrapped value of a truncation in place
        self._returns += episodes.rewards
        self.lengths += 1
        truncated = episodes.truncated
        over = truncated | episodes.terminated
        infos: list[dict[str, Any]] = [{}] * self.num_envs
        which = np.flatnonzero(over)
        if which.size:
            last = {name: buffer[which] for name, buffer in episodes.observations._asdict().items()}
            for k, i in enumerate(which):
                infos[i] = {
                    "terminal_observation": {name: rows[k] for name, rows in last.items()},
                    "TimeLimit.truncated": bool(truncated[i]),
                    "episode": {"r": float(self._returns[i]), "l": int(self.lengths[i]), "t": float(episodes.clock_us[i] / 1e6)},
                }
            episodes.restart(which, [self._streams[i].next(0) for i in which])
            self._returns[which] = 0.0
            self.lengths[which] = 0
        return self.observe(), rewards, over, infos

    def close(self) -> None:
        """Nothing to close."""

    def has_attr(self, attr_name: str) -> bool:
        """Returns whether the environments have this attribute."""
        return hasattr(self, attr_name)

    def get_attr(self, attr_name: str, indices: Any = None) -> list[Any]:
        """Returns the attribute, the same for all the environments."""
        return [getattr(self, attr_name) for _ in self._get_indices(indices)]

    def set_attr(self, attr_name: str, value: Any, indices: Any = None) -> None:
        """Sets the attribute for all the environments."""
        setattr(self, attr_name, value)

    def env_method(self, method_name: str, *args: Any, indices: Any = None, **kwargs: Any) -> list[Any]:
        """Calls a method, with the same result for all the environments."""
        result = getattr(self, method_name)(*args, **kwargs)
        return [result for _ in self._get_indices(indices)]

    def env_is_wrapped(self, wrapper_class: type, indices: Any = None) -> list[bool]:
        """Returns False for each: nothing is wrapped; episode statistics are kept here."""
        return [False for _ in self._get_indices(indices)]

    def seed(self, seed: int | None = None) -> Sequence[int | None]:
        """Restarts the streams of training episodes."""
        self._restart_streams(self.num_envs, 0 if seed is None else seed)
        return [None if seed is None else seed + i for i in range(self.num_envs)]

    def _restart_streams(self, num_envs: int, seed: int) -> None:
        self._streams = [EpisodeSeeds(1, seed + i // self._group) for i in range(num_envs)]

    def saved_state(self) -> dict[str, np.ndarray]:
        """Returns arrays by name from which `load_state` goes on."""
        streams = np.stack([words_of(stream) for seeds in self._streams for stream in seeds.streams])
        own = {"streams": streams, "episode_returns": self._returns, "episode_lengths": self.lengths, "passed_us": self.passed_us}
        return own | {f"batch.{name}": array for name, array in self.episodes.saved_state().items()}

    def load_state(self, state: Mapping[str, np.ndarray]) -> None:
        """Puts the environments to where those of `saved_state` stood.

        Raises:
            SpecError: It is the state of other environments.
        """
        self.episodes.load_state({name.removeprefix("batch."): array for name, array in state.items() if name.startswith("batch.")})
        for seeds, words in zip(self._streams, state["streams"], strict=True):
            seeds.streams = [generator_of(words)]
        self._returns, self.lengths, self.passed_us = (state[name].copy() for name in ("episode_returns", "episode_lengths", "passed_us"))

    def observe(self) -> Observation:
        """Returns copies of what the environments show now."""
        return {name: buffer.copy() for name, buffer in self.episodes.observations._asdict().items()}


class ScaledRewards(VecNormalize):
    """`VecNormalize` of rewards alone. Observations are scaled already, and are handed on; the class would copy them all the same.

    Args:
        venv: The environments; every step returns new arrays.
        gamma: Discount a decision.
    """

    def __init__(self, venv: VecEnv, gamma: float) -> None:
        super().__init__(venv, norm_obs=False, gamma=gamma)

    def normalize_obs(self, obs: Any) -> Any:
        """Returns the observations."""
        return obs
