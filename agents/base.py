"""What an agent is: a frozen set of hyperparameters that trains a policy on a scenario, found by name."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar

from vmenv.host.spec import check_integer
from vmenv.policy import Policy
from vmenv.registry import Registry
from vmenv.scenarios.base import Scenario


@dataclass(frozen=True, kw_only=True)
class Agent:
    """A learner.

    To write one, subclass as a frozen dataclass whose fields are its hyperparameters and write `train`; a file in `agents/` with
    `@AGENTS.register("name")` makes it known to the command line.

    Args:
        decisions: Decisions to train for.
        num_envs: Environments that are stepped side by side.
        eval_every: Decisions between evaluations.
        eval_episodes: Validation episodes of an evaluation.
        torch_threads: Threads of the network's arithmetic.
        clairvoyant: Whether the policy sees the work left: an upper bound, not a fair competitor.
    """

    summary: ClassVar[str]

    decisions: int = 6_000_000
    num_envs: int = 512
    eval_every: int = 200_000
    eval_episodes: int = 32
    torch_threads: int = 2
    clairvoyant: bool = False

    def __post_init__(self) -> None:
        for name in ("decisions", "num_envs", "eval_every", "eval_episodes", "torch_threads"):
            check_integer(f"agent.{name}", getattr(self, name), least=1, most=10**12)

    def train(self, scenario: Scenario, *, seed: int, minutes: float | None, folder: Path, resume: bool) -> Policy:
        """Trains on `scenario` and returns the policy that was best on the validation episodes.

        Args:
            scenario: What to train on.
            seed: Of networks, exploration and training episodes.
            minutes: Wall-clock limit; None: until `decisions` are made.
            folder: Where checkpoints and TensorBoard files go.
            resume: Whether to go on from the last checkpoint in `folder`.
        """
        raise NotImplementedError


AGENTS: Registry[type[Agent]] = Registry("agent", "agents")
