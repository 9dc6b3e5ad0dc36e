"""A board from rows: for each scenario who costs how much, and over all scenarios how far everybody is behind the best."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from vmenv.episodes.kinds import KINDS
from vmenv.episodes.scenario import scenario_class
from vmenv.host.state import Floats
from vmenv.leaderboard.board import in_seconds, markdown
from vmenv.leaderboard.resampling import point
from vmenv.leaderboard.score import bootstrap_mean, paired_difference
from vmenv.leaderboard.units import Row


class Line(NamedTuple):
    """A policy, or several whose costs are the same in every episode, on one scenario."""

    policies: tuple[str, ...]
    information: str
    costs: Floats


def objective_of(row: Row) -> str:
    """Returns the metric that ranks on the scenario of a row."""
    objective: str = json.loads(row["parameters"])["objective"]
    return objective


def lines_of(rows: Sequence[Row]) -> dict[str, list[Line]]:
    """Returns for each scenario its lines, the best first; policies with the same costs share one."""
    groups: dict[str, dict[str, list[Row]]] = defaultdict(lambda: defaultdict(list))
    for row in rows:
        groups[row["scenario"]][row["policy"]].append(row)
    found = {}
    for scenario, policies in groups.items():
        objective = objective_of(next(iter(policies.values()))[0])
        same: dict[bytes, tuple[list[str], str, Floats]] = {}
        for policy, own in policies.items():
            costs = np.array([row[objective] for row in sorted(own, key=lambda row: row["seed"])])
            same.setdefault(costs.tobytes(), ([], own[0]["information"], costs))[0].append(policy)
        found[scenario] = sorted(
            (Line(tuple(names), told, costs) for names, told, costs in same.values()), key=lambda line: line.costs.mean()
        )
    return found


def document(rows: Sequence[Row]) -> str:
    """Returns the board as Markdown."""
    parts = []
    for scenario, lines in lines_of(rows).items():
        objective = objective_of(next(row for row in rows if row["scenario"] == scenario))
        label, scale = in_seconds(objective)
        rivals = KINDS[scenario_class(scenario).kind_name].rivals
        references = {name: line for name in rivals for line in lines if name in line.policies}
        head = ["policy", "sees", f"{label}, mean", "median", "without the worst 1 %", *(f"minus {name}" for name in references)]
        body = [
            [" = ".join(line.policies), line.information, *_figures(line, scale), *_differences(line, references, scale)] for line in lines
        ]
        parts.append(f"## {scenario}\n\n{len(lines[0].costs)} episodes, 95 % intervals, lower is better.\n\n{markdown([head, *body])}")
    return "\n".join(parts)


def _figures(line: Line, scale: float) -> list[str]:
    costs = line.costs[None] * scale
    return [str(bootstrap_mean(costs[0])), *(f"{point(costs, statistic):.2f}" for statistic in ("median", "trimmed mean"))]


def _differences(line: Line, references: dict[str, Line], scale: float) -> list[str]:
    return ["-" if other is line else str(paired_difference(line.costs, other.costs).times(scale)) for other in references.values()]
