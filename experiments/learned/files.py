"""What the program writes beside the page: pictures, rows, and the policies that come with vmenv."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from agents.training.checkpoint import BEST
from experiments.learned.curves import BOUND, OPTIMUM, TUNED, Panel, begun_at, read_curve
from experiments.learned.plan import ALONE, ON_FORMULA, TRAINING_SEEDS, WIDE, Plan
from experiments.learned.playing import Player
from experiments.learned.results import Results
from experiments.learned.runs import FORMULA, INDEX, best_run, is_complete, run_folder, tuned_picks, validation
from experiments.learned.units import unit
from experiments.learned.yardsticks import LOWER_BOUND, bounds, has_bound, yardstick
from vmenv.dispatch.kind import KIND
from vmenv.episodes.files import write_whole
from vmenv.episodes.saved import SHIPPED, copy_policy, note_in_card, read_card
from vmenv.episodes.seeds import VALIDATION_SEEDS

WORTH_DRAWING = 0.3  # of the best line: a lower bound would squeeze the picture


def panel(result: Results, runs: Path, player: Player) -> Panel:
    """Returns what the picture shows of a scenario, in seconds where it is a time; the lines are costs on the validation episodes."""
    plan, scenario = result.plan, result.scenario
    scale = 1e-6 if scenario.objective.endswith("_us") else 1.0
    formulas = [run_folder(plan.scenario, FORMULA, runs, seed) for seed in TRAINING_SEEDS]
    networks = [run_folder(plan.scenario, INDEX, runs, seed) for seed in TRAINING_SEEDS]
    seeds = VALIDATION_SEEDS[: plan.validation]
    rival = np.mean([player.costs(policy, scenario, seeds) for policy in result.rival.policies])
    lines = {result.rival.name.partition(" (")[0]: (scale * float(rival), TUNED)}
    for name in plan.yardsticks:
        lines[name] = (scale * float(player.costs(yardstick(name), scenario, seeds).mean()), OPTIMUM)
    if has_bound(scenario):
        bound = scale * float(player.kept(lambda: bounds(scenario, seeds), scenario, seeds, LOWER_BOUND).mean())
        if bound > WORTH_DRAWING * min(cost for cost, _ in lines.values()):
            lines[LOWER_BOUND] = (bound, BOUND)
    first = [read_curve(folder, scale=scale) for folder in formulas]
    after = max(float(decisions[-1]) for decisions, _ in first) if plan.builds_on == ON_FORMULA else 0.0
    then = [read_curve(folder, after, scale) for folder in networks]
    if plan.builds_on != ALONE:  # what a network plays before it has learned anything
        grounds = [folder / BEST for folder in formulas] if plan.builds_on == ON_FORMULA else tuned_picks(plan.scenario, runs)
        then = [begun_at((after, scale * validation(stem)), curve) for stem, curve in zip(grounds, then, strict=True)]
    return Panel(plan.scenario, unit(scenario.objective).replace(", ms", ", s"), first, then, lines)


def write_rows(path: Path, results: Sequence[Results]) -> None:
    """Writes the costs of all policies as CSV: a line for each, a column for each evaluation episode."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    num_episodes = max(len(result.seeds) for result in results)
    writer.writerow(["scenario", "policy", *(f"seed {seed}" for seed in range(num_episodes))])
    for result in results:
        groups = {f"{agent} seed {k}": row for agent, rows in result.costs.items() for k, row in enumerate(rows)}
        groups |= result.heuristics | {f"tuned {name}": row for name, row in result.tuned.items()} | result.limits
        for name, row in groups.items():
            empty = [""] * (num_episodes - len(row))  # the controls have fewer, and schedules are searched for some only
            writer.writerow([result.name, name, *(f"{cost:.6g}" for cost in row), *empty])
    write_whole(path, text.getvalue())


def ship(plans: Sequence[Plan], runs: Path, target: Path = SHIPPED / KIND.name) -> None:
    """Copies the best network, the best formula and the best tuned heuristic of each scenario, by validation; nothing on the controls."""
    copies = {}
    for plan in plans:
        if not plan.optimum:
            for agent in (INDEX, FORMULA):
                copies[f"{plan.scenario}-{agent}"] = best_run(plan.scenario, agent, runs) / BEST
            copies[f"{plan.scenario}-tuned"] = min(tuned_picks(plan.scenario, runs), key=validation)
    if is_complete(runs / WIDE):
        copies[WIDE] = runs / WIDE / BEST
    for name, source in copies.items():
        copy_policy(source, target / name)
        told = json.dumps(read_card(source)).replace(f"{runs}/", "runs/")  # where the runs lay is nobody's business
        note_in_card(target / name, {key: value for key, value in json.loads(told).items() if key in ("agent", "command")})
