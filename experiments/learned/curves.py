"""The learning curves of all training seeds, a panel for each scenario, beside the rival and the yardsticks as lines."""

from __future__ import annotations

import csv
import io
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

import numpy as np
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from agents.training.curve import CURVE
from vmenv.episodes.files import write_whole
from vmenv.host.state import Floats

LEARNED, FORMULA, TUNED, OPTIMUM, BOUND = "#c1440e", "#e69f00", "#3b6ea5", "#555555", "#999999"
LEAST_GAP = 0.07  # of the height, between two labels
LEAST_ROOM = 0.02  # of a cost, shown at least: rounding is not to look like learning
Curve = tuple[Floats, Floats]  # decisions, cost on the validation episodes


class Panel(NamedTuple):
    """What the picture shows of a scenario.

    Attributes:
        name: Of the scenario.
        unit: Of its cost.
        formulas: A curve for each training seed.
        networks: The same of what builds on them.
        lines: Name to (cost, colour).
    """

    name: str
    unit: str
    formulas: Sequence[Curve]
    networks: Sequence[Curve]
    lines: Mapping[str, tuple[float, str]]


def read_curve(folder: Path, after: float = 0.0, scale: float = 1.0) -> Curve:
    """Returns the learning curve of a run that begins after so many decisions, costs times `scale`."""
    with (folder / CURVE).open() as file:
        rows = list(csv.DictReader(file))
    return np.array([after + float(row["decisions"]) for row in rows]), scale * np.array([float(row["validation"]) for row in rows])


def begun_at(start: tuple[float, float], curve: Curve) -> Curve:
    """Returns a curve with a point (decisions, cost) before its first."""
    return np.append(start[0], curve[0]), np.append(start[1], curve[1])


def draw_curves(panels: Sequence[Panel], path: Path) -> None:
    """Writes the picture as PNG."""
    columns = min(2, len(panels))
    rows = -(-len(panels) // columns)
    figure = Figure(figsize=(6 * columns, 3.1 * rows), layout="constrained")
    for k, panel in enumerate(panels):
        draw_panel(figure.add_subplot(rows, columns, k + 1), panel)
    handles = [Line2D([], [], color=colour, lw=1.2) for colour in (FORMULA, LEARNED)]
    figure.legend(handles, ["formulas", "networks on their base"], loc="outside upper center", frameon=False, fontsize=9, ncols=2)
    picture = io.BytesIO()
    FigureCanvasAgg(figure).print_png(picture)
    write_whole(path, picture.getvalue())


def draw_panel(axes: Axes, panel: Panel) -> None:
    """Draws one scenario."""
    ends = []
    for colour, curves in ((FORMULA, panel.formulas), (LEARNED, panel.networks)):
        for decisions, costs in curves:
            best = np.minimum.accumulate(costs)
            axes.plot(decisions / 1e6, best, color=colour, lw=1.2, alpha=0.8, marker="o", ms=3, markevery=[len(best) - 1])
            ends.append(float(best[-1]))
    shown = [*ends, *(cost for cost, _ in panel.lines.values())]
    low, high = min(shown), max(shown)
    room = max(high - low, LEAST_ROOM * abs(high)) or 1.0
    bottom, top = low - 0.08 * room, high + 0.25 * room
    heights = spread([(cost - bottom) / (top - bottom) for cost, _ in panel.lines.values()], LEAST_GAP)
    for (label, (cost, colour)), height in zip(panel.lines.items(), heights, strict=True):
        axes.axhline(cost, color=colour, lw=1, ls="--")
        axes.annotate(label, (1.01, height), xycoords="axes fraction", va="center", fontsize=8, color=colour, annotation_clip=False)
    axes.set_ylim(bottom, top)
    axes.set_xlim(left=0.0)
    axes.set_title(panel.name, loc="left", fontsize=10)
    axes.set_xlabel("decisions, millions")
    axes.set_ylabel(panel.unit)
    axes.spines[["top", "right"]].set_visible(False)


def spread(heights: Sequence[float], gap: float) -> list[float]:
    """Returns heights in the same order that lie at least `gap` apart, and as near the given ones as pushing upwards allows."""
    found, last = list(heights), -np.inf
    for k in np.argsort(heights, kind="stable"):
        found[k] = last = max(heights[k], last + gap)
    return found
