"""vmenv: training with PPO from end to end, and the part of it that is the environment."""

from __future__ import annotations

from typing import Any

import numpy as np

from experiments.bench.contender import CONTENDERS, Contender, Sample, Stopwatch, repeat, repeat_timed

SLOTS = 16
WARM_STEPS = 500


class PpoTraining(Contender):
    """Rollouts and updates of `agent=ppo`."""

    title = "vmenv, agent=ppo"
    about = (
        f"agents.dispatch.ppo.Ppo as it stands by default, on thrash with {SLOTS} slots: decisions collected and learned from, in whole "
        "updates; "
        "no evaluations. Its ratio to its environment alone is the part of the time that goes into the environment"
    )
    ours = True
    yardsticks = ("ppo-environment",)

    def set_up(self) -> None:
        """Makes one update."""
        from stable_baselines3.common.logger import Logger

        from agents.dispatch.ppo import Ppo
        from agents.training.budget import Budget
        from agents.training.sb3 import keep_freed_memory
        from agents.training.torch_threads import TorchThreads
        from vmenv.episodes.scenario import make_scenario

        agent = Ppo()
        self._threads = TorchThreads(agent.torch_threads)
        keep_freed_memory()
        environment = agent.environment(make_scenario("thrash", num_slots=SLOTS), seed=0)
        self._model = agent.build(environment, Budget(agent.decisions, None), seed=0)
        self._model.set_logger(Logger(None, []))
        self._update = agent.num_envs * agent.num_steps
        self._learn()

    def run(self, seconds: float) -> Sample:
        """Goes on where it stopped."""
        return repeat(self._learn, seconds)

    def _learn(self) -> int:
        self._model.learn(self._update, callback=self._threads, reset_num_timesteps=False)
        return self._update


class PpoEnvironment(Contender):
    """What it learns in, alone."""

    title = "vmenv, environment of agent=ppo"
    about = (
        "the vector environment of agents.dispatch.ppo.Ppo with its scaled rewards and copied observations. The first legal action is "
        "chosen by "
        "mask.argmax(axis=1) with the clock stopped"
    )
    ours = True

    def set_up(self) -> None:
        """Spreads the environments over their episodes."""
        from agents.dispatch.ppo import Ppo
        from vmenv.episodes.scenario import make_scenario

        self._env = Ppo().environment(make_scenario("thrash", num_slots=SLOTS), seed=0)
        self._seen: Any = self._env.reset()
        for _ in range(WARM_STEPS):
            self._step(Stopwatch())

    def run(self, seconds: float) -> Sample:
        """Goes on where it stopped."""
        return repeat_timed(self._step, seconds)

    def _step(self, watch: Stopwatch) -> int:
        actions = self._seen["action_mask"].argmax(axis=1).astype(np.int64)
        with watch:
            self._seen = self._env.step(actions)[0]
        return self._env.num_envs


CONTENDERS.register("ppo")(PpoTraining())
CONTENDERS.register("ppo-environment")(PpoEnvironment())
