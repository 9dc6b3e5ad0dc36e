"""The leaderboard's picture: one bar a policy, the best on top, on a logarithmic scale."""

from __future__ import annotations

import io
from collections.abc import Mapping, Sequence
from pathlib import Path

from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure

from vmenv.episodes.files import write_whole
from vmenv.leaderboard.board import Entry, in_seconds

COLOURS = {"learned": "#c1440e", "own": "#e69f00", "clairvoyant": "#b0b0b0", "tuned": "#16324f", "heuristic": "#3b6ea5"}
LABELS = ("learned", "your own", "heuristic that sees sizes (no fair rival)", "tuned heuristic", "heuristic")


def draw_board(board: Sequence[Entry], objective: str, origins: Mapping[str, str], path: Path) -> None:
    """Writes the picture as PNG.

    Args:
        board: The entries, the best first.
        objective: What the bars show.
        origins: For each policy "heuristic", "own", "tuned" or "learned".
        path: Of the picture.
    """
    label, scale = in_seconds(objective)
    figure = Figure(figsize=(8.5, 1.2 + 0.34 * len(board)), layout="constrained")
    axes = figure.add_subplot()
    shown = set()
    for place, entry in enumerate(board):
        origin = "clairvoyant" if entry.information == "clairvoyant" else origins[entry.name]
        shown.add(origin)
        score = entry.score.times(scale)
        error = [[score.mean - score.low], [score.high - score.mean]]
        axes.barh(place, score.mean, color=COLOURS[origin], xerr=error, error_kw={"lw": 1, "ecolor": "#333333"})
        axes.annotate(f"{score.mean:.3g}", (score.high, place), xytext=(4, 0), textcoords="offset points", va="center", fontsize=9)
    axes.set_yticks(range(len(board)), [entry.name for entry in board])
    axes.set_ylim(len(board) - 0.4, -0.6)
    axes.set_xscale("log")
    low, high = scale * min(e.score.low for e in board), scale * max(e.score.high for e in board)
    ticks = [step * 10.0**power for power in range(-3, 5) for step in (1, 2, 5) if 0.7 * low < step * 10.0**power < 1.5 * high]
    axes.set_xticks(ticks, [f"{tick:g}" for tick in ticks])
    axes.set_xticks([], minor=True)
    axes.set_xlim(1.0 if objective == "mean_slowdown" else 0.8 * low, 1.5 * high)  # slowdown 1: alone on the host
    axes.set_xlabel(f"{label} (log scale, 95 % intervals; lower is better)")
    axes.spines[["top", "right"]].set_visible(False)
    legend = [(axes.barh(0, 0, color=COLOURS[origin]), label) for origin, label in zip(COLOURS, LABELS, strict=True) if origin in shown]
    axes.legend(*zip(*legend, strict=True), loc="upper right", frameon=False)
    picture = io.BytesIO()
    FigureCanvasAgg(figure).print_png(picture)
    write_whole(path, picture.getvalue())
