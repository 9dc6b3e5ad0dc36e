"""or-gym's VMPacking-v0: another environment about virtual machines."""

from __future__ import annotations

import warnings
from importlib import import_module
from itertools import cycle
from typing import Any

import numpy as np

from experiments.bench.contender import CONTENDERS, Contender, Sample, repeat

EPISODES = 10


class OrGymVmPacking(Contender):
    """One environment, played as vmenv's is."""

    title = "or-gym VMPacking, env.step"
    about = (
        "or-gym VMPacking-v0, 50 physical machines, observation and mask at every step, resets included. The actions (first legal machine) "
        f"were recorded beforehand on {EPISODES} episodes, which are played again. The class itself, without gym.make's wrappers"
    )
    packages = ("or-gym", "gym")

    def set_up(self) -> None:
        """Records the actions."""
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # gym says that it is old
            module: Any = import_module("or_gym.envs.classic_or.vmpacking")
            self._env: Any = module.VMPackingEnv()
        self._episodes = cycle([(seed, self._record(seed)) for seed in range(EPISODES)])
        self._play()

    def run(self, seconds: float) -> Sample:
        """Plays whole episodes."""
        return repeat(self._play, seconds)

    def _record(self, seed: int) -> list[int]:
        np.random.seed(seed)  # where this environment draws from
        observation, over = self._env.reset(), False
        actions: list[int] = []
        while not over:
            actions.append(int(observation["action_mask"].argmax()))
            observation, _, over, _ = self._env.step(actions[-1])
        return actions

    def _play(self) -> int:
        seed, actions = next(self._episodes)
        step = self._env.step
        np.random.seed(seed)
        self._env.reset()
        for action in actions:
            step(action)
        return len(actions)


CONTENDERS.register("or-gym-vmpacking")(OrGymVmPacking())
