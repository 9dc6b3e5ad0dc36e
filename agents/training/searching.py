"""What trainings by search have in common: what a search is, when it is evaluated, what is saved, going on after a stop."""

from __future__ import annotations

import math
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, Protocol

from agents.training.budget import Budget
from agents.training.checkpoint import load_checkpoint, save_checkpoint
from agents.training.finalists import Finalists
from agents.training.incumbent import FEW, Incumbent
from vmenv.episodes.saved import Arrays, Card
from vmenv.episodes.seeds import JUDGING_SEEDS

JUDGING_PART, LEAST_JUDGED = 0.1, 50  # of a limit of minutes; fewer episodes say less than those that chose the finalists


class Searching(Protocol):
    """What a search is, whatever it searches for."""

    @property
    def incumbent(self) -> Incumbent[Any]:
        """The best point so far."""

    def step(self) -> None:
        """Plays one generation."""

    @property
    def evaluation_is_due(self) -> bool:
        """Whether enough generations have passed."""

    def evaluate(self) -> tuple[float, bool]:
        """Lets what is best by training challenge the incumbent; returns its cost there, and whether that is the best so far."""

    def state(self) -> tuple[Arrays, dict[str, Any]]:
        """Returns arrays and numbers from which `restore` goes on."""

    def restore(self, arrays: Arrays, numbers: dict[str, Any]) -> None:
        """Goes on from `state()` of an earlier search with the same settings."""


def evaluations(search: Searching, budget: Budget, until: float) -> Iterator[tuple[float, bool]]:
    """Searches until this share of the budget is spent, and yields the result of every evaluation."""
    while budget.spent < until:
        search.step()
        budget.done = search.incumbent.trials.decisions
        if search.evaluation_is_due or budget.spent >= until:
            yield search.evaluate()


def reserve(incumbent: Incumbent[Any], budget: Budget, judged_episodes: int) -> Sequence[int]:
    """Keeps time for judging, and returns the seeds of the episodes on which the finalists will be judged."""
    if math.isinf(budget.seconds) or not judged_episodes:
        return JUDGING_SEEDS[:judged_episodes]
    begun = time.monotonic()
    incumbent.beats_start()
    took_s = (time.monotonic() - begun) / (2 * FEW) * Finalists.num_plays(judged_episodes)
    part = min(1.0, JUDGING_PART * budget.seconds / took_s)
    budget.reserved_s = part * took_s
    return JUDGING_SEEDS[: int(part * judged_episodes)] if part * judged_episodes >= LEAST_JUDGED else ()


def save_search(stem: Path, search: Searching, budget: Budget, run: Card) -> None:
    """Writes what a search goes on from; at evaluations, so that how often does not depend on the clock."""
    arrays, numbers = search.state()
    reached = {"decisions": search.incumbent.trials.decisions, "seconds": budget.elapsed_s}
    save_checkpoint(stem, arrays, run | {"search": numbers} | reached)


def load_search(stem: Path, search: Searching, budget: Budget, run: Card) -> Card:
    """Lets a search go on from its last checkpoint, as if it had never stopped, and returns the checkpoint's card.

    Raises:
        SpecError: The checkpoint is of another training.
    """
    arrays, card = load_checkpoint(stem, run)
    search.restore(arrays, card["search"])
    budget.done = search.incumbent.trials.decisions = card["decisions"]
    budget.start(card["seconds"])
    return card
