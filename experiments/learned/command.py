"""The command line: train what is missing, play everything, write page, picture and rows, and ship the best of each."""

from __future__ import annotations

import argparse
import csv
import io
from pathlib import Path

import numpy as np

from agents.training.checkpoint import BEST
from agents.training.curve import mean_cost
from agents.training.telling import steps
from experiments.learned.curves import BOUND, OPTIMUM, TUNED, Curve, draw_curves, read_curve
from experiments.learned.matrix import matrix
from experiments.learned.page import PAGE, PICTURE, SHAPE, document, unit
from experiments.learned.plan import PLANS, TRAINING_SEEDS, WIDE
from experiments.learned.results import Results, collect
from experiments.learned.runs import best_run, index_folder, index_policy, train_missing, train_wide, tuned_folder, tuned_heuristics
from experiments.learned.shape import draw_shapes
from experiments.learned.yardsticks import has_bound, yardstick
from vmenv.bounds.relaxation import lower_bounds
from vmenv.dispatch.kind import KIND
from vmenv.episodes.files import write_whole
from vmenv.episodes.saved import SHIPPED, copy_policy
from vmenv.episodes.seeds import VALIDATION_SEEDS

WORTH_DRAWING = 0.3  # of the best line: a lower bound would squeeze the picture


def main() -> None:
    """Makes the page."""
    parser = argparse.ArgumentParser(prog="python -m experiments.learned", description=__doc__)
    parser.add_argument("--runs", type=Path, default=Path("runs"), help="folder of the training runs")
    parser.add_argument("--results", type=Path, default=Path("experiments/results"), help="where page, picture and rows go")
    parser.add_argument("--ship", action="store_true", help="copy the best policy of each scenario into vmenv/policies/dispatch")
    given = parser.parse_args()
    for plan in PLANS:
        train_missing(plan, given.runs)
    train_wide(given.runs)
    results = []
    with steps(len(PLANS), "playing all of scenario") as step:
        for plan in PLANS:
            step(plan.scenario)
            results.append(collect(plan, given.runs))
    tuned = tuned_heuristics(PLANS[0], given.runs)
    write_whole(given.results / PAGE, document(results, given.runs, matrix(given.runs, next(iter(tuned.values())))))
    write_rows(given.results / "learned.csv", results)
    draw_shapes(index_policy(best_run(PLANS[0], given.runs)), tuned["mlfq"], given.results / SHAPE)
    draw_curves([panel(result, given.runs) for result in results if result.plan.tunes], given.results / PICTURE)
    if given.ship:
        for plan in PLANS:
            if plan.tunes:
                copy_policy(best_run(plan, given.runs) / BEST, SHIPPED / KIND.name / f"{plan.scenario}-index")
                best_tuned = tuned_folder(plan, given.runs) / next(iter(tuned_heuristics(plan, given.runs)))
                copy_policy(best_tuned, SHIPPED / KIND.name / f"{plan.scenario}-tuned")
        copy_policy(given.runs / WIDE / BEST, SHIPPED / KIND.name / WIDE)
    print(f"page: {given.results / PAGE}   picture: {given.results / PICTURE}")


def panel(result: Results, runs: Path) -> tuple[str, str, list[Curve], dict[str, tuple[float, str]]]:
    """Returns what the picture shows of a scenario, in seconds where it is a time; the lines are costs on the validation episodes."""
    objective = result.scenario.objective
    scale = 1e-6 if objective.endswith("_us") else 1.0
    curves = [read_curve(index_folder(result.plan, runs, seed)) for seed in TRAINING_SEEDS]
    name, policy = next(iter(tuned_heuristics(result.plan, runs).items()))
    seeds = VALIDATION_SEEDS[: result.plan.validation]
    lines = {f"best tuned: {name}": (scale * mean_cost(policy, result.scenario, seeds), TUNED)}
    for claim in result.plan.claims:
        rival = claim.rival
        if " " not in rival:
            lines[rival] = (scale * mean_cost(yardstick(rival), result.scenario, seeds), OPTIMUM)
    bound = scale * float(lower_bounds(result.scenario, seeds).mean()) if has_bound(result.scenario) else 0.0
    if bound > WORTH_DRAWING * min(cost for cost, _ in lines.values()):
        lines["lower bound"] = (bound, BOUND)
    label = unit(objective).replace(", ms", ", s")
    return result.plan.scenario, label, [(decisions, scale * costs) for decisions, costs in curves], lines


def write_rows(path: Path, results: list[Results]) -> None:
    """Writes the costs of all policies, one an episode, as CSV."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(["scenario", "policy", "seed", "cost"])
    for result in results:
        groups = {f"index seed {seed}": row for seed, row in zip(TRAINING_SEEDS, result.learned, strict=True)}
        groups |= result.heuristics | {f"tuned {name}": row for name, row in result.tuned.items()} | result.limits
        for name, row in groups.items():
            writer.writerows(
                [result.plan.scenario, name, seed, f"{cost:.6g}"] for seed, cost in zip(result.seeds, np.asarray(row), strict=True)
            )
    write_whole(path, text.getvalue())
