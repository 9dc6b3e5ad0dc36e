"""ppo: sb3-contrib's MaskablePPO with the scoring policy of `agents.networks`, on the batched environment."""

from __future__ import annotations

import ctypes
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from sb3_contrib import MaskablePPO
from stable_baselines3.common.logger import configure
from stable_baselines3.common.vec_env import VecNormalize

from agents.base import AGENTS, Agent
from agents.budget import Budget
from agents.buffer import OneCopyBuffer
from agents.callbacks import TrainingLoop
from agents.checkpoint import BEST, LAST, load_checkpoint, save_checkpoint, versions
from agents.curve import Curve
from agents.networks import Scorer, ScoringPolicy
from agents.policy import NetworkPolicy, load_network_policy
from agents.tensors import optimizer_arrays, restore_optimizer, to_arrays, to_tensors
from agents.vec_env import EpisodesVecEnv
from vmenv.errors import SpecError
from vmenv.observation import host_features, vm_features
from vmenv.scenarios.base import VALIDATION_SEEDS, Scenario


@AGENTS.register("ppo")
@dataclass(frozen=True, kw_only=True)
class Ppo(Agent):
    """Proximal policy optimisation with masked actions (Schulman et al. 2017; Huang and Ontanon 2020 for the mask).

    Args:
        num_envs: Environments that are stepped side by side.
        eval_every: Decisions between evaluations.
        torch_threads: Threads of the network's arithmetic.
        clairvoyant: Whether the policy sees the work left: an upper bound, not a fair competitor.
        num_steps: Decisions of each environment between updates.
        batch_size: Decisions of a mini-batch, at least 1,024: small ones spend their time in overheads.
        epochs: Passes over the decisions of an update.
        learning_rate: At the beginning; it falls linearly to a tenth as the budget is spent.
        gamma: Discount a decision.
        gae_lambda: Of generalised advantage estimation.
        clip: Of the probability ratio.
        entropy: Weight of the entropy bonus at the beginning; it stays.
        width: Of the network's hidden layers.
    """

    summary = "MaskablePPO, every VM scored with the same weights"

    num_envs: int = 512
    eval_every: int = 200_000
    torch_threads: int = 2
    clairvoyant: bool = False
    num_steps: int = 32
    batch_size: int = 2_048
    epochs: int = 3
    learning_rate: float = 1e-3
    gamma: float = 0.998
    gae_lambda: float = 0.95
    clip: float = 0.2
    entropy: float = 0.005
    width: int = 32

    def __post_init__(self) -> None:
        super().__post_init__()
        self.check_integers(num_envs=10**6, eval_every=10**12, torch_threads=1024)
        if self.batch_size < 1024:
            raise SpecError(f"agent.batch_size is {self.batch_size}: give at least 1024")
        if (self.num_envs * self.num_steps) % self.batch_size:
            raise SpecError(
                f"agent.batch_size is {self.batch_size}: give a divisor of num_envs x num_steps = {self.num_envs * self.num_steps}"
            )
        for name in ("learning_rate", "gamma", "gae_lambda", "clip"):
            if not 0 < getattr(self, name) <= 1:
                raise SpecError(f"agent.{name} is {getattr(self, name)}: give a number above 0, at most 1")

    def train(self, scenario: Scenario, *, seed: int, minutes: float | None, folder: Path, resume: bool) -> NetworkPolicy:
        """See `Agent.train`."""
        torch.set_num_threads(self.torch_threads)
        keep_freed_memory()
        budget = Budget(self.decisions, minutes)
        env = VecNormalize(
            EpisodesVecEnv(scenario, self.num_envs, seed=seed, clairvoyant=self.clairvoyant),
            norm_obs=False,  # the observation is scaled already
            gamma=self.gamma,
        )
        model = MaskablePPO(
            ScoringPolicy,
            env,
            n_steps=self.num_steps,
            batch_size=self.batch_size,
            n_epochs=self.epochs,
            learning_rate=lambda _: self.learning_rate * (1.0 - 0.9 * budget.spent),
            gamma=self.gamma,
            gae_lambda=self.gae_lambda,
            clip_range=self.clip,
            ent_coef=self.entropy,
            rollout_buffer_class=OneCopyBuffer,
            policy_kwargs={"width": self.width},
            seed=seed,
        )
        model.set_logger(configure(str(folder / "tensorboard"), ["tensorboard"]))
        scorer = model.policy.mlp_extractor
        if not isinstance(scorer, Scorer):
            raise TypeError("ScoringPolicy has another extractor than Scorer")
        best = self._resume(model, env, folder) if resume else float("inf")

        def save(improved: bool, figure: float) -> None:
            card = self._card(scenario, env, seed, model.num_timesteps, figure)
            weights = to_arrays(scorer.state_dict(), "scorer.")
            if improved:
                save_checkpoint(folder / BEST, weights, card)
            state = {"best": loop.best, "return_mean": float(env.ret_rms.mean), "return_var": float(env.ret_rms.var)}
            state |= {"return_count": float(env.ret_rms.count)}
            save_checkpoint(folder / LAST, weights | optimizer_arrays(model.policy.optimizer), card | state)

        loop = TrainingLoop(
            scenario,
            budget,
            policy=lambda: NetworkPolicy(scorer, self.clairvoyant),
            curve=Curve(folder, resume),
            save=save,
            seeds=VALIDATION_SEEDS[: self.eval_episodes],
            eval_every=self.eval_every,
            best=best,
        )
        model.learn(max(0, self.decisions - model.num_timesteps), callback=loop, reset_num_timesteps=False)
        return load_network_policy(folder)

    def _card(self, scenario: Scenario, env: VecNormalize, seed: int, decisions: int, figure: float) -> dict[str, Any]:
        return {
            "kind": "ppo",
            "scenario": scenario.describe(),
            "vm_features": list(vm_features(self.clairvoyant)),
            "host_features": list(host_features(scenario.build_host())),
            "width": self.width,
            "clairvoyant": self.clairvoyant,
            "seed": seed,
            "decisions": decisions,
            "validation": {"metric": scenario.objective, "value": figure, "episodes": self.eval_episodes},
            "versions": versions(),
        }

    @staticmethod
    def _resume(model: MaskablePPO, env: VecNormalize, folder: Path) -> float:
        """Puts the model where its last checkpoint was; random streams start anew. Returns the best figure so far."""
        arrays, card = load_checkpoint(folder / LAST)
        model.policy.mlp_extractor.load_state_dict(to_tensors(arrays, "scorer."))
        restore_optimizer(model.policy.optimizer, arrays)
        model.num_timesteps = card["decisions"]
        env.ret_rms.mean, env.ret_rms.var, env.ret_rms.count = card["return_mean"], card["return_var"], card["return_count"]
        return float(card["best"])


def keep_freed_memory() -> None:
    """Tells glibc to keep what torch frees: giving every temporary back to the kernel made an update 1.7 times as long."""
    mallopt = getattr(ctypes.CDLL(None), "mallopt", None)
    if mallopt is not None:
        trim_threshold, mmap_threshold = -1, -3  # M_TRIM_THRESHOLD and M_MMAP_THRESHOLD of malloc.h
        mallopt(trim_threshold, 2**31 - 1)
        mallopt(mmap_threshold, 2**30)
