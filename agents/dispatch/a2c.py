"""a2c: advantage actor-critic with masked actions, as the special case of PPO that it is.

One pass over each rollout in one batch, before which the probability ratio is 1 so that nothing is clipped, advantages as they are, and
RMSprop: that is A2C (Huang, Kanervisto, Raffin, Wang, Ontanon and Dossa, "A2C is a special case of PPO", arXiv 2205.09123, 2022). So
sb3-contrib's MaskablePPO serves it, and with it the mask, which Stable-Baselines3's own A2C has not.
"""

from __future__ import annotations

from dataclasses import dataclass

import torch
from sb3_contrib import MaskablePPO
from stable_baselines3.common.base_class import BaseAlgorithm
from stable_baselines3.common.vec_env import VecNormalize

from agents.dispatch.nn.buffer import OneCopyBuffer
from agents.dispatch.nn.learner import DispatchLearner
from agents.dispatch.nn.networks import Scorer, ScoringPolicy
from agents.dispatch.ppo import scorer_of
from agents.training.agent import AGENTS
from agents.training.budget import Budget
from vmenv.errors import SpecError

NEVER_CLIPPED = 1e9  # the ratio is 1 in the only pass; a number that the clip cannot reach says so


@AGENTS.register("a2c")
@dataclass(frozen=True, kw_only=True)
class A2c(DispatchLearner):
    """Advantage actor-critic (Mnih et al. 2016), synchronous, with the defaults of Stable-Baselines3 but for those of `DispatchLearner`.

    Args:
        num_steps: Decisions of each environment between updates.
        gae_lambda: Of generalised advantage estimation; 1: n-step returns.
        entropy: Weight of the entropy bonus.
    """

    kind = "a2c"
    summary = "A2C with masked actions, every VM scored with the same weights"

    learning_rate: float = 7e-4
    num_steps: int = 5
    gae_lambda: float = 1.0
    entropy: float = 0.0

    def __post_init__(self) -> None:
        super().__post_init__()
        self.check_integers(num_steps=10**6)
        self.check_shares("gae_lambda")
        if not 0 <= self.entropy <= 1:
            raise SpecError(f"agent.entropy is {self.entropy}: give a number from 0 to 1")

    def build(self, env: VecNormalize, budget: Budget, seed: int) -> BaseAlgorithm:
        """See `Sb3Agent.build`."""
        return MaskablePPO(
            ScoringPolicy,
            env,
            n_steps=self.num_steps,
            batch_size=self.num_envs * self.num_steps,
            n_epochs=1,
            learning_rate=self.falling_rate(budget),
            gamma=self.gamma,
            gae_lambda=self.gae_lambda,
            clip_range=NEVER_CLIPPED,
            normalize_advantage=False,
            ent_coef=self.entropy,
            rollout_buffer_class=OneCopyBuffer,
            policy_kwargs={
                "width": self.width,
                "optimizer_class": torch.optim.RMSprop,
                "optimizer_kwargs": {"alpha": 0.99, "eps": 1e-5},
            },
            seed=seed,
        )

    def network_of(self, model: BaseAlgorithm) -> Scorer:
        """See `Sb3Agent.network_of`."""
        return scorer_of(model)
