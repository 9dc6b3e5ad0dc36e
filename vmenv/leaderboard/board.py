"""The leaderboard: policies on the same frozen episodes, in order of their cost, beside reference policies."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from vmenv.episodes.kinds import Column
from vmenv.errors import SpecError
from vmenv.leaderboard.score import Interval, bootstrap_mean, paired_difference

Rows = Sequence[Mapping[str, Any]]


@dataclass(frozen=True)
class Entry:
    """A policy's line.

    Attributes:
        name: Of the policy.
        information: What it may look at.
        score: Mean of the objective over the episodes.
        columns: What else is shown: means over the episodes, by the heading of the column.
        differences: Score minus that of each reference policy, paired.
        missing: What it needs and these episodes do not tell, so that it plays another rule than its own: it is not ranked.
    """

    name: str
    information: str
    score: Interval
    columns: dict[str, str]
    differences: dict[str, Interval]
    missing: tuple[str, ...] = ()


def make_board(
    results: Mapping[str, Rows],
    information: Mapping[str, str],
    objective: str,
    references: Sequence[str],
    columns: Sequence[Column] = (),
    resamples: int = 10_000,
    missing: Mapping[str, Sequence[str]] | None = None,
) -> list[Entry]:
    """Returns the entries, the best first; behind them those that are not ranked.

    Args:
        results: For each policy its rows of `vmenv.evaluate`.
        information: For each policy its information class.
        objective: The metric that ranks.
        references: Policies that all are compared with.
        columns: Metrics that are shown beside the objective.
        resamples: Of the bootstrap.
        missing: What policies need and the episodes do not tell, by policy, as `vmenv.dispatch.scheduler.inputs_missing` says.

    Raises:
        SpecError: The policies were not played on the same episodes.
    """
    seeds = {name: [row["seed"] for row in rows] for name, rows in results.items()}
    first = next(iter(seeds))
    for name, own in seeds.items():
        if own != seeds[first]:
            raise SpecError(f"{name!r} and {first!r} were played on different episodes: play both on the same seeds")
    costs = {name: np.array([row[objective] for row in rows], np.float64) for name, rows in results.items()}
    entries = [
        Entry(
            name=name,
            information=information[name],
            score=bootstrap_mean(costs[name], resamples),
            columns={column.label: _shown(column, rows) for column in columns},
            differences={
                reference: paired_difference(costs[name], costs[reference], resamples) for reference in references if reference != name
            },
            missing=tuple((missing or {}).get(name, ())),
        )
        for name, rows in results.items()
    ]
    return sorted(entries, key=lambda entry: (bool(entry.missing), entry.score.mean))


def _shown(column: Column, rows: Rows) -> str:
    return f"{column.scale * float(np.mean([row[column.metric] for row in rows])):.{column.digits}f}"


def in_seconds(objective: str) -> tuple[str, float]:
    """Returns how an objective is shown: its name with the unit, and what its values are multiplied with. Times are in seconds."""
    plain = objective.removesuffix("_us").replace("_", " ")
    return (f"{plain}, s", 1e-6) if objective.endswith("_us") else (plain, 1.0)


def table(entries: Sequence[Entry], objective: str, references: Sequence[str]) -> list[list[str]]:
    """Returns the board as cells, the headings first. Intervals are 95 %."""
    label, scale = in_seconds(objective)
    others = [heading for heading in entries[0].columns if heading != label]  # the objective may be one of them
    head = ["policy", "sees", label, *others, *(f"minus {reference}" for reference in references)]
    body = [
        [
            entry.name,
            f"not ranked: no {', '.join(entry.missing)}" if entry.missing else entry.information,
            str(entry.score.times(scale)),
            *(entry.columns[heading] for heading in others),
            *(str(entry.differences[reference].times(scale)) if reference in entry.differences else "-" for reference in references),
        ]
        for entry in entries
    ]
    return [head, *body]


def markdown(cells: Sequence[Sequence[str]], num_texts: int = 2) -> str:
    """Returns cells as a Markdown table, the headings first; columns after the first `num_texts` are set to the right, as numbers are."""
    lines = ["| " + " | ".join(row) + " |" for row in cells]
    rule = "| " + " | ".join("---" if k < num_texts else "---:" for k in range(len(cells[0]))) + " |"
    return "\n".join([lines[0], rule, *lines[1:]]) + "\n"
