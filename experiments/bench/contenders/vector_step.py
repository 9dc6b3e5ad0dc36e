"""vmenv: 1,024 environments through `gymnasium.make_vec`."""

from __future__ import annotations

import numpy as np

from experiments.bench.contender import CONTENDERS, Contender, Sample, Stopwatch, repeat_timed

NUM_ENVS = 1024
WARM_STEPS = 3_000  # two episodes or so: by then the episodes of the batch no longer end all at once


class VectorStep(Contender):
    """The batch as learners use it.

    Args:
        copy: Whether each step returns copies.
    """

    ours = True
    yardsticks = ("jobshop-vmap", "jobshop-vmap-autoreset", "cartpole-vector", "write-floor-2")

    def __init__(self, copy: bool) -> None:
        self._copy = copy
        self.title = f"vmenv, make_vec(1024{'' if copy else ', copy=False'}).step"
        self.about = (
            f'gymnasium.make_vec("vmenv/Thrash-v0", num_envs={NUM_ENVS}, num_slots=16, copy={copy}): masks and automatic resets '
            "included. The first legal action is chosen by mask.argmax(axis=1) with the clock stopped; steps that only begin an episode do "
            "not count"
        )

    def set_up(self) -> None:
        """Spreads the episodes over their lengths."""
        import gymnasium

        import vmenv  # noqa: F401  # registers the ids

        self._envs = gymnasium.make_vec("vmenv/Thrash-v0", num_envs=NUM_ENVS, num_slots=16, copy=self._copy)
        for _ in range(8):  # draws most of the training episodes, which are kept
            self._envs.reset()
        observation, _ = self._envs.reset(seed=0)
        self._mask = observation["action_mask"]
        self._over = np.zeros(NUM_ENVS, np.bool_)
        for _ in range(WARM_STEPS):
            self._step(Stopwatch())

    def run(self, seconds: float) -> Sample:
        """Goes on where it stopped."""
        return repeat_timed(self._step, seconds)

    def _step(self, watch: Stopwatch) -> int:
        actions = self._mask.argmax(axis=1)
        num_decided = NUM_ENVS - int(self._over.sum())
        with watch:
            observation, _, terminated, truncated, _ = self._envs.step(actions)
        self._mask = observation["action_mask"]
        self._over = terminated | truncated
        return num_decided


CONTENDERS.register("vector-step")(VectorStep(copy=True))
CONTENDERS.register("vector-step-in-place")(VectorStep(copy=False))
