"""Compare all schedulers and trained policies on the frozen evaluation episodes: `python -m experiments.leaderboard scenario=thrash`."""

from __future__ import annotations

import csv
import io
import os
from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np
from hydra.core.hydra_config import HydraConfig
from omegaconf import DictConfig
from rich.console import Console
from rich.table import Table

from agents.training.checkpoint import versions
from agents.training.telling import steps
from experiments.contestants import Contestant, best_of, chosen, contestants
from experiments.hydra_app import build_scenario, check_flag, make_folder, names_in, run
from experiments.picture import draw_board
from vmenv.bounds.relaxation import BOUNDED_OBJECTIVES, lower_bounds
from vmenv.checks import check_integer
from vmenv.dispatch.scenario import DispatchScenario
from vmenv.dispatch.scheduler import Scheduler, inputs_missing
from vmenv.episodes.evaluation import evaluate
from vmenv.episodes.files import write_whole
from vmenv.episodes.scenario import Scenario
from vmenv.episodes.seeds import EVALUATION_SEEDS
from vmenv.errors import SpecError
from vmenv.leaderboard.board import Rows, make_board, markdown, table
from vmenv.leaderboard.score import paired_ratio


def headline(learned: Contestant | None, tuned: Contestant | None, results: dict[str, Rows], objective: str) -> str:
    """Returns the sentence that compares the best learned policy with the best tuned heuristic."""
    if learned is None or tuned is None:
        return ""
    own, others = (np.array([row[objective] for row in results[c.name]]) for c in (learned, tuned))
    ratio = paired_ratio(own, others)
    less = f"{100 * (1 - ratio.mean):.1f} % [{100 * (1 - ratio.high):.1f}, {100 * (1 - ratio.low):.1f}]"
    return (
        f"Learned against tuned: `{learned.name}` costs {less} less than the best tuned heuristic, `{tuned.name}`, on the same episodes. "
        "Each is the best of its kind on the validation episodes."
    )


def write_rows(path: Path, results: dict[str, Rows]) -> None:
    """Writes the raw rows, one an episode and policy, as CSV."""
    text = io.StringIO()
    fields = ["policy", *next(iter(results.values()))[0]]
    writer = csv.DictWriter(text, fields, lineterminator="\n")
    writer.writeheader()
    for name, rows in results.items():
        writer.writerows({"policy": name, **row} for row in rows)
    write_whole(path, text.getvalue())


def check(config: DictConfig, named: Mapping[str, str]) -> Scenario:
    """Returns the scenario, if it can be had.

    Raises:
        SpecError: A value is out of range.
    """
    check_integer("resamples", config.resamples, least=1, most=10**7)
    check_flag("policies", config.policies)
    names_in("only", config.only)
    names_in("entries", config.entries)
    scenario: Scenario = build_scenario(config, named["scenario"])
    return scenario


def compare(config: DictConfig) -> None:
    """Plays everything, prints the table, writes rows, table and picture."""
    name = HydraConfig.get().runtime.choices["scenario"]
    scenario = check(config, {"scenario": name})
    folder = make_folder("results", config.results)
    console = Console(width=None if os.isatty(1) else 160)
    results: dict[str, Rows] = {}
    everyone = chosen(names_in("only", config.only), list(contestants(config, scenario, console)), scenario)
    with steps(len(everyone), "playing") as step:
        for contestant in everyone:
            step(contestant.name)
            results[contestant.name] = evaluate(contestant.policy, scenario, EVALUATION_SEEDS)
    learned, tuned = (best_of(origin, everyone, scenario) for origin in ("learned", "tuned"))
    kind = scenario.kind
    references = (*kind.rivals, *([] if tuned is None else [tuned.name]))
    information = {contestant.name: contestant.information for contestant in everyone}
    work = scenario.episode(EVALUATION_SEEDS[0])
    missing = {c.name: inputs_missing(c.policy, work) for c in everyone if isinstance(c.policy, Scheduler)}
    board = make_board(results, information, scenario.objective, references, kind.columns, config.resamples, missing)
    cells = table(board, scenario.objective, references)
    told = headline(learned, tuned, results, scenario.objective)
    origins = {contestant.name: contestant.origin for contestant in everyone}

    shown = Table(title=f"{name}: {len(EVALUATION_SEEDS)} evaluation episodes, 95 % bootstrap intervals, lower is better")
    for k, heading in enumerate(cells[0]):
        shown.add_column(heading, justify="left" if k < 2 else "right")
    for row in cells[1:]:
        shown.add_row(*row, style="bold" if origins[row[0]] in ("learned", "own") else None)
    console.print(shown)
    if told:
        console.print(told)

    write_rows(folder / f"{name}.csv", results)
    write_whole(folder / f"{name}.md", document(name, scenario, told, cells))
    title = f"{name}: {len(EVALUATION_SEEDS)} evaluation episodes"
    bound = mean_bound(scenario)
    draw_board(board, scenario.objective, origins, folder / f"{name}.png", title=title, references=references, bound=bound)
    console.print(f"table: {folder / f'{name}.md'}   picture: {folder / f'{name}.png'}   rows: {folder / f'{name}.csv'}")


def mean_bound(scenario: Scenario) -> float | None:
    """Returns what no policy costs less than on the evaluation episodes, on the mean; None where that is not known."""
    if not isinstance(scenario, DispatchScenario) or scenario.objective not in BOUNDED_OBJECTIVES:
        return None
    try:
        return float(lower_bounds(scenario, EVALUATION_SEEDS).mean())
    except SpecError:  # a horizon, or migrations
        return None


def document(name: str, scenario: Scenario, told: str, cells: list[list[str]]) -> str:
    """Returns the Markdown page."""
    parameters: dict[str, Any] = {key: value for key, value in asdict(scenario).items() if value is not None}
    return (
        f"# {name}\n\n"
        f"Generated by `python -m experiments.leaderboard scenario={name}`. Evaluation episodes {EVALUATION_SEEDS.start} to "
        f"{EVALUATION_SEEDS.stop - 1}, disjoint from all training seeds; 95 % percentile bootstrap intervals over episodes, differences "
        f"paired by episode; lower is better. Raw rows: [{name}.csv]({name}.csv).\n\n"
        f"Scenario: {', '.join(f'{key}={value}' for key, value in parameters.items())}.\n\n"
        + (f"{told}\n\n" if told else "")
        + f"{markdown(cells)}\n"
        f"![cost of every policy]({name}.png)\n\n"
        f"Versions: {', '.join(f'{key} {value}' for key, value in versions().items())}.\n"
    )


if __name__ == "__main__":
    run(compare, "leaderboard", check)
