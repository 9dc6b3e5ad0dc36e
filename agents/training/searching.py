"""What trainings by search have in common: budget, evaluations, what is saved and when, going on after a stop."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

from agents.training.agent import Agent
from agents.training.budget import Budget
from agents.training.checkpoint import LAST, card_of_run, has_checkpoint, load_checkpoint, save_checkpoint
from agents.training.progress import Progress
from agents.training.search import Search
from vmenv.episodes.saved import Card
from vmenv.episodes.scenario import Scenario
from vmenv.episodes.seeds import VALIDATION_SEEDS


def search_until_spent(
    search: Search,
    budget: Budget,
    *,
    agent: Agent,
    scenario: Scenario,
    seed: int,
    folder: Path,
    resume: bool,
    save_best: Callable[[Card], None],
    confirms: bool,
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
    """
    seeds, last = VALIDATION_SEEDS[: agent.eval_episodes], folder / LAST
    run = card_of_run(agent, scenario, seed)
    resume = resume and has_checkpoint(last)

    def note_best() -> None:
        validation = {"metric": scenario.objective, "value": search.best_figure, "episodes": agent.eval_episodes}
        reached = {"validation": validation, "decisions": search.trials.decisions, "seconds": round(budget.elapsed_s, 1)}
        save_best(run | reached)

    search.warm_up()  # compiles before the clock starts
    kept = load_search(last, search, budget, run)["decisions"] if resume else None
    with Progress(scenario, folder, budget, seeds, kept) as progress:
        if kept is None:
            begin_search(search, budget)
            note_best()
            save_search(last, search, budget, run)
        for figure, improved in evaluations(search, budget, until=1.0):
            progress.report(figure)
            if improved and (not confirms or search.beats_start()):
                note_best()
            save_search(last, search, budget, run)


def begin_search(search: Search, budget: Budget) -> None:
    """Starts the clock and evaluates the start."""
    budget.start()
    search.evaluate_start()


def evaluations(search: Search, budget: Budget, until: float) -> Iterator[tuple[float, bool]]:
    """Searches until this share of the budget is spent, and yields the result of every evaluation."""
    while budget.spent < until:
        search.step()
        budget.done = search.trials.decisions
        if search.evaluation_is_due or budget.spent >= until:
            yield search.evaluate()


def save_search(stem: Path, search: Search, budget: Budget, run: Card) -> None:
    """Writes what a search goes on from; at evaluations, so that how often does not depend on the clock."""
    arrays, numbers = search.state()
    save_checkpoint(stem, arrays, run | {"search": numbers, "decisions": search.trials.decisions, "seconds": budget.elapsed_s})


def load_search(stem: Path, search: Search, budget: Budget, run: Card) -> Card:
    """Lets a search go on from its last checkpoint, as if it had never stopped, and returns the checkpoint's card.

    Raises:
        SpecError: The checkpoint is of another training.
    """
    arrays, card = load_checkpoint(stem, run)
    search.restore(arrays, card["search"])
    budget.done = search.trials.decisions = card["decisions"]
    budget.start(card["seconds"])
    return card
