"""sac: soft actor-critic on share environments, with the networks of `agents.share.nn.networks`, by Stable-Baselines3.

Source: Haarnoja et al., "Soft actor-critic: off-policy maximum entropy deep reinforcement learning with a stochastic actor", ICML 2018.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from stable_baselines3 import SAC

from agents.share.nn.learner import ShareLearner
from agents.share.nn.networks import SharePolicy, Weigher
from agents.share.nn.vec_env import ShareVecEnv
from agents.training.agent import AGENTS
from agents.training.budget import Budget


@AGENTS.register("sac")
@dataclass(frozen=True, kw_only=True)
class Sac(ShareLearner):
    """Soft actor-critic.

    Args:
        batch_size: Of a gradient step.
        gradient_steps: After every step of all environments.
        replay: Decisions that are kept.
        entropy: Weight of the entropy.
    """

    kind = "sac"
    summary = "SAC, every VM weighed by the same network"

    decisions: int = 200_000
    batch_size: int = 256
    gradient_steps: int = 1
    replay: int = 40_000
    entropy: float = 1e-3

    def __post_init__(self) -> None:
        super().__post_init__()
        self.check_integers(batch_size=10**6, gradient_steps=10**4, replay=10**8)
        self.check_from_zero("entropy")

    def build(self, env: ShareVecEnv, budget: Budget, seed: int) -> Any:
        """See `Sb3Agent.build`."""
        return SAC(
            SharePolicy,
            env,
            learning_rate=self.learning_rate,
            buffer_size=self.replay,
            learning_starts=0,  # before that SB3 would draw actions evenly from all; the untrained actor is a heuristic already
            batch_size=self.batch_size,
            gamma=self.gamma,
            train_freq=1,
            gradient_steps=self.gradient_steps,
            ent_coef=self.entropy,
            policy_kwargs={"width": self.width},
            seed=seed,
        )

    def network_of(self, model: Any) -> Weigher:
        """See `Sb3Agent.network_of`."""
        weigher: Weigher = model.actor.weigher
        return weigher
