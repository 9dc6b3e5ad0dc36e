"""What the program writes beside the page: pictures, rows, and the policies that come with vmenv."""

from __future__ import annotations

import csv
import io
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from agents.training.checkpoint import BEST
from experiments.learned.curves import BOUND, OPTIMUM, TUNED, Panel, read_curve
from experiments.learned.plan import TRAINING_SEEDS, WIDE, Plan
from experiments.learned.playing import Player
from experiments.learned.results import Results
from experiments.learned.runs import FORMULA, INDEX, best_run, card, is_complete, run_folder, tuned_picks, validation
from experiments.learned.units import unit
from experiments.learned.yardsticks import LOWER_BOUND, bounds, has_bound, yardstick
from vmenv.dispatch.kind import KIND
from vmenv.episodes.files import write_whole
from vmenv.episodes.saved import SHIPPED, copy_policy
from vmenv.episodes.seeds import VALIDATION_SEEDS

WORTH_DRAWING = 0.3  # of the best line: a lower bound would squeeze the picture


def panel(result: Results, runs: Path, player: Player) -> Panel:
    """Returns what the picture shows of a scenario, in seconds where it is a time; the lines are costs on the validation episodes."""
    plan, scenario = result.plan, result.scenario
    scale = 1e-6 if scenario.objective.endswith("_us") else 1.0
    formulas = [run_folder(plan.scenario, FORMULA, runs, seed) for seed in TRAINING_SEEDS]
    networks = [run_folder(plan.scenario, INDEX, runs, seed) for seed in TRAINING_SEEDS]
    after = max(card(folder / BEST)["agent"]["decisions"] for folder in formulas)
    seeds = VALIDATION_SEEDS[: plan.validation]
    rival = np.mean([player.costs(policy, scenario, seeds) for policy in result.rival.policies])
    lines = {result.rival.name.partition(" (")[0]: (scale * float(rival), TUNED)}
    for name in plan.yardsticks:
        lines[name] = (scale * float(player.costs(yardstick(name), scenario, seeds).mean()), OPTIMUM)
    if has_bound(scenario):
        bound = scale * float(player.kept(lambda: bounds(scenario, seeds), scenario, seeds, LOWER_BOUND).mean())
        if bound > WORTH_DRAWING * min(cost for cost, _ in lines.values()):
            lines[LOWER_BOUND] = (bound, BOUND)
    curves = [read_curve(folder, scale=scale) for folder in formulas], [read_curve(folder, after, scale) for folder in networks]
    return Panel(plan.scenario, unit(scenario.objective).replace(", ms", ", s"), *curves, lines)


def write_rows(path: Path, results: Sequence[Results]) -> None:
    """Writes the costs of all policies, one an episode, as CSV."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(["scenario", "policy", "seed", "cost"])
    for result in results:
        groups = {f"{agent} seed {k}": row for agent, rows in result.costs.items() for k, row in enumerate(rows)}
        groups |= result.heuristics | {f"tuned {name}": row for name, row in result.tuned.items()} | result.limits
        for name, row in groups.items():  # of searched schedules there are fewer
            writer.writerows([result.name, name, seed, f"{cost:.6g}"] for seed, cost in zip(result.seeds, row, strict=False))
    write_whole(path, text.getvalue())


def ship(plans: Sequence[Plan], runs: Path, target: Path = SHIPPED / KIND.name) -> None:
    """Copies the best network, the best formula and the best tuned heuristic of each scenario, by validation; nothing on the controls."""
    for plan in plans:
        if not plan.optimum:
            for agent in (INDEX, FORMULA):
                copy_policy(best_run(plan.scenario, agent, runs) / BEST, target / f"{plan.scenario}-{agent}")
            copy_policy(min(tuned_picks(plan.scenario, runs), key=validation), target / f"{plan.scenario}-tuned")
    if is_complete(runs / WIDE):
        copy_policy(runs / WIDE / BEST, target / WIDE)
