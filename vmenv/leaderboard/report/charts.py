"""The pictures of a report, from standings."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from vmenv.host.state import Floats
from vmenv.leaderboard.aggregates import profile
from vmenv.leaderboard.board import in_seconds
from vmenv.leaderboard.contests import RIVALS, costs_of, family
from vmenv.leaderboard.overall import Overall
from vmenv.leaderboard.picture import COLOURS, LABELS, Dot, draw_dots, label_of, ticks
from vmenv.leaderboard.score import Interval
from vmenv.leaderboard.standings import BOUND, Standing, Standings
from vmenv.render.figures import COLOURS as PALETTE
from vmenv.render.figures import GREY, matplotlib_classes

WIDTH = 4.8  # inches: letters stay legible where a telephone shows it smaller
RATIOS = np.geomspace(0.25, 16, 97)
MOST_CURVES = 6
MOST_OF_A_CLASS = 5


def sort_of(line: Standing) -> str:
    """Returns the colour that an entry is drawn in."""
    return "clairvoyant" if line.entry.information == "clairvoyant" else line.entry.role


def dots_of(board: Standings) -> list[Dot]:
    """Returns the ranked entries of a scenario as rows of a picture; those that cost the same in every episode share one."""
    _, scale = in_seconds(board.contest.scenario.objective)
    found: dict[tuple[bytes, str], Dot] = {}
    for line, costs in zip(board.lines, board.contest.costs, strict=True):
        if not line.entry.missing:
            key = costs.tobytes(), sort_of(line)
            names = (*found[key].names, *line.entry.names) if key in found else line.entry.names
            found[key] = Dot(names, line.cost.times(scale), sort_of(line))
    return list(found.values())


def costs(board: Standings) -> Any:
    """Draws what the episodes of a scenario cost."""
    unit, scale = in_seconds(board.contest.scenario.objective)
    ceiling = board.ceiling
    bound = (ceiling.by, scale * float(ceiling.costs.mean())) if ceiling.costs is not None and ceiling.by == BOUND else None
    title = f"{board.contest.name}: {len(board.contest.seeds)} episodes"
    return draw_dots(dots_of(board), title, unit, always=board.contest.kind.rivals, bound=bound, width=WIDTH)


def chosen(board: Standings) -> list[Standing]:
    """Returns the lines that distributions are shown of: the best learned ones, the best rival, and the references."""
    ranked = [line for line in board.lines if not line.entry.missing and line.entry.information != "clairvoyant"]
    best = [line for line in ranked if line.entry.role not in RIVALS][:2] + [line for line in ranked if line.entry.role in RIVALS][:2]
    others = [line for line in ranked if set(line.entry.names) & {*board.contest.kind.rivals, "las"} and line not in best]
    return sorted([*best, *others][:MOST_CURVES], key=lambda line: line.cost.mean)


def distributions(board: Standings) -> Any:
    """Draws which part of the episodes of a scenario cost at most so much."""
    unit, scale = in_seconds(board.contest.scenario.objective)
    figure, axes = _axes(3.3)
    for line, colour in zip(chosen(board), PALETTE, strict=False):
        values = np.sort(scale * costs_of(line.entry, board.contest.scenario.objective).ravel())
        axes.plot(values, np.arange(1, len(values) + 1) / len(values), drawstyle="steps-post", color=colour, label=_safe(line.entry.names))
    _log(axes)
    _finish(figure, axes, f"{board.contest.name}: part of episodes that cost at most so much", f"{unit}, by episode (log scale)")
    return figure


def slowdowns(runs: Mapping[str, Floats], title: str) -> Any:
    """Draws which part of the VMs of an episode are slowed down at most so much."""
    figure, axes = _axes(3.0)
    for (name, values), colour in zip(runs.items(), PALETTE, strict=False):
        ordered = np.sort(values)
        axes.plot(ordered, np.arange(1, len(ordered) + 1) / len(ordered), drawstyle="steps-post", color=colour, label=_safe((name,)))
    _log(axes)
    _finish(figure, axes, title, "slowdown of a VM (log scale)")
    return figure


def fairness(board: Standings) -> Any:
    """Draws Jain's index of fairness beside the cost."""
    unit, scale = in_seconds(board.contest.scenario.objective)
    figure, axes = _axes(3.3)
    for sort in COLOURS:
        own = [line for line in board.lines if sort_of(line) == sort and not line.entry.missing and line.entry.metric("jain") is not None]
        if own:
            jain = [float(np.mean([row["jain"] for run in line.entry.runs for row in run])) for line in own]
            axes.plot([scale * line.cost.mean for line in own], jain, "o", color=COLOURS[sort], markersize=5, label=LABELS[sort], alpha=0.8)
    _log(axes)
    axes.set_ylabel("Jain's index of slowdowns", fontsize=9)
    _finish(figure, axes, f"{board.contest.name}: fairness beside cost", f"{unit} (log scale)", "below")
    return figure


