"""Compare all schedulers and trained policies on the frozen evaluation episodes: `python -m experiments.leaderboard scenario=thrash`."""

from __future__ import annotations

import csv
import io
import json
import os
from collections.abc import Iterator
from dataclasses import asdict
from pathlib import Path
from typing import Any

from hydra.core.hydra_config import HydraConfig
from omegaconf import DictConfig
from rich.console import Console
from rich.table import Table

from agents.checkpoint import BEST, LAST, versions, write_whole
from agents.policy import information_of, load_trained
from experiments.hydra_app import build_scenario, run
from experiments.picture import draw_board
from vmenv.board import Rows, make_board, markdown, table
from vmenv.errors import VmenvError
from vmenv.evaluation import evaluate
from vmenv.policy import Policy
from vmenv.scenarios.base import EVALUATION_SEEDS, Scenario
from vmenv.schedulers.base import SCHEDULERS, Scheduler, make_scheduler

REFERENCES = ("tsrr", "rap")
VARIANTS = {  # beside every scheduler with its defaults
    "tsp aging": make_scheduler("tsp", aging_per_s=1.0),
    "rap attained": make_scheduler("rap", rule="attained"),
    "rrp asc": make_scheduler("rrp", order="asc"),
    "mlfq resident": make_scheduler("mlfq", threshold_us=1_000_000.0, ratio=4.0, resident_first=True),
}


def trained(folder: Path, scenario: Scenario, console: Console) -> Iterator[tuple[str, Scheduler | Policy, str]]:
    """Yields name, policy and information class of what every training run of exactly this scenario left."""
    for file in sorted(folder.glob("*/*.json")):
        stem = file.with_suffix("")
        card = json.loads(file.read_text())
        if "kind" not in card or stem.name == LAST:
            continue
        name = stem.parent.name if stem.name == BEST else f"{stem.parent.name}-{stem.name}"
        if card["scenario"] != scenario.describe():
            console.print(f"{stem.parent} was trained on another scenario or other parameters: left out")
            continue
        try:
            policy = load_trained(stem)
            yield name, policy, information_of(policy)
        except VmenvError as error:
            console.print(f"{stem.parent} is left out: {error}")


def contestants(config: DictConfig, scenario: Scenario, console: Console) -> Iterator[tuple[str, Scheduler | Policy, str]]:
    """Yields name, policy and information class of all that are compared."""
    for name in SCHEDULERS.names():
        scheduler = make_scheduler(name)
        yield name, scheduler, scheduler.information
    for name, scheduler in VARIANTS.items():
        yield name, scheduler, scheduler.information
    if config.policies:
        yield from trained(Path(config.runs), scenario, console)


def write_rows(path: Path, results: dict[str, Rows]) -> None:
    """Writes the raw rows, one an episode and policy, as CSV."""
    text = io.StringIO()
    fields = ["policy", *next(iter(results.values()))[0]]
    writer = csv.DictWriter(text, fields, lineterminator="\n")
    writer.writeheader()
    for name, rows in results.items():
        writer.writerows({"policy": name, **row} for row in rows)
    write_whole(path, text.getvalue())


def compare(config: DictConfig) -> None:
    """Plays everything, prints the table, writes rows, table and picture."""
    name = HydraConfig.get().runtime.choices["scenario"]
    scenario = build_scenario(config, name)
    console = Console(width=None if os.isatty(1) else 160)
    results: dict[str, Rows] = {}
    information: dict[str, str] = {}
    for policy_name, policy, sees in contestants(config, scenario, console):
        with console.status(f"playing {policy_name}"):
            results[policy_name] = evaluate(policy, scenario, EVALUATION_SEEDS)
        information[policy_name] = sees
    board = make_board(results, information, scenario.objective, REFERENCES, config.resamples)
    cells = table(board, scenario.objective, REFERENCES)

    shown = Table(title=f"{name}: {len(EVALUATION_SEEDS)} evaluation episodes, 95 % bootstrap intervals, lower is better")
    for k, heading in enumerate(cells[0]):
        shown.add_column(heading, justify="left" if k < 2 else "right")
    for row in cells[1:]:
        shown.add_row(*row, style="bold" if row[0] not in SCHEDULERS and row[0] not in VARIANTS else None)
    console.print(shown)

    folder = Path(config.results)
    write_rows(folder / f"{name}.csv", results)
    write_whole(folder / f"{name}.md", document(name, scenario, cells))
    draw_board(board, scenario.objective, set(results) - set(SCHEDULERS.names()) - set(VARIANTS), folder / f"{name}.png")
    console.print(f"table: {folder / f'{name}.md'}   picture: {folder / f'{name}.png'}   rows: {folder / f'{name}.csv'}")


def document(name: str, scenario: Scenario, cells: list[list[str]]) -> str:
    """Returns the Markdown page."""
    parameters: dict[str, Any] = {key: value for key, value in asdict(scenario).items() if value is not None}
    return (
        f"# {name}\n\n"
        f"Generated by `python -m experiments.leaderboard scenario={name}`. Evaluation episodes {EVALUATION_SEEDS.start} to "
        f"{EVALUATION_SEEDS.stop - 1}, disjoint from all training seeds; 95 % percentile bootstrap intervals over episodes, differences "
        f"paired by episode; lower is better. Raw rows: [{name}.csv]({name}.csv).\n\n"
        f"Scenario: {', '.join(f'{key}={value}' for key, value in parameters.items())}.\n\n"
        f"{markdown(cells)}\n"
        f"![cost of every policy]({name}.png)\n\n"
        f"Versions: {', '.join(f'{key} {value}' for key, value in versions().items())}.\n"
    )


if __name__ == "__main__":
    run(compare, "leaderboard")
