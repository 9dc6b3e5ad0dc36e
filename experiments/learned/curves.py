"""The learning curves of all training seeds, a panel for each scenario, beside the best heuristic and the yardstick as lines."""

from __future__ import annotations

import csv
import io
from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from matplotlib.ticker import NullFormatter

from agents.training.curve import CURVE
from vmenv.episodes.files import write_whole
from vmenv.host.state import Floats

LEARNED, TUNED, OPTIMUM, BOUND = "#c1440e", "#3b6ea5", "#555555", "#999999"
Curve = tuple[Floats, Floats]  # decisions, cost on the validation episodes


def read_curve(folder: Path) -> Curve:
    """Returns the learning curve of a run."""
    with (folder / CURVE).open() as file:
        rows = list(csv.DictReader(file))
    return np.array([float(row["decisions"]) for row in rows]), np.array([float(row["validation"]) for row in rows])


def draw_curves(panels: Sequence[tuple[str, str, Sequence[Curve], Mapping[str, tuple[float, str]]]], path: Path) -> None:
    """Writes the picture as PNG.

    Args:
        panels: For each scenario its name, the unit of its cost, the curves, and the lines: name to (cost, colour).
        path: Of the picture.
    """
    columns = 2
    rows = -(-len(panels) // columns)
    figure = Figure(figsize=(10, 3.1 * rows), layout="constrained")
    for k, (name, unit, curves, lines) in enumerate(panels):
        draw_panel(figure.add_subplot(rows, columns, k + 1), name, unit, curves, lines)
    picture = io.BytesIO()
    FigureCanvasAgg(figure).print_png(picture)
    write_whole(path, picture.getvalue())


def draw_panel(axes: Axes, name: str, unit: str, curves: Sequence[Curve], lines: Mapping[str, tuple[float, str]]) -> None:
    """Draws one scenario."""
    for decisions, costs in curves:
        axes.plot(decisions, np.minimum.accumulate(costs), color=LEARNED, lw=1.2, alpha=0.8)
    low = min(min(costs.min() for _, costs in curves), *(cost for cost, _ in lines.values()))
    high = max(*(costs.min() for _, costs in curves), *(cost for cost, _ in lines.values()))
    for label, (cost, colour) in lines.items():
        axes.axhline(cost, color=colour, lw=1, ls="--")
        axes.annotate(
            label,
            (1.0, cost),
            xycoords=("axes fraction", "data"),
            xytext=(-4, 2),
            textcoords="offset points",
            ha="right",
            fontsize=8,
            color=colour,
        )
    axes.set_ylim(low - 0.06 * (high - low), high + 0.6 * (high - low))
    axes.set_xscale("log")
    axes.xaxis.set_minor_formatter(NullFormatter())
    axes.set_title(name, loc="left", fontsize=10)
    axes.set_xlabel("decisions")
    axes.set_ylabel(unit)
    axes.spines[["top", "right"]].set_visible(False)