def gaps(boards: Sequence[Standings]) -> Any:
    """Draws, for each scenario, what the best learned policy and the bound cost, the best rival that sees no more being 1."""
    figure, axes = _axes(1.3 + 0.36 * len(boards))
    names: list[str] = []
    shown = [1.0]
    for board in boards:
        line = best_learned(board)
        if line is None or line.rival is None:
            continue
        place, rival = len(names), float(costs_of(line.rival, board.contest.scenario.objective).mean())
        if rival <= 0:
            continue  # nobody has a ratio to that
        names.append(board.contest.name)
        difference = line.behind_rival or Interval(0.0, 0.0, 0.0)
        low, mean, high = (1 + value / rival for value in (difference.low, difference.mean, difference.high))
        axes.plot([low, high], [place, place], color=COLOURS["learned"], linewidth=1.8)
        axes.plot(mean, place, "o", color=COLOURS["learned"], markersize=5)
        axes.plot(1.0, place, "o", color=COLOURS["tuned"], markersize=5, zorder=1)
        shown += [low, high]
        if board.ceiling.costs is not None and board.ceiling.by == BOUND:
            bound = float(board.ceiling.costs.mean()) / rival
            axes.plot(bound, place, "|", color=GREY, markersize=13, markeredgewidth=2)
            shown.append(bound)
    axes.set_yticks(range(len(names)), names, fontsize=9)
    axes.set_ylim(len(names) - 0.4, -0.6)
    for label, sort, marker in (("best learned", "learned", "o"), ("best rival", "tuned", "o"), ("lower bound", "clairvoyant", "|")):
        axes.plot([], [], marker, color=COLOURS[sort], label=label, markeredgewidth=2)
    _log(axes, 0.9 * min(shown), 1.1 * max(shown))
    _finish(
        figure,
        axes,
        "Best learned policy and bound beside the best rival",
        "cost / cost of the rival (log scale, 95 %)",
        legend="below",
    )
    return figure


def best_learned(board: Standings) -> Standing | None:
    """Returns the best entry of a scenario that is no heuristic and does not see sizes; None if there is none."""
    lines = [line for line in board.lines if line.entry.role not in RIVALS and not line.entry.missing]
    return next((line for line in lines if line.entry.information != "clairvoyant"), None)


def profiles(boards: Sequence[Standings], entries: Sequence[Overall]) -> Any:
    """Draws, over all scenarios, in which part of the episodes an entry costs at most so many times what the best rival does."""
    figure, axes = _axes(3.5)
    for entry, colour in zip(entries[:MOST_CURVES], PALETTE, strict=False):
        curves = [curve for board in boards if (curve := _profile(board, entry.name)) is not None]
        if curves:
            axes.plot(RATIOS, np.mean(curves, axis=0), color=colour, label=_safe((entry.name,)))
    axes.axvline(1.0, color=GREY, linewidth=0.8)
    _log(axes, RATIOS[0], RATIOS[-1])
    title = "Performance profiles: episodes within a ratio"
    _finish(figure, axes, title, "cost / cost of the best rival in the same episode (log)")
    return figure


