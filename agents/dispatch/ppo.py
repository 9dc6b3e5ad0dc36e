"""ppo: sb3-contrib's MaskablePPO with the scoring policy of `agents.dispatch.nn.networks`, on the batched environment.

What the options do, the best checkpoint on the 100 evaluation episodes. On `thrash` with 1.5 million decisions, mean slowdown of four
seeds: 3.03 as it is (2.85 to 3.27), 3.03 with discount=time (2.92 to 3.12), 3.28 with epochs=2 (2.95 to 3.72), which makes an eighth more
decisions a second. Of one seed only: clone=mlfq 3.87 where it was 3.48 without (2 million decisions), and on `mystery` history=true 0.75 s
mean response where it was 0.94 s (1 million); one seed does not tell how much of a difference is chance, so that both are off by default.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from stable_baselines3.common.base_class import BaseAlgorithm
from stable_baselines3.common.vec_env import VecNormalize

from agents.dispatch.nn.buffer import OneCopyBuffer, TimedBuffer
from agents.dispatch.nn.cloning import clone, teacher_of
from agents.dispatch.nn.halves import HalvedPPO
from agents.dispatch.nn.learner import DispatchLearner
from agents.dispatch.nn.networks import Scorer, ScoringPolicy
from agents.dispatch.nn.vec_env import EpisodesVecEnv
from agents.training.agent import AGENTS
from agents.training.budget import Budget
from vmenv.errors import SpecError, suggestion

DISCOUNTS = ("decision", "time")


@AGENTS.register("ppo")
@dataclass(frozen=True, kw_only=True)
class Ppo(DispatchLearner):
    """Proximal policy optimisation with masked actions (Schulman et al. 2017; Huang and Ontanon 2020 for the mask).

    Args:
        num_steps: Decisions of each environment between updates.
        batch_size: Decisions of a mini-batch, at least 1,024: small ones spend their time in overheads.
        epochs: Passes over the decisions of an update.
        gae_lambda: Of generalised advantage estimation.
        clip: Of the probability ratio.
        entropy: Weight of the entropy bonus at the beginning; it stays.
        discount: "decision": gamma a decision; "time": exp(-dt / tau) for a decision after which dt passes
            (`agents.dispatch.nn.buffer`). gamma then only scales the rewards.
        discount_tau: That tau, in units of the scenario's `time_scale_us`.
        value_clip: How far a target of the critic may lie from its estimate, in standard deviations of the return; 0: as far as it does.
        clone: Whose decisions are learned first: a scheduler, or the path of a saved heuristic, formula or index policy
            (`agents.dispatch.nn.cloning`); empty: nobody's.
        clone_decisions: How many; they count as decisions of the training.
    """

    kind = "ppo"
    summary = "MaskablePPO, every VM scored with the same weights"

    num_steps: int = 32
    batch_size: int = 2_048
    epochs: int = 3
    gae_lambda: float = 0.95
    clip: float = 0.2
    entropy: float = 0.005
    discount: str = "decision"
    discount_tau: float = 30.0
    value_clip: float = 0.0
    clone: str = ""
    clone_decisions: int = 500_000

    def __post_init__(self) -> None:
        super().__post_init__()
        self.check_integers(num_steps=10**6, epochs=1000)
        if self.batch_size < 1024:
            raise SpecError(f"agent.batch_size is {self.batch_size}: give at least 1024")
        self.check_divides("batch_size", "num_envs x num_steps", self.num_envs * self.num_steps)
        self.check_shares("gae_lambda", "clip")
        self.check_from_zero("entropy")
        if self.discount not in DISCOUNTS:
            raise SpecError(f"agent.discount is {self.discount!r}: {suggestion(self.discount, DISCOUNTS)}")
        if not 0 < self.discount_tau < float("inf"):
            raise SpecError(f"agent.discount_tau is {self.discount_tau}: give a number above 0")
        if not 0 <= self.value_clip < float("inf"):
            raise SpecError(f"agent.value_clip is {self.value_clip}: give a number above 0, or 0 for none")
        if self.clone:
            teacher_of(self.clone)  # refuses what is none
            self.check_integers(clone_decisions=self.decisions)

    def build(self, env: VecNormalize, budget: Budget, seed: int) -> BaseAlgorithm:
        """See `Sb3Agent.build`."""
        vec, timed = env.venv, self.discount == "time"
        if not isinstance(vec, EpisodesVecEnv):
            raise TypeError("the environment is no EpisodesVecEnv")
        options: dict[str, Any] = {"value_clip": self.value_clip or np.inf}
        clock = {
            "tau_us": self.discount_tau * vec.episodes.scenario.time_scale_us,
            "passed_us": lambda: vec.passed_us,
            "plain_rewards": lambda: env.normalize_reward(env.get_original_reward()),
        }
        return HalvedPPO(
            ScoringPolicy,
            env,
            n_steps=self.num_steps,
            batch_size=self.batch_size,
            n_epochs=self.epochs,
            learning_rate=self.falling_rate(budget),
            gamma=1.0 if timed else self.gamma,
            gae_lambda=self.gae_lambda,
            clip_range=self.clip,
            ent_coef=self.entropy,
            rollout_buffer_class=TimedBuffer if timed else OneCopyBuffer,
            rollout_buffer_kwargs=options | clock if timed else options,
            policy_kwargs={"width": self.width},
            seed=seed,
        )

    def begin(self, model: BaseAlgorithm, env: VecNormalize) -> None:
        """See `Sb3Agent.begin`."""
        if self.clone and isinstance(model, HalvedPPO):
            clone(model, env, teacher_of(self.clone), self.clone_decisions)

    def network_of(self, model: BaseAlgorithm) -> Scorer:
        """See `Sb3Agent.network_of`."""
        return scorer_of(model)


def scorer_of(model: BaseAlgorithm) -> Scorer:
    """Returns the network of a model with `ScoringPolicy`."""
    scorer = model.policy.mlp_extractor
    if not isinstance(scorer, Scorer):
        raise TypeError("ScoringPolicy has another extractor than Scorer")
    return scorer
