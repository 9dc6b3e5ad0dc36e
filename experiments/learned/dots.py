"""The main comparison as dots with intervals: a row for each scenario, costs beside the rival's."""

from __future__ import annotations

import io
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure

from experiments.learned.results import Results
from experiments.learned.runs import FORMULA, GENERALIST, INDEX, PPO
from experiments.learned.yardsticks import GANG_OPTIMAL, LOWER_BOUND
from vmenv.episodes.files import write_whole
from vmenv.leaderboard.score import Interval

MOST_ROWS = 20
COLOURS = {INDEX: "#c1440e", FORMULA: "#e69f00", GENERALIST: "#2a7f62", PPO: "#7b4fa3"}
LABELS = {INDEX: "learned", FORMULA: "formula", GENERALIST: "generalist", PPO: "PPO"}
RIVAL_COLOUR, LIMIT_COLOUR = "#3b6ea5", "#333333"
LEAST, MOST = 0.4, 1.7  # of the axis; what lies beyond is set at its end
TICKS = (0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 1.0, 1.1, 1.2, 1.3, 1.4, 1.5, 1.6)


class Row(NamedTuple):
    """What is drawn of a scenario.

    Attributes:
        name: Of the scenario.
        rival: What its rival is called.
        ratios: Of each agent with runs, cost / cost of the rival.
        limit: Optimum or bound / cost of the rival; None: not known.
    """

    name: str
    rival: str
    ratios: dict[str, Interval]
    limit: float | None


def row_of(result: Results) -> Row:
    """Returns what is drawn of a scenario."""
    known = [result.limits[name].mean() for name in (GANG_OPTIMAL, LOWER_BOUND) if name in result.limits]
    limit = 1.0 if result.plan.optimum else float(known[0] / result.rival_costs.mean()) if known else None
    return Row(
        result.name, result.rival.name.partition(" (")[0], {agent: result.ratio(agent) for agent in COLOURS if agent in result.costs}, limit
    )


def draw_dots(rows: Sequence[Row], path: Path) -> None:
    """Writes the picture as PNG.

    Args:
        rows: Of the scenarios, at most MOST_ROWS.
        path: Of the picture.
    """
    if len(rows) > MOST_ROWS:
        raise ValueError(f"{len(rows)} rows: a picture has at most {MOST_ROWS}")
    figure = Figure(figsize=(9.5, 1.6 + 0.62 * len(rows)), layout="constrained")
    axes = figure.add_subplot()
    ends = [x for row in rows for ratio in row.ratios.values() for x in (ratio.low, ratio.high)] + [1.0]
    low, high = max(LEAST, 0.93 * min(ends)), min(MOST, 1.07 * max(ends))
    low, high = min(low, 0.9), max(high, 1.1)
    for place, row in enumerate(rows):
        draw_row(axes, place, row, low, high)
    axes.axvline(1.0, color=RIVAL_COLOUR, lw=0.8, alpha=0.5, zorder=0)
    axes.set_xscale("log")
    axes.set_xlim(low, high)
    axes.set_xticks([tick for tick in TICKS if low <= tick <= high], [f"{tick:g}" for tick in TICKS if low <= tick <= high])
    axes.set_xticks([], minor=True)
    axes.set_yticks(range(len(rows)), [f"{row.name}\n{row.rival}" for row in rows], fontsize=8)
    axes.set_ylim(len(rows) - 0.4, -0.6)
    axes.set_xlabel("cost / cost of the best rival (log scale, 95 % intervals; lower is better)")
    axes.spines[["top", "right"]].set_visible(False)
    legend = [(axes.plot([], [], "o", color=RIVAL_COLOUR)[0], "best rival")]
    legend += [
        (axes.plot([], [], "o", color=COLOURS[agent])[0], LABELS[agent]) for agent in COLOURS if any(agent in r.ratios for r in rows)
    ]
    legend.append((axes.plot([], [], "|", color=LIMIT_COLOUR, ms=11, mew=2)[0], "optimum or bound"))
    handles, labels = zip(*legend, strict=True)
    figure.legend(handles, labels, loc="outside upper center", frameon=False, fontsize=9, ncols=len(legend))
    picture = io.BytesIO()
    FigureCanvasAgg(figure).print_png(picture)
    write_whole(path, picture.getvalue())


def draw_row(axes: Axes, place: int, row: Row, low: float, high: float) -> None:
    """Draws one scenario: its dots one below the other, so that none hides another; an arrow with the number is for what lies beyond."""
    axes.plot(1.0, place - 0.3, "o", color=RIVAL_COLOUR, ms=5)
    gap = 0.6 / max(len(row.ratios), 1)
    for k, (agent, ratio) in enumerate(row.ratios.items(), start=1):
        height, colour = place - 0.3 + k * gap, COLOURS[agent]
        if ratio.mean <= high:
            axes.plot([max(ratio.low, low), min(ratio.high, high)], [height, height], color=colour, lw=1.6)
            axes.plot(max(ratio.mean, low), height, "o", color=colour, ms=5)
        else:
            beyond(axes, high, height, ratio.mean, colour, to_left=False)
    if row.limit is not None and row.limit >= low:
        axes.plot(row.limit, place, "|", color=LIMIT_COLOUR, ms=18, mew=1.5, zorder=1)
    elif row.limit is not None:
        beyond(axes, low, place + 0.38, row.limit, LIMIT_COLOUR, to_left=True)
    axes.axhline(place + 0.5, color="#dddddd", lw=0.6, zorder=0)


def beyond(axes: Axes, edge: float, height: float, value: float, colour: str, to_left: bool) -> None:
    """Draws an arrow at the edge of the picture, and writes the number beside it."""
    axes.plot(edge, height, "<" if to_left else ">", color=colour, ms=5, clip_on=False)
    shift, align = (6, "left") if to_left else (-6, "right")
    axes.annotate(
        f"{value:.3g}", (edge, height), xytext=(shift, 0), textcoords="offset points", ha=align, va="center", fontsize=7, color=colour
    )