def _profile(board: Standings, name: str) -> Floats | None:
    scenario, objective = board.contest.name.split()[0], board.contest.scenario.objective
    rival = next(
        (line for line in board.lines if line.entry.role in RIVALS and not line.entry.missing and sort_of(line) != "clairvoyant"), None
    )
    own = next((line for line in board.lines if name in {family(each, scenario) for each in line.entry.names}), None)
    if rival is None or own is None:
        return None
    return profile(costs_of(own.entry, objective), costs_of(rival.entry, objective), RATIOS)


def scores(entries: Sequence[Overall]) -> Any:
    """Draws the interquartile means of scores, of the best MOST_OF_A_CLASS of each information class beside each other."""
    places: dict[str, list[Overall]] = {}
    for entry in entries:
        places.setdefault(entry.information, []).append(entry)
    entries = [entry for own in places.values() for entry in own[:MOST_OF_A_CLASS]]
    figure, axes = _axes(1.4 + 0.24 * len(entries))
    for place, entry in enumerate(entries):
        colour = COLOURS["clairvoyant" if entry.information == "clairvoyant" else entry.role]
        axes.plot([entry.score.low, entry.score.high], [place, place], color=colour, linewidth=1.8)
        axes.plot(entry.score.mean, place, "o", color=colour, markersize=5)
    axes.set_yticks(range(len(entries)), [f"{label_of((e.name,))}  ({e.information})" for e in entries], fontsize=8)
    axes.set_ylim(len(entries) - 0.4, -0.6)
    axes.axvline(0.0, color=GREY, linewidth=0.8)
    axes.set_xscale("symlog", linthresh=1.0)
    axes.set_xticks([-10, -1, -0.5, 0, 0.5, 1], ["-1,000", "-100", "-50", "0", "50", "100"], fontsize=8)
    axes.set_xticks([], minor=True)
    axes.set_xlim(min(-1.0, *(1.1 * entry.score.low for entry in entries)), 1.05)
    _finish(
        figure,
        axes,
        f"Score over all scenarios, the best {MOST_OF_A_CLASS} of each class",
        "score, % (interquartile mean; 0: the rival)",
        legend="none",
    )
    return figure


def _axes(height: float) -> tuple[Any, Any]:
    figure_class, canvas_class = matplotlib_classes()
    figure = figure_class(figsize=(WIDTH, height), layout="constrained")
    canvas_class(figure)
    return figure, figure.add_subplot()


def _log(axes: Any, low: float | None = None, high: float | None = None) -> None:
    """Sets a logarithmic axis between two numbers, or around what is drawn."""
    if low is None or high is None:
        low, high = axes.dataLim.minpos[0] / 1.08, axes.dataLim.x1 * 1.08
    if not 0 < low < high < np.inf or axes.dataLim.x0 <= 0:
        return  # somebody costs nothing: a plain axis shows it
    axes.set_xscale("log")
    axes.set_xlim(low, high)
    marks = ticks(low, high)
    axes.set_xticks(marks, [f"{mark:,g}" for mark in marks])
    axes.set_xticks([], minor=True)


def _finish(figure: Any, axes: Any, title: str, unit: str, legend: str = "lower right") -> None:
    figure.suptitle(title.replace("$", r"\$"), x=0.01, ha="left", fontsize=10)
    axes.set_axisbelow(True)
    axes.set_xlabel(unit, fontsize=9)
    axes.tick_params(labelsize=8)
    axes.grid(color="#dddddd", linewidth=0.6, zorder=0)
    axes.spines[["top", "right"]].set_visible(False)
    if legend == "below":
        figure.legend(loc="outside lower left", ncols=3, frameon=False, fontsize=8)
    elif legend != "none" and axes.get_legend_handles_labels()[0]:
        axes.legend(loc=legend, frameon=False, fontsize=8)


def _safe(names: Sequence[str]) -> str:
    return label_of(names, 26).replace("$", r"\$").lstrip("_")  # a label that begins with _ is no label
