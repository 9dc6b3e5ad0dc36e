"""dqn: SB3's DQN among legal actions, with the scoring network as a dueling Q-network."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from gymnasium import spaces
from stable_baselines3.common.base_class import BaseAlgorithm
from stable_baselines3.common.vec_env import VecNormalize

from agents.dispatch.nn.learner import DispatchLearner
from agents.dispatch.nn.networks import Scorer
from agents.dispatch.nn.q_learning import MaskedDqn, ScoringDqnPolicy
from agents.training.agent import AGENTS
from agents.training.budget import Budget
from vmenv.errors import SpecError


@AGENTS.register("dqn")
@dataclass(frozen=True, kw_only=True)
class Dqn(DispatchLearner):
    """Deep Q-learning (Mnih et al. 2015) with masked actions.

    Args:
        batch_size: Decisions of a gradient step.
        gradient_steps: After every step of all environments.
        replay_decisions: Decisions that are kept at the most.
        replay_mib: Memory that they may take at the most, MiB.
        warm_up: Decisions before the first gradient step.
        target_every: Decisions after which the target network becomes a copy of the network.
        explore_until: Share of the budget in which the probability of a random action falls from 1 to `explore_at_last`.
        explore_at_last: That probability from then on.
    """

    kind = "dqn"
    summary = "DQN with masked actions, every VM scored with the same weights"

    num_envs: int = 256
    learning_rate: float = 5e-4
    batch_size: int = 1_024
    gradient_steps: int = 1
    replay_decisions: int = 200_000
    replay_mib: int = 512
    warm_up: int = 20_000
    target_every: int = 10_000
    explore_until: float = 0.2
    explore_at_last: float = 0.02

    def __post_init__(self) -> None:
        super().__post_init__()
        self.check_integers(
            batch_size=10**6, gradient_steps=10**4, replay_decisions=10**9, replay_mib=2**20, warm_up=10**12, target_every=10**12
        )
        self.check_shares("explore_until")
        if not 0 <= self.explore_at_last <= 1:
            raise SpecError(f"agent.explore_at_last is {self.explore_at_last}: give a number from 0 to 1")

    def build(self, env: VecNormalize, budget: Budget, seed: int) -> BaseAlgorithm:
        """See `Sb3Agent.build`."""
        if not isinstance(env.observation_space, spaces.Dict):
            raise TypeError("the observation is no dictionary")
        # Of a decision both observations are kept: what it looked like before and after.
        decision_bytes = 2 * sum(space.sample().nbytes for space in env.observation_space.values())
        model = MaskedDqn(
            ScoringDqnPolicy,
            env,
            learning_rate=self.falling_rate(budget),
            buffer_size=max(self.num_envs, min(self.replay_decisions, self.replay_mib * 2**20 // decision_bytes)),
            learning_starts=self.warm_up,
            batch_size=self.batch_size,
            gamma=self.gamma,
            train_freq=1,
            gradient_steps=self.gradient_steps,
            target_update_interval=max(self.target_every, self.num_envs),
            exploration_fraction=self.explore_until,
            exploration_final_eps=self.explore_at_last,
            policy_kwargs={"width": self.width},
            seed=seed,
        )
        model.exploration_rate = 1.0
        return model

    def network_of(self, model: BaseAlgorithm) -> Scorer:
        """See `Sb3Agent.network_of`."""
        policy: Any = model.policy  # SB3 types the networks within as modules of any kind
        scorer: Scorer = policy.q_net.q_net
        return scorer
