"""The picture of a board: a dot with its interval for each entry, the best on top, on a logarithmic axis, and the bound beside them."""

from __future__ import annotations

import io
import math
from collections.abc import Sequence
from pathlib import Path
from typing import Any, NamedTuple

from vmenv.episodes.files import write_whole
from vmenv.leaderboard.digits import number
from vmenv.leaderboard.score import Interval
from vmenv.render.figures import GREY, matplotlib_classes

MOST_ROWS = 20
COLOURS = {
    "learned": "#c1440e",
    "entrant": "#e69f00",
    "tuned": "#0b5d8a",
    "heuristic": "#56a0d3",
    "clairvoyant": GREY,
}  # by what an entry is
LABELS = {
    "learned": "learned",
    "entrant": "your own",
    "tuned": "tuned heuristic",
    "heuristic": "heuristic",
    "clairvoyant": "sees sizes (no fair rival)",
}
STEPS = ((1.0, 1.5, 2.0, 3.0, 5.0, 7.0), (1.0, 2.0, 5.0), (1.0, 3.0), (1.0,))  # of ticks in a power of ten, the most first
MOST_TICKS, LEAST_TICKS = 7, 2


class Dot(NamedTuple):
    """A row of the picture.

    Attributes:
        names: Of the entry; several if they are tied.
        score: Its cost, in the unit of the axis.
        sort: One of COLOURS.
    """

    names: tuple[str, ...]
    score: Interval
    sort: str


def shown_rows(dots: Sequence[Dot], always: Sequence[str] = ()) -> list[Dot]:
    """Returns at most MOST_ROWS of the rows: those in `always`, and the best of the others."""
    kept = [dot for dot in dots if set(dot.names) & set(always)][:MOST_ROWS]
    room = MOST_ROWS - len(kept)
    best = [dot for dot in dots if dot not in kept][:room]
    return [dot for dot in dots if dot in kept or dot in best]


def label_of(names: Sequence[str], most: int = 34) -> str:
    """Returns names as one label; if they are too long for that, the first and how many more there are."""
    text = " = ".join(names)
    if len(text) > most:
        text = names[0] if len(names) == 1 else f"{names[0]} and {len(names) - 1} more"
    return text if len(text) <= most else f"{text[: most - 3]}..."


def ticks(low: float, high: float) -> list[float]:
    """Returns round numbers between two, as many as can stand side by side."""
    found: list[float] = []
    for steps in STEPS:
        found = [step * 10.0**power for power in range(-9, 12) for step in steps if low <= step * 10.0**power <= high]
        if len(found) <= MOST_TICKS:
            break
    if len(found) < LEAST_TICKS:  # so near each other that the steps are as good as even
        step = 10.0 ** math.floor(math.log10(high - low))
        step *= next(part for part in (1.0, 0.5, 0.2) if (high - low) / (part * step) >= LEAST_TICKS + 1)
        found = [float(f"{k * step:.12g}") for k in range(math.ceil(low / step), math.floor(high / step) + 1)]
    return found


def draw_dots(
    dots: Sequence[Dot], title: str, unit: str, *, always: Sequence[str] = (), bound: tuple[str, float] | None = None, width: float = 6.4
) -> Any:
    """Returns the picture as a matplotlib figure.

    Args:
        dots: All entries, the best first. At most MOST_ROWS are drawn, and how many are not is said.
        title: What stands above.
        unit: The metric with its unit.
        always: Names that are drawn however bad they are.
        bound: What is to be reached: what it is, and its cost; None: it is not known.
        width: In inches.

    Raises:
        VmenvError: matplotlib is not installed.
    """
    figure_class, canvas_class = matplotlib_classes()
    shown = shown_rows(dots, always)
    figure = figure_class(figsize=(width, 1.5 + 0.27 * len(shown)), layout="constrained")
    canvas_class(figure)
    axes = figure.add_subplot()
    ends = [x for dot in shown for x in (dot.score.low, dot.score.high, dot.score.mean) if x > 0]
    ends += [bound[1]] if bound and bound[1] > 0 else []
    low, high = (0.9 * min(ends), max(ends)) if ends else (0.9, 1.1)
    high *= (high / low) ** 0.16 * 1.05  # room for the numbers
    axes.set_xscale("log")
    axes.set_xlim(low, high)
    for place, dot in enumerate(shown):
        score, colour = dot.score, COLOURS[dot.sort]
        if score.mean <= 0:  # no place on this axis
            axes.annotate(
                "0", (0, place), xycoords=("axes fraction", "data"), xytext=(3, 0), textcoords="offset points", va="center", fontsize=8
            )
            continue
        axes.plot([max(score.low, low), score.high], [place, place], color=colour, linewidth=1.8, solid_capstyle="butt", zorder=2)
        axes.plot(score.mean, place, "o", color=colour, markersize=5, zorder=3)
        axes.annotate(number(score.mean), (score.high, place), xytext=(5, 0), textcoords="offset points", va="center", fontsize=8)
    axes.set_yticks(
        range(len(shown)),
        [label_of(sorted(dot.names, key=lambda name: name not in always)).replace("$", r"\$") for dot in shown],
        fontsize=9,
    )
    axes.set_ylim(len(shown) - 0.4, -0.6)
    marks = ticks(low, high)
    axes.set_xticks(marks, [f"{mark:,g}" for mark in marks], fontsize=9)
    axes.set_xticks([], minor=True)
    axes.grid(axis="x", color="#dddddd", linewidth=0.6, zorder=0)
    axes.tick_params(axis="y", length=0)
    axes.set_xlabel(f"{unit} (log scale, 95 % intervals); lower is better", fontsize=9, ha="right", x=1.0)  # it may be longer than the axis
    axes.spines[["top", "right", "left"]].set_visible(False)
    more = f"\n{len(shown)} of {len(dots)} entries: the best, and references" if len(shown) < len(dots) else ""
    figure.suptitle(title.replace("$", r"\$") + more, x=0.01, ha="left", fontsize=10)
    handles = [(axes.plot([], [], "o-", color=COLOURS[sort])[0], LABELS[sort]) for sort in COLOURS if any(d.sort == sort for d in shown)]
    if bound is not None and bound[1] > 0:
        line = axes.axvline(bound[1], color=GREY, linestyle="--", linewidth=1.2, zorder=1)
        handles.append((line, f"{bound[0]}, {number(bound[1])}"))
    figure.legend(*zip(*handles, strict=True), loc="outside lower left", ncols=3, frameon=False, fontsize=8)
    return figure


def write_picture(figure: Any, path: Path) -> None:
    """Writes a figure as PNG and, under the same name, as SVG, with no date in them, so that the same numbers make the same files."""
    from matplotlib import rc_context

    with rc_context({"svg.hashsalt": path.stem, "svg.fonttype": "none"}):
        for ending, metadata in ((".png", {"Software": None}), (".svg", {"Date": None, "Creator": None})):
            picture = io.BytesIO()
            figure.savefig(picture, format=ending[1:], dpi=150, metadata=metadata)
            write_whole(path.with_suffix(ending), picture.getvalue())
