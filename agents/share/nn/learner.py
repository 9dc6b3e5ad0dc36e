"""What the learners of shares on Stable-Baselines3 have in common: environments, evaluation, checkpoints, going on after a stop."""

from __future__ import annotations

import dataclasses
from abc import abstractmethod
from dataclasses import dataclass
from pathlib import Path
from typing import Any, ClassVar

import torch
from stable_baselines3.common.logger import configure

from agents.dispatch.nn.learner import keep_freed_memory
from agents.share.nn.networks import ShareNetworkPolicy, Weigher
from agents.share.nn.vec_env import ShareVecEnv
from agents.training.agent import Agent
from agents.training.budget import Budget
from agents.training.callbacks import TrainingLoop
from agents.training.checkpoint import BEST, LAST, load_checkpoint, save_checkpoint, versions
from agents.training.curve import Curve
from agents.training.tensors import to_arrays, to_tensors
from vmenv.dispatch.scenario import VALIDATION_SEEDS
from vmenv.errors import SpecError
from vmenv.share.network import PREFIX
from vmenv.share.observation import vm_features
from vmenv.share.saved import load_share_policy
from vmenv.share.scenario import ShareScenario
from vmenv.share.scheduler import LearnedSharePolicy


@dataclass(frozen=True, kw_only=True)
class ShareLearner(Agent):
    """A learner whose actor is `agents.share.nn.networks.Weigher`. To write one, set `kind`, and write `build` and `weigher_of`.

    Args:
        num_envs: Environments that are stepped side by side.
        eval_every: Decisions between evaluations.
        torch_threads: Threads of the network's arithmetic.
        learning_rate: It stays.
        gamma: Discount an interval. 0 is right where demand is lost: nothing that comes later depends on the weights. With queues give .99.
        width: Of the hidden layers.
        reward_scale: What rewards are multiplied by.

    Attributes:
        kind: Name in the cards of its checkpoints.
    """

    kind: ClassVar[str]
    decides = "share"

    num_envs: int = 32
    eval_every: int = 10_000
    torch_threads: int = 1
    learning_rate: float = 3e-4
    gamma: float = 0.0
    width: int = 32
    reward_scale: float = 10.0

    def __post_init__(self) -> None:
        super().__post_init__()
        self.check_integers(num_envs=10**6, eval_every=10**12, torch_threads=1024, width=10**4)
        for name in ("learning_rate", "reward_scale"):
            if not 0 < getattr(self, name) < float("inf"):
                raise SpecError(f"agent.{name} is {getattr(self, name)}: give a number above 0")
        if not 0 <= self.gamma <= 1:
            raise SpecError(f"agent.gamma is {self.gamma}: give a number from 0 to 1")

    @abstractmethod
    def build(self, env: ShareVecEnv, seed: int) -> Any:
        """Returns the untrained model."""

    @abstractmethod
    def weigher_of(self, model: Any) -> Weigher:
        """Returns the network that is trained."""

    def environment(self, scenario: ShareScenario, seed: int) -> ShareVecEnv:
        """Returns what it is trained on."""
        return ShareVecEnv(scenario, self.num_envs, seed=seed, reward_scale=self.reward_scale)

    def train(self, scenario: ShareScenario, *, seed: int, minutes: float | None, folder: Path, resume: bool) -> LearnedSharePolicy:
        """See `Agent.train`. A run that is resumed goes on with its networks; optimiser and replay begin anew."""
        torch.set_num_threads(self.torch_threads)
        keep_freed_memory()
        budget = Budget(self.decisions, minutes)
        model = self.build(self.environment(scenario, seed), seed)
        model.set_logger(configure(str(folder / "tensorboard"), ["tensorboard"]))
        best = self._restore(model, folder) if resume else float("inf")
        weigher = self.weigher_of(model)

        def save(improved: bool, figure: float) -> None:
            card = {
                "kind": self.kind,
                "scenario": scenario.describe(),
                "vm_features": list(vm_features()),
                "width": self.width,
                "seed": seed,
                "agent": dataclasses.asdict(self),
                "decisions": model.num_timesteps,
                "validation": {"metric": scenario.objective, "value": figure, "episodes": self.eval_episodes},
                "versions": versions(),
            }
            if improved:
                save_checkpoint(folder / BEST, to_arrays(weigher.state_dict(), PREFIX), card)
            save_checkpoint(folder / LAST, to_arrays(model.policy.state_dict(), "model."), card | {"best": loop.best})

        loop = TrainingLoop(
            scenario,
            budget,
            policy=lambda: ShareNetworkPolicy(weigher),
            curve=Curve(folder, resume),
            save=save,
            seeds=VALIDATION_SEEDS[: self.eval_episodes],
            eval_every=self.eval_every,
            best=best,
            at_once=not resume,
        )
        model.learn(max(0, self.decisions - model.num_timesteps), callback=loop, reset_num_timesteps=False)
        return load_share_policy(folder)

    def _restore(self, model: Any, folder: Path) -> float:
        arrays, card = load_checkpoint(folder / LAST)
        if card.get("kind") != self.kind:
            raise SpecError(f"{folder} holds a run of agent={card.get('kind')}: resume it with that agent, or give another folder")
        model.policy.load_state_dict(to_tensors(arrays, "model."))
        model.num_timesteps = card["decisions"]
        return float(card["best"])
