"""vmenv: one environment through `gymnasium.make`."""

from __future__ import annotations

from itertools import cycle

from experiments.bench.contender import CONTENDERS, Contender, Sample, repeat

EPISODES = 10


class EnvStep(Contender):
    """One `env.step` after the other."""

    title = "vmenv, env.step"
    about = (
        'gymnasium.make("vmenv/Thrash-v0", num_slots=16), observation and mask at every step, resets included. The actions (first legal '
        f"slot) were recorded beforehand on {EPISODES} episodes, which are played again: choosing costs nothing"
    )
    ours = True
    yardsticks = ("or-gym-vmpacking", "cartpole")

    def set_up(self) -> None:
        """Records the actions."""
        import gymnasium

        import vmenv  # noqa: F401  # registers the ids

        self._env = gymnasium.make("vmenv/Thrash-v0", num_slots=16)
        self._episodes = cycle([(seed, self._record(seed)) for seed in range(EPISODES)])
        self._play()

    def run(self, seconds: float) -> Sample:
        """Plays whole episodes."""
        return repeat(self._play, seconds)

    def _record(self, seed: int) -> list[int]:
        observation, _ = self._env.reset(seed=seed)
        actions: list[int] = []
        over = False
        while not over:
            actions.append(int(observation["action_mask"].argmax()))
            observation, _, terminated, truncated, _ = self._env.step(actions[-1])
            over = terminated or truncated
        return actions

    def _play(self) -> int:
        seed, actions = next(self._episodes)
        step = self._env.step
        self._env.reset(seed=seed)
        for action in actions:
            step(action)
        return len(actions)


CONTENDERS.register("env-step")(EnvStep())
