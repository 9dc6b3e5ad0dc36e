"""The leaderboard's picture: one bar a policy, the best on top, on a logarithmic scale."""

from __future__ import annotations

import io
from collections.abc import Collection, Sequence
from pathlib import Path

from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure

from agents.checkpoint import write_whole
from vmenv.board import Entry

COLOURS = {"learned": "#c1440e", "clairvoyant": "#b0b0b0", "heuristic": "#3b6ea5"}


def draw_board(board: Sequence[Entry], objective: str, learned: Collection[str], path: Path) -> None:
    """Writes the picture as PNG.

    Args:
        board: The entries, the best first.
        objective: What the bars show.
        learned: Names of the learned policies.
        path: Of the picture.
    """
    figure = Figure(figsize=(8.5, 1.2 + 0.34 * len(board)), layout="constrained")
    axes = figure.add_subplot()
    for place, entry in enumerate(board):
        kind = "clairvoyant" if entry.information == "clairvoyant" else "learned" if entry.name in learned else "heuristic"
        error = [[entry.score.mean - entry.score.low], [entry.score.high - entry.score.mean]]
        axes.barh(place, entry.score.mean, color=COLOURS[kind], xerr=error, error_kw={"lw": 1, "ecolor": "#333333"})
        axes.annotate(
            f"{entry.score.mean:.2f}", (entry.score.high, place), xytext=(4, 0), textcoords="offset points", va="center", fontsize=9
        )
    axes.set_yticks(range(len(board)), [entry.name for entry in board])
    axes.invert_yaxis()
    axes.set_xscale("log")
    ticks = [1, 2, 3, 5, 10, 20, 50, 100]
    low, high = min(e.score.low for e in board), max(e.score.high for e in board)
    axes.set_xticks(ticks, [str(tick) for tick in ticks])
    axes.set_xticks([], minor=True)
    axes.set_xlim(1.0 if objective == "mean_slowdown" else 0.8 * low, 1.5 * high)  # slowdown 1: alone on the host
    axes.set_xlabel(f"{objective.replace('_', ' ')} (log scale, 95 % intervals; lower is better)")
    axes.spines[["top", "right"]].set_visible(False)
    handles = [axes.barh(0, 0, color=colour) for colour in COLOURS.values()]
    axes.legend(handles, ["learned", "heuristic that sees sizes (no fair rival)", "heuristic"], loc="upper right", frameon=False)
    picture = io.BytesIO()
    FigureCanvasAgg(figure).print_png(picture)
    write_whole(path, picture.getvalue())
