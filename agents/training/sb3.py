"""What all learners on Stable-Baselines3 share: budget, evaluation, checkpoints and cards, going on after a stop."""

from __future__ import annotations

import ctypes
from abc import abstractmethod
from dataclasses import dataclass
from pathlib import Path
from typing import Any, ClassVar

from stable_baselines3.common.logger import configure
from stable_baselines3.common.vec_env import VecEnv
from torch import nn

from agents.training.agent import Agent
from agents.training.board import describe
from agents.training.budget import Budget
from agents.training.callbacks import TrainingLoop
from agents.training.checkpoint import BEST, LAST, card_of_run, has_checkpoint, load_checkpoint, save_checkpoint
from agents.training.curve import Curve
from agents.training.events import TENSORBOARD, drop_later_events
from agents.training.model_state import restore, state_of
from agents.training.tensors import to_arrays
from agents.training.torch_threads import TorchThreads, use_free_cores
from vmenv.episodes.saved import load_policy, save_policy
from vmenv.episodes.scenario import Scenario
from vmenv.errors import SpecError


@dataclass(frozen=True, kw_only=True)
class Sb3Agent(Agent):
    """A learner whose training loop is one of Stable-Baselines3.

    To write one, subclass as a frozen dataclass, set the class variables, and write the abstract methods.

    Args:
        num_envs: Environments that are stepped side by side.
        eval_every: Decisions between evaluations.
        torch_threads: Threads of the network's arithmetic at the most; fewer while other programs use the cores.
        learning_rate: At the beginning.
        gamma: Discount a decision.
        width: Of the network's hidden layers.

    Attributes:
        kind: Name in the cards of its checkpoints.
        prefix: Of the names of the network's weights there.
        evaluates_start: Whether the network is evaluated before it has learned anything: where it starts as a heuristic.
    """

    kind: ClassVar[str]
    prefix: ClassVar[str]
    evaluates_start: ClassVar[bool] = False

    num_envs: int = 512
    eval_every: int = 200_000
    torch_threads: int = 2
    learning_rate: float = 1e-3
    gamma: float = 0.998
    width: int = 32

    def __post_init__(self) -> None:
        super().__post_init__()
        self.check_integers(num_envs=10**6, eval_every=10**12, torch_threads=1024, width=10**4)

    def check_shares(self, *names: str) -> None:
        """Checks that each named field is above 0 and at most 1.

        Raises:
            SpecError: One is not.
        """
        for name in names:
            if not 0 < getattr(self, name) <= 1:
                raise SpecError(f"agent.{name} is {getattr(self, name)}: give a number above 0, at most 1")

    def check_from_zero(self, *names: str) -> None:
        """Checks that each named field is a finite number from 0.

        Raises:
            SpecError: One is not.
        """
        for name in names:
            if not 0 <= getattr(self, name) < float("inf"):
                raise SpecError(f"agent.{name} is {getattr(self, name)}: give a number from 0")

    def check_divides(self, name: str, of: str, number: int) -> None:
        """Checks that a named field divides a number.

        Args:
            name: Of the field.
            of: What the number is, in words.
            number: The number.

        Raises:
            SpecError: It does not.
        """
        if number % getattr(self, name):
            raise SpecError(f"agent.{name} is {getattr(self, name)}: give a divisor of {of} = {number}")

    @abstractmethod
    def environment(self, scenario: Any, seed: int) -> VecEnv:
        """Returns what it learns in: `num_envs` environments."""

    @abstractmethod
    def build(self, env: Any, budget: Budget, seed: int) -> Any:
        """Returns the untrained model."""

    @abstractmethod
    def network_of(self, model: Any) -> nn.Module:
        """Returns the network that is trained."""

    @abstractmethod
    def policy_of(self, network: Any) -> Any:
        """Returns the policy that plays with a network as it is now."""

    @abstractmethod
    def looks_at(self, scenario: Any) -> dict[str, Any]:
        """Returns what the card says of the network's inputs."""

    def begin(self, model: Any, env: Any) -> None:  # most learn nothing beforehand
        """Called once before a training that does not go on from a checkpoint."""

    def train(self, scenario: Scenario, *, seed: int, minutes: float | None, folder: Path, resume: bool) -> Any:
        """See `Agent.train`."""
        use_free_cores(self.torch_threads)
        keep_freed_memory()
        budget, last, run = Budget(self.decisions, minutes), folder / LAST, card_of_run(self, scenario, seed)
        env = self.environment(scenario, seed)
        model = self.build(env, budget, seed)
        kept, best, seconds = None, float("inf"), 0.0
        if resume and has_checkpoint(last):
            arrays, card = load_checkpoint(last, run)
            kept, best, seconds = card["decisions"], card["best"], card["seconds"]
            restore(model, env, arrays, card["model"])
        drop_later_events(folder, kept)
        if kept is None:
            describe(folder, scenario, run)
        curve = Curve(folder, kept)
        model.set_logger(configure(str(folder / TENSORBOARD), ["tensorboard"]))
        network = self.network_of(model)

        def save(figure: float, improved: bool) -> None:
            reached = {"decisions": model.num_timesteps, "seconds": round(budget.elapsed_s, 1)}
            if improved:
                validation = {"metric": scenario.objective, "value": figure, "episodes": self.eval_episodes}
                about = {"kind": self.kind, **run, **self.looks_at(scenario), "width": self.width, "validation": validation}
                save_policy(folder / BEST, about | reached, to_arrays(network.state_dict(), self.prefix))
            arrays, numbers = state_of(model, env)
            save_checkpoint(last, arrays, run | reached | {"best": loop.best, "model": numbers})

        budget.start(seconds)
        if kept is None:
            self.begin(model, env)
        loop = TrainingLoop(
            scenario,
            budget,
            policy=lambda: self.policy_of(network),
            curve=curve,
            save=save,
            seeds=self.validation_seeds,
            eval_every=self.eval_every,
            best=best,
            kept=kept,
            at_once=self.evaluates_start or model.num_timesteps > 0,
        )
        model.learn(
            max(0, self.decisions - model.num_timesteps), callback=[loop, TorchThreads(self.torch_threads)], reset_num_timesteps=False
        )
        return load_policy(folder)


def keep_freed_memory() -> None:
    """Tells glibc to keep what torch frees: giving every temporary back to the kernel made an update 1.7 times as long."""
    mallopt = getattr(ctypes.CDLL(None), "mallopt", None)
    if mallopt is not None:
        trim_threshold, mmap_threshold = -1, -3  # M_TRIM_THRESHOLD and M_MMAP_THRESHOLD of malloc.h
        mallopt(trim_threshold, 2**31 - 1)
        mallopt(mmap_threshold, 2**30)
