"""What trainings by search have in common: budget, evaluations, what is saved and when, going on after a stop."""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any, Protocol

from agents.training.agent import Agent
from agents.training.budget import Budget
from agents.training.checkpoint import LAST, card_of_run, has_checkpoint, load_checkpoint, save_checkpoint
from agents.training.finalists import Finalists
from agents.training.progress import Progress
from agents.training.search import FEW
from vmenv.episodes.saved import Arrays, Card
from vmenv.episodes.scenario import Scenario
from vmenv.episodes.seeds import JUDGING_SEEDS, VALIDATION_SEEDS

JUDGING_PART, LEAST_JUDGED = 0.1, 50  # of a limit of minutes; fewer episodes say less than those that chose the finalists


class Plays(Protocol):
    """What plays, and counts.

    Attributes:
        decisions: Made so far.
    """

    decisions: int


class Searching(Protocol):
    """What a search is, whatever it searches for.

    Attributes:
        best_figure: Cost of the best point so far on the validation episodes.
    """

    best_figure: float

    @property
    def trials(self) -> Plays:
        """What plays the candidates."""

    def warm_up(self) -> None:
        """Compiles what is played."""

    def evaluate_start(self) -> None:
        """Plays the start on the validation episodes."""

    def step(self) -> None:
        """Plays one generation."""

    @property
    def evaluation_is_due(self) -> bool:
        """Whether enough generations have passed."""

    def evaluate(self) -> tuple[float, bool]:
        """Plays what is best by training on the validation episodes; returns its cost, and whether that is the best so far."""

    def beats_start(self) -> bool:
        """Returns whether the best point costs less than the start, by more than chance explains."""

    def add_finalist(self) -> None:
        """Makes the best point one of those that are judged at the end."""

    def judge(self, seeds: Sequence[int], confirms: bool) -> bool:
        """Takes the best of the finalists on these episodes for the best point; returns whether there are any.

        Args:
            seeds: Of the episodes.
            confirms: Whether it must then cost less than the start on as many other episodes, by more than chance explains; else the start
                is the best point.
        """

    def state(self) -> tuple[Arrays, dict[str, Any]]:
        """Returns arrays and numbers from which `restore` goes on."""

    def restore(self, arrays: Arrays, numbers: dict[str, Any]) -> None:
        """Goes on from `state()` of an earlier search with the same settings."""


def search_until_spent(
    search: Searching,
    budget: Budget,
    *,
    agent: Agent,
    scenario: Scenario,
    seed: int,
    folder: Path,
    resume: bool,
    save_best: Callable[[Card], None],
    confirms: bool,
    judged_episodes: int = 0,
) -> None:
    """Searches until the budget is spent.

    Args:
        search: Before its first generation.
        budget: What may be spent.
        agent: Whose settings they are.
        scenario: What is trained on.
        seed: Of the search.
        folder: Of the run.
        resume: Whether to go on from the last checkpoint there, if there is one.
        save_best: Writes the best point so far as a policy; it gets what the card says of how that was trained.
        confirms: Whether a point must beat the start on other episodes too before it is saved.
        judged_episodes: Fresh episodes on which the last of the best points are judged at the end; 0: the best by validation wins. With a
            limit of minutes they are as many as a small part of the time allows.
    """
    seeds, last = VALIDATION_SEEDS[: agent.eval_episodes], folder / LAST
    run = card_of_run(agent, scenario, seed)
    resume = resume and has_checkpoint(last)

    def note_best() -> None:
        validation = {"metric": scenario.objective, "value": search.best_figure, "episodes": agent.eval_episodes}
        reached = {"validation": validation, "decisions": budget.done, "seconds": round(budget.elapsed_s, 1)}
        save_best(run | reached)

    search.warm_up()  # compiles before the clock starts
    kept = load_search(last, search, budget, run)["decisions"] if resume else None
    with Progress(scenario, folder, budget, seeds, kept) as progress:
        if kept is None:
            begin_search(search, budget)
            note_best()
            save_search(last, search, budget, run)
        judges = reserve(search, budget, judged_episodes)
        for figure, improved in evaluations(search, budget, until=1.0):
            progress.report(figure)
            if improved:
                search.add_finalist()
                if not confirms or search.beats_start():
                    note_best()
            save_search(last, search, budget, run)
    if judges and search.judge(judges, confirms):
        note_best()


def reserve(search: Searching, budget: Budget, judged_episodes: int) -> Sequence[int]:
    """Keeps time for judging, and returns the seeds of the episodes on which the finalists will be judged."""
    if math.isinf(budget.seconds) or not judged_episodes:
        return JUDGING_SEEDS[:judged_episodes]
    begun = time.monotonic()
    search.beats_start()
    took_s = (time.monotonic() - begun) / (2 * FEW) * Finalists.num_plays(judged_episodes)
    part = min(1.0, JUDGING_PART * budget.seconds / took_s)
    budget.reserved_s = part * took_s
    return JUDGING_SEEDS[: int(part * judged_episodes)] if part * judged_episodes >= LEAST_JUDGED else ()


def begin_search(search: Searching, budget: Budget) -> None:
    """Starts the clock and evaluates the start."""
    budget.start()
    search.evaluate_start()


def evaluations(search: Searching, budget: Budget, until: float) -> Iterator[tuple[float, bool]]:
    """Searches until this share of the budget is spent, and yields the result of every evaluation."""
    while budget.spent < until:
        search.step()
        budget.done = search.trials.decisions
        if search.evaluation_is_due or budget.spent >= until:
            yield search.evaluate()


def save_search(stem: Path, search: Searching, budget: Budget, run: Card) -> None:
    """Writes what a search goes on from; at evaluations, so that how often does not depend on the clock."""
    arrays, numbers = search.state()
    save_checkpoint(stem, arrays, run | {"search": numbers, "decisions": search.trials.decisions, "seconds": budget.elapsed_s})


def load_search(stem: Path, search: Searching, budget: Budget, run: Card) -> Card:
    """Lets a search go on from its last checkpoint, as if it had never stopped, and returns the checkpoint's card.

    Raises:
        SpecError: The checkpoint is of another training.
    """
    arrays, card = load_checkpoint(stem, run)
    search.restore(arrays, card["search"])
    budget.done = search.trials.decisions = card["decisions"]
    budget.start(card["seconds"])
    return card
