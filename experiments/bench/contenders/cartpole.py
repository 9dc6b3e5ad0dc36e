"""Gymnasium's CartPole: what the interface costs around nearly no simulation."""

from __future__ import annotations

from itertools import cycle, islice
from typing import Any

import numpy as np

from experiments.bench.contender import CONTENDERS, Contender, Sample, repeat

CHUNK = 1_000
NUM_ENVS = 1024


class CartPole(Contender):
    """One environment."""

    title = "CartPole, env.step"
    about = 'gymnasium.make("CartPole-v1"), resets included, random actions drawn beforehand'
    packages = ("gymnasium",)

    def set_up(self) -> None:
        """Draws the actions."""
        import gymnasium

        self._env: Any = gymnasium.make("CartPole-v1")
        self._env.reset(seed=0)
        self._actions = cycle(np.random.default_rng(0).integers(0, 2, 100 * CHUNK).tolist())
        self._play()

    def run(self, seconds: float) -> Sample:
        """Goes on where it stopped."""
        return repeat(self._play, seconds)

    def _play(self) -> int:
        step, reset = self._env.step, self._env.reset
        for action in islice(self._actions, CHUNK):
            _, _, terminated, truncated, _ = step(action)
            if terminated or truncated:
                reset()
        return CHUNK


class CartPoleVector(Contender):
    """Gymnasium's own vectorised CartPole."""

    title = "CartPole, make_vec(1024).step"
    about = (
        f'gymnasium.make_vec("CartPole-v1", num_envs={NUM_ENVS}, vectorization_mode="vector_entry_point"), automatic resets included, '
        "random actions drawn beforehand"
    )
    packages = ("gymnasium",)

    def set_up(self) -> None:
        """Draws the actions."""
        import gymnasium

        self._envs: Any = gymnasium.make_vec("CartPole-v1", num_envs=NUM_ENVS, vectorization_mode="vector_entry_point")
        self._envs.reset(seed=0)
        self._actions = cycle(np.random.default_rng(0).integers(0, 2, (64, NUM_ENVS)))
        self._play()

    def run(self, seconds: float) -> Sample:
        """Goes on where it stopped."""
        return repeat(self._play, seconds)

    def _play(self) -> int:
        for actions in islice(self._actions, 16):
            self._envs.step(actions)
        return 16 * NUM_ENVS


CONTENDERS.register("cartpole")(CartPole())
CONTENDERS.register("cartpole-vector")(CartPoleVector())
