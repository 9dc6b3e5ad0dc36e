"""What an agent is: a frozen set of hyperparameters that trains policies on a scenario, found by name."""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass
from pathlib import Path
from typing import Any, ClassVar

from vmenv.checks import check_integer
from vmenv.dispatch.scenario import VALIDATION_SEEDS, Scenario
from vmenv.registry import Registry
from vmenv.share.scenario import ShareScenario

AnyScenario = Scenario | ShareScenario


@dataclass(frozen=True, kw_only=True)
class Agent(ABC):
    """A learner.

    To write one, subclass as a frozen dataclass whose fields are its hyperparameters and write `train`; a file in `agents/` with
    `@AGENTS.register("name")` makes it known to the command line.

    Args:
        decisions: Simulated decisions to train for.
        eval_episodes: Validation episodes of an evaluation, at most 200.
    """

    summary: ClassVar[str]
    decides: ClassVar[str] = "dispatch"  # the kind of scenario that it trains on, `decides` of the scenario

    decisions: int = 6_000_000
    eval_episodes: int = 32

    def __post_init__(self) -> None:
        self.check_integers(decisions=10**12, eval_episodes=len(VALIDATION_SEEDS))

    def check_integers(self, **most: int) -> None:
        """Checks that each named field is a whole number from 1 to the given one.

        Raises:
            SpecError: One is not.
        """
        for name, largest in most.items():
            check_integer(f"agent.{name}", getattr(self, name), least=1, most=largest)

    @abstractmethod
    def train(self, scenario: Any, *, seed: int, minutes: float | None, folder: Path, resume: bool) -> Any:
        """Trains on `scenario` and returns the policies that were best on the validation episodes, by name; most agents train one.

        Args:
            scenario: What to train on, a `Scenario` or a `ShareScenario`, as `decides` says; subclasses name the one that they take.
            seed: Of networks, exploration and training episodes.
            minutes: Wall-clock limit; None: until `decisions` are made.
            folder: Where checkpoints and TensorBoard files go.
            resume: Whether to go on from the last checkpoint in `folder`.
        """


AGENTS: Registry[type[Agent]] = Registry("agent", "agents.dispatch", "agents.share")
