"""What an agent is: a frozen set of hyperparameters that trains policies on a scenario, found by name."""

from __future__ import annotations

import pkgutil
from abc import ABC, abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, ClassVar

import agents
from vmenv.checks import check_integer
from vmenv.episodes.scenario import Scenario
from vmenv.episodes.seeds import VALIDATION_SEEDS
from vmenv.errors import SpecError
from vmenv.registry import Registry


@dataclass(frozen=True, kw_only=True)
class Agent(ABC):
    """A learner.

    To write one, subclass as a frozen dataclass whose fields are its hyperparameters and write `train`; a file in the folder of
    its kind of decision, such as `agents/dispatch/`, with `@AGENTS.register("name")` makes it known to the command line.

    Args:
        decisions: Simulated decisions to train for.
        eval_episodes: Validation episodes of an evaluation, at most 200.

    Attributes:
        summary: What it is, in a line.
        kind_name: The kind of decision that it learns; empty: any.
    """

    summary: ClassVar[str]
    kind_name: ClassVar[str]

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

    @property
    def validation_seeds(self) -> Sequence[int]:
        """Seeds of the validation episodes of an evaluation."""
        return VALIDATION_SEEDS[: self.eval_episodes]

    @abstractmethod
    def train(self, scenario: Any, *, seed: int, minutes: float | None, folder: Path, resume: bool) -> Any:
        """Trains on `scenario` and returns the policy that was best on the validation episodes.

        It leaves that policy in `folder`, as `policy.json` and weights, and what a later run goes on from as `last.json`, without which no
        run is resumed. Every other `*.json` there that says a "kind" is a policy too, and is loaded and evaluated when training is done.

        Args:
            scenario: What to train on; subclasses name the kind that they take.
            seed: Of networks, exploration and training episodes.
            minutes: Wall-clock limit; None: until `decisions` are made.
            folder: Where checkpoints and TensorBoard files go.
            resume: Whether to go on from the last checkpoint in `folder`.
        """


class _Agents(Registry[type[Agent]]):
    """The agents of all kinds of decision: the folders beside this one."""

    def _discover(self) -> None:
        folders = pkgutil.iter_modules(agents.__path__)
        self._packages = tuple(f"agents.{found.name}" for found in folders if found.ispkg and found.name != "training")
        super()._discover()


AGENTS = _Agents("agent", base=Agent)


def check_trains_on(agent: Agent, scenario: Scenario) -> None:
    """Checks that an agent learns the kind of decision that a scenario is about.

    Raises:
        SpecError: It does not.
    """
    if agent.kind_name not in ("", scenario.kind_name):
        fit = [name for name in AGENTS.names() if AGENTS[name].kind_name in ("", scenario.kind_name)]
        raise SpecError(
            f"this agent decides about {agent.kind_name}, the scenario is about {scenario.kind_name}: give agent={' or '.join(fit)}"
        )
