"""The command line: train what is missing, play everything, write page, pictures and rows, and ship the best of each."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

from agents.training.telling import steps
from experiments.learned import elsewhere
from experiments.learned.curves import draw_curves
from experiments.learned.dots import draw_dots, row_of
from experiments.learned.files import panel, ship, write_rows
from experiments.learned.matrix import matrix
from experiments.learned.page import CURVES, DOTS, PAGE, SHAPE, document
from experiments.learned.plan import PLANS, WIDE, Plan
from experiments.learned.playing import Player
from experiments.learned.results import collect
from experiments.learned.runs import INDEX, best_run, index_policy, is_complete, missing, tuned_heuristics
from experiments.learned.shape import draw_shapes
from experiments.learned.training import train_missing, train_wide
from vmenv.episodes.files import write_whole
from vmenv.errors import SpecError, VmenvError, suggestion

COSTS = "costs"  # a folder beside the runs


def main(arguments: Sequence[str] | None = None) -> None:
    """Makes the page."""
    given = parser().parse_args(arguments)
    try:
        make(given, chosen(given.only))
    except VmenvError as error:
        sys.exit(f"error: {error}")


def parser() -> argparse.ArgumentParser:
    """Returns what reads the command line."""
    found = argparse.ArgumentParser(prog="python -m experiments.learned", description=__doc__)
    found.add_argument("--runs", type=Path, default=Path("runs"), help="folder of the training runs")
    found.add_argument("--results", type=Path, default=Path("experiments/results"), help="where page, pictures and rows go")
    found.add_argument("--only", default="", metavar="SCENARIO[,SCENARIO]", help="these scenarios, in training and on the page")
    found.add_argument("--ship", action="store_true", help="copy the best policies of each scenario into vmenv/policies/dispatch")
    which = found.add_mutually_exclusive_group()
    which.add_argument("--train-only", action="store_true", help="train what is missing and write nothing")
    which.add_argument("--no-train", action="store_true", help="a page of the runs that are there; scenarios that lack some are left out")
    return found


def chosen(only: str) -> list[Plan]:
    """Returns the plans of the named scenarios, or all.

    Raises:
        SpecError: There is no plan for one of them.
    """
    names = [name.strip() for name in only.split(",")] if only else [plan.scenario for plan in PLANS]
    known = {plan.scenario: plan for plan in PLANS}
    for name in names:
        if name not in known:
            raise SpecError(f"--only names {name!r}: {suggestion(name, known)}")
    return [plan for plan in PLANS if plan.scenario in names]


def make(given: argparse.Namespace, plans: list[Plan]) -> None:
    """Does what the command line says."""
    player = Player(given.runs / COSTS)
    if not given.no_train:
        for plan in plans:
            train_missing(plan, given.runs)
            elsewhere.retune_missing(plan, given.runs, player)
        if not given.only:
            train_wide(given.runs)
    absent = {plan.scenario: lacking for plan in plans if (lacking := missing(plan, given.runs))}
    for name, lacking in absent.items():
        others = f" and {len(lacking) - 1} other runs" if len(lacking) > 1 else ""
        print(f"{name} is left out, for want of {lacking[0]}{others}", file=sys.stderr)
    plans = [plan for plan in plans if plan.scenario not in absent]
    if given.train_only:
        return
    if not plans:
        raise SpecError(f"{given.runs} holds no scenario's runs in full: leave --no-train away, or give another --runs")
    write(given.runs, given.results, plans, player, list(absent))
    if given.ship:
        ship(plans, given.runs)


def write(runs: Path, folder: Path, plans: list[Plan], player: Player, absent: list[str]) -> None:
    """Plays what the runs hold, and writes page, pictures and rows."""
    results, transfers = [], []
    with steps(len(plans), "playing all of scenario") as step:
        for plan in plans:
            step(plan.scenario)
            results.append(collect(plan, runs, player))
            transfers += elsewhere.transfers(plan, runs, player, results[-1].rival)
    section, shapes = "", False
    if plans[0].scenario == "thrash":
        tuned = tuned_heuristics("thrash", runs)
        section = matrix(runs, next(iter(tuned.values())), player) if is_complete(runs / WIDE) else ""
        shapes = "mlfq" in tuned
        if shapes:
            draw_shapes(index_policy(best_run("thrash", INDEX, runs)), tuned["mlfq"], folder / SHAPE)
    draw_dots([row_of(result) for result in results], folder / DOTS)
    draw_curves([panel(result, runs, player) for result in results], folder / CURVES)
    write_rows(folder / "learned.csv", results)
    write_whole(folder / PAGE, document(results, runs, transfers, section, absent, shapes))
    print(f"page: {folder / PAGE}   pictures: {folder / DOTS}, {folder / CURVES}")
