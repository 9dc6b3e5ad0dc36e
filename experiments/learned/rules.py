"""The rules in words: what the rival does, and the best formula, which anyone can read."""

from __future__ import annotations

import inspect
from collections.abc import Sequence

from experiments.learned.results import Results
from experiments.learned.runs import FORMULA
from experiments.learned.verdicts import shown
from vmenv.dispatch.scheduler import Scheduler
from vmenv.leaderboard.board import markdown
from vmenv.leaderboard.score import Interval, paired_ratio

NEAR = 1.03  # formula / learned: what a network may gain at the most where the formula is said to do as well
INTRODUCTION = (
    "## Rules in words\n\n"
    "The rival with its parameters, the best of its runs on the validation episodes; and likewise the best formula, in which numbers are "
    "rounded to three digits. Formula / learned compares each network with the formula of the same seed; within 3 %: whether the whole "
    "interval is, so that the formula says nearly all that was learned.\n\n"
)


def rules(results: Sequence[Results]) -> str:
    """Returns the section."""
    cells = [["scenario", "rival", "its rule", "formula", "terms", "formula / learned", "within 3 %"]]
    for result in results:
        ratio, rival = paired_ratio(result.costs[FORMULA], result.learned, same_runs=True), result.rival
        told = [described(rival.best, rival.kind), first_sentence(rival.best), quoted(str(result.formula))]
        cells.append([result.name, *told, str(result.formula.num_terms), shown(ratio), nearness(ratio)])
    return INTRODUCTION + markdown(cells, num_texts=4)


def nearness(ratio: Interval) -> str:
    """Returns whether formulas do as well as networks."""
    return "yes" if ratio.high <= NEAR else "in the mean, not the whole interval" if ratio.mean <= NEAR else "no"


def described(scheduler: Scheduler, name: str) -> str:
    """Returns name and parameters of a heuristic."""
    values = parameters(scheduler)
    return f"`{name}` with {values}" if values else f"`{name}`"


def parameters(scheduler: Scheduler) -> str:
    """Returns the parameters that tuning may change."""
    return ", ".join(f"{key}={float(getattr(scheduler, key)):.4g}" for key in type(scheduler).tunable)


def first_sentence(scheduler: Scheduler) -> str:
    """Returns what the class says of itself in its first line."""
    return (inspect.getdoc(type(scheduler)) or "").split("\n\n")[0].replace("\n", " ")


def quoted(rule: str) -> str:
    """Returns a rule with its expressions as code."""
    before, _, after = rule.partition("largest ")
    score, waits, wait = after.partition("; waits if all are worth less than ")
    return f"{before}largest `{score}`" + (f"{waits}`{wait}`" if waits else "")
