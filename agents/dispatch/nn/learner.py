"""What the learners on Stable-Baselines3 share: batched environment, scaled rewards, budget, evaluation, cards, going on after a stop."""

from __future__ import annotations

import ctypes
import dataclasses
from abc import abstractmethod
from dataclasses import dataclass
from pathlib import Path
from typing import Any, ClassVar

import torch
from stable_baselines3.common.base_class import BaseAlgorithm
from stable_baselines3.common.logger import configure
from stable_baselines3.common.vec_env import VecNormalize

from agents.dispatch.nn.networks import Scorer
from agents.dispatch.nn.policy import NetworkPolicy, load_network_policy
from agents.dispatch.nn.vec_env import EpisodesVecEnv, ScaledRewards
from agents.training.agent import Agent
from agents.training.budget import Budget
from agents.training.callbacks import TrainingLoop
from agents.training.checkpoint import BEST, LAST, load_checkpoint, save_checkpoint, versions
from agents.training.curve import Curve
from agents.training.tensors import optimizer_arrays, restore_optimizer, to_arrays, to_tensors
from vmenv.dispatch.observation import host_features, vm_features
from vmenv.dispatch.scenario import VALIDATION_SEEDS, Scenario
from vmenv.errors import SpecError


@dataclass(frozen=True, kw_only=True)
class Sb3Agent(Agent):
    """A learner whose network is `agents.dispatch.nn.networks.Scorer` and whose training loop is one of Stable-Baselines3.

    To write one, subclass as a frozen dataclass, set `kind`, and write `build` and `scorer_of`.

    Args:
        num_envs: Environments that are stepped side by side.
        eval_every: Decisions between evaluations.
        torch_threads: Threads of the network's arithmetic.
        clairvoyant: Whether the policy sees the work left: an upper bound, not a fair competitor.
        history: Whether the policy sees what the episode has taught so far about the sizes of each label (tenant), and announced sizes.
        learning_rate: At the beginning; it falls linearly to a tenth as the budget is spent.
        gamma: Discount a decision.
        width: Of the network's hidden layers.

    Attributes:
        kind: Name in the cards of its checkpoints.
    """

    kind: ClassVar[str]

    num_envs: int = 512
    eval_every: int = 200_000
    torch_threads: int = 2
    clairvoyant: bool = False
    history: bool = False
    learning_rate: float = 1e-3
    gamma: float = 0.998
    width: int = 32

    def __post_init__(self) -> None:
        super().__post_init__()
        self.check_integers(num_envs=10**6, eval_every=10**12, torch_threads=1024, width=10**4)
        self.check_shares("learning_rate", "gamma")
        vm_features(self.clairvoyant, self.history)  # refuses both

    def check_shares(self, *names: str) -> None:
        """Checks that each named field is above 0 and at most 1.

        Raises:
            SpecError: One is not.
        """
        for name in names:
            if not 0 < getattr(self, name) <= 1:
                raise SpecError(f"agent.{name} is {getattr(self, name)}: give a number above 0, at most 1")

    def environment(self, scenario: Scenario, seed: int) -> VecNormalize:
        """Returns what it learns in: `num_envs` environments, whose rewards are scaled."""
        vec = EpisodesVecEnv(scenario, self.num_envs, seed=seed, clairvoyant=self.clairvoyant, history=self.history)
        return ScaledRewards(vec, self.gamma)

    @abstractmethod
    def build(self, env: VecNormalize, budget: Budget, seed: int) -> BaseAlgorithm:
        """Returns the untrained model."""

    @abstractmethod
    def scorer_of(self, model: BaseAlgorithm) -> Scorer:
        """Returns the network that is trained."""

    def copies_of(self, model: BaseAlgorithm) -> tuple[Scorer, ...]:
        """Returns the networks that start as copies of it, such as the target of Q-learning."""
        return ()

    def falling_rate(self, budget: Budget) -> Any:
        """Returns the learning rate as the function that SB3 asks for."""
        return lambda _: self.learning_rate * (1.0 - 0.9 * budget.spent)

    def begin(self, model: BaseAlgorithm, env: VecNormalize) -> None:
        """Called once before a training that does not go on from a checkpoint."""

    def train(self, scenario: Scenario, *, seed: int, minutes: float | None, folder: Path, resume: bool) -> NetworkPolicy:
        """See `Agent.train`."""
        torch.set_num_threads(self.torch_threads)
        keep_freed_memory()
        budget = Budget(self.decisions, minutes)
        env = self.environment(scenario, seed)
        model = self.build(env, budget, seed)
        model.set_logger(configure(str(folder / "tensorboard"), ["tensorboard"]))
        scorer = self.scorer_of(model)
        best = float("inf")
        if resume:
            best = self.restore(model, env, folder)
        else:
            self.begin(model, env)

        def save(improved: bool, figure: float) -> None:
            card = self._card(scenario, seed, model.num_timesteps, figure)
            weights = to_arrays(scorer.state_dict(), "scorer.")
            if improved:
                save_checkpoint(folder / BEST, weights, card)
            state = {"best": loop.best, "return_mean": float(env.ret_rms.mean), "return_var": float(env.ret_rms.var)}
            state |= {"return_count": float(env.ret_rms.count)}
            save_checkpoint(folder / LAST, weights | optimizer_arrays(model.policy.optimizer), card | state)

        loop = TrainingLoop(
            scenario,
            budget,
            policy=lambda: NetworkPolicy(scorer, self.clairvoyant, self.history),
            curve=Curve(folder, resume),
            save=save,
            seeds=VALIDATION_SEEDS[: self.eval_episodes],
            eval_every=self.eval_every,
            best=best,
            at_once=not resume and model.num_timesteps > 0,
        )
        model.learn(max(0, self.decisions - model.num_timesteps), callback=loop, reset_num_timesteps=False)
        return load_network_policy(folder)

    def _card(self, scenario: Scenario, seed: int, decisions: int, figure: float) -> dict[str, Any]:
        return {
            "kind": self.kind,
            "scenario": scenario.describe(),
            "vm_features": list(vm_features(self.clairvoyant, self.history)),
            "host_features": list(host_features(scenario.build_host())),
            "width": self.width,
            "clairvoyant": self.clairvoyant,
            "history": self.history,
            "seed": seed,
            "agent": dataclasses.asdict(self),
            "decisions": decisions,
            "validation": {"metric": scenario.objective, "value": figure, "episodes": self.eval_episodes},
            "versions": versions(),
        }

    def restore(self, model: BaseAlgorithm, env: VecNormalize, folder: Path) -> float:
        """Puts the model where its last checkpoint was; random streams start anew. Returns the best figure so far."""
        arrays, card = load_checkpoint(folder / LAST)
        if card.get("kind") != self.kind:
            raise SpecError(f"{folder} holds a run of agent={card.get('kind')}: resume it with that agent, or give another folder")
        weights = to_tensors(arrays, "scorer.")
        for scorer in (self.scorer_of(model), *self.copies_of(model)):
            scorer.load_state_dict(weights)
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
