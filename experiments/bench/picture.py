"""The benchmark's two pictures."""

from __future__ import annotations

import io
import itertools
from collections.abc import Mapping
from typing import Any

from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure

from experiments.bench.contender import AXES, Contender
from experiments.bench.measure import Measured
from experiments.bench.table import Spread, growth, number, rate

OURS, YARDSTICK = "#c1440e", "#8a8a8a"
CURVES = ("#c1440e", "#3b6ea5", "#6a994e", "#7b2d8b")


def as_png(figure: Figure) -> bytes:
    """Returns the figure as PNG."""
    content = io.BytesIO()
    FigureCanvasAgg(figure).print_png(content)
    return content.getvalue()


def rates_picture(contenders: Mapping[str, Contender], measured: Measured) -> bytes:
    """Returns dots on a logarithmic scale, the fastest on top, with least and most."""
    shown = [
        name for name in measured.samples if contenders[name].growth is None and not contenders[name].once and contenders[name].pictured
    ]
    shown.sort(key=lambda name: -rate(measured.samples[name]).median)
    figure = Figure(figsize=(8.5, 1.2 + 0.3 * len(shown)), layout="constrained")
    axes = figure.add_subplot()
    labels = []
    for place, name in enumerate(shown):
        contender, values = contenders[name], rate(measured.samples[name])
        colour = OURS if contender.ours else YARDSTICK
        axes.plot([values.least, values.most], [place, place], color=colour, linewidth=2)
        axes.plot(values.median, place, "o", color=colour, markersize=7)
        axes.annotate(number(values.median), (values.most, place), xytext=(8, 0), textcoords="offset points", va="center", fontsize=9)
        labels.append(contender.title + ("" if contender.unit == "decisions" else f" ({contender.unit})"))
    axes.set_yticks(range(len(shown)), labels)
    axes.invert_yaxis()
    axes.set_xscale("log")
    axes.margins(x=0.2)
    axes.grid(axis="x", color="#dddddd")
    axes.set_axisbelow(True)
    axes.set_xlabel("decisions (or VMs) a second; log scale; median, least and most")
    axes.spines[["top", "right"]].set_visible(False)
    handles = [axes.plot([], [], "o", color=colour)[0] for colour in (OURS, YARDSTICK)]
    axes.legend(handles, ["vmenv", "yardstick"], loc="lower right", frameon=False)
    return as_png(figure)


def growth_picture(contenders: Mapping[str, Contender], measured: Measured) -> bytes:
    """Returns the cost of a decision against the number of slots, and of runs, all on logarithmic scales."""
    figure = Figure(figsize=(11, 3.8), layout="constrained")
    for axes, axis in zip(figure.subplots(1, len(AXES)), AXES, strict=True):
        _draw_growth(axes, growth(contenders, measured, axis), axis)
    return as_png(figure)


def _draw_growth(axes: Any, curves: Mapping[str, Mapping[int, tuple[Spread, Spread]]], axis: str) -> None:
    ticks: set[int] = set()
    for colour, (series, curve) in zip(itertools.cycle(CURVES), curves.items(), strict=False):
        where = list(curve)
        ticks.update(where)
        costs = [cost for _, cost in curve.values()]
        axes.plot(where, [cost.median for cost in costs], "o-", color=colour, label=series)
        axes.fill_between(where, [cost.least for cost in costs], [cost.most for cost in costs], color=colour, alpha=0.2, linewidth=0)
    axes.axhline(1.0, color="#999999", linewidth=1)
    axes.set_xscale("log", base=2)
    axes.set_yscale("log")
    axes.set_xticks(sorted(ticks), [f"{tick:,}" for tick in sorted(ticks)])
    axes.set_xlabel(axis)
    axes.set_ylabel(f"time of a decision / that at {AXES[axis]:,} {axis}")
    axes.spines[["top", "right"]].set_visible(False)
    if ticks:
        axes.legend(frameon=False)
