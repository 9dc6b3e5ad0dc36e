"""What trainings by search have in common: budget, evaluations, what is saved and when, going on after a stop."""

from __future__ import annotations

import dataclasses
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from agents.training.agent import Agent
from agents.training.budget import Budget
from agents.training.checkpoint import LAST, load_checkpoint, save_checkpoint, versions
from agents.training.progress import Progress
from agents.training.search import Search
from vmenv.episodes.scenario import Scenario
from vmenv.episodes.seeds import VALIDATION_SEEDS

SAVE_EVERY_S = 20.0


def search_until_spent(
    search: Search,
    budget: Budget,
    *,
    agent: Agent,
    scenario: Scenario,
    folder: Path,
    resume: bool,
    save_best: Callable[[dict[str, Any]], None],
    confirms: bool,
) -> None:
    """Searches until the budget is spent.

    Args:
        search: Before its first generation.
        budget: What may be spent.
        agent: Whose settings they are.
        scenario: What is trained on.
        folder: Of the run.
        resume: Whether to go on from the last checkpoint there.
        save_best: Writes the best point so far as a policy; it gets what the card says of how that was reached.
        confirms: Whether a point must beat the start on other episodes too before it is saved.
    """
    trials, seeds = search.trials, VALIDATION_SEEDS[: agent.eval_episodes]
    if resume:
        arrays, numbers = load_checkpoint(folder / LAST)
        search.restore(arrays, numbers)
        budget.done = trials.decisions = numbers["decisions"]

    def save_state() -> None:
        arrays, numbers = search.state()
        save_checkpoint(folder / LAST, arrays, numbers | {"decisions": trials.decisions})

    def note_best() -> None:
        validation = {"metric": scenario.objective, "value": search.best_figure, "episodes": agent.eval_episodes}
        save_best({"validation": validation, "decisions": trials.decisions, "seconds": round(budget.elapsed_s, 1)})

    with Progress(scenario, folder, budget, seeds, resume) as progress:
        search.warm_up()  # compiles before the clock starts
        budget.start()
        if not resume:
            search.evaluate_start()
            note_best()
        saved = time.monotonic()
        while budget.spent < 1.0:
            search.step()
            budget.done = trials.decisions
            if not search.evaluation_is_due and budget.spent < 1.0:
                continue
            figure, improved = search.evaluate()
            progress.report(figure)
            if improved and (not confirms or search.beats_start()):
                note_best()
            if time.monotonic() - saved > SAVE_EVERY_S:
                save_state()
                saved = time.monotonic()
        save_state()


def card_of_run(kind: str, agent: Agent, scenario: Scenario, seed: int) -> dict[str, Any]:
    """Returns what the card of a trained policy says of its training."""
    return {
        "scenario": scenario.describe(),
        "seed": seed,
        "agent": {"kind": kind, **dataclasses.asdict(agent)},
        "versions": versions(),
    }
