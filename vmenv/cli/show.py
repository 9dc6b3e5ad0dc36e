"""`vmenv show`: what a training run has come to, drawn in the terminal."""

from __future__ import annotations

import argparse
import csv
import json
import shutil
from pathlib import Path
from typing import Any

from vmenv.errors import SpecError, VmenvError

EXAMPLES = """examples:
  vmenv show runs/thrash-ppo-seed0                            # its curve, and what it was trained on
  vmenv show runs/thrash-*                                    # all of them in one picture
  vmenv show thrash-index                                     # a policy that comes with vmenv
"""
CURVE = "curve.csv"  # as `agents.training.curve` writes it
WIDE, HIGH, LEAST_WIDE = 100, 20, 40
MARKERS = "*+o#x%"


def add_to(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Adds the command to those that there are."""
    command = commands.add_parser(
        "show",
        help="draw learning curves in the terminal, and say what a policy is",
        description="Draws the learning curves of training runs in the terminal, without TensorBoard, and says what a policy is.",
        epilog=EXAMPLES,
    )
    command.add_argument("runs", nargs="+", metavar="RUN", help="folder of a training run, or a policy by name or path")
    command.add_argument("--json", action="store_true", help="curves and cards as JSON")
    command.set_defaults(run=_show)


def _show(options: argparse.Namespace) -> int:
    curves = {run: _curve(Path(run)) for run in options.runs}
    cards = {run: _card(run) for run in options.runs}
    if options.json:
        print(json.dumps({run: {"curve": curves[run], "card": cards[run]} for run in options.runs}, indent=2))
        return 0
    drawn = {run: curve for run, curve in curves.items() if len(curve) > 1}
    if drawn:
        _draw(drawn)
    for run in options.runs:
        print("\n".join([run, *(f"  {line}" for line in [*_told_of_curve(curves[run]), *_told_of_card(cards[run])])]))
    return 0


def _curve(folder: Path) -> list[dict[str, float]]:
    """Returns the points of a run's curve; none where there is no curve."""
    try:
        with (folder / CURVE).open(newline="") as file:
            rows = list(csv.DictReader(file))
            return [{name: float(value) for name, value in row.items()} for row in rows if None not in row.values()]
    except FileNotFoundError:
        return []
    except (OSError, ValueError, TypeError) as error:
        raise SpecError(f"{folder / CURVE} is no curve of a training run ({error}): give the folder of one") from error


def _card(run: str) -> dict[str, Any]:
    """Returns the card of a policy; an empty one where a run has not saved any yet."""
    from vmenv.episodes.saved import read_card, stem_of

    try:
        return read_card(stem_of(run))
    except VmenvError:
        if (Path(run) / CURVE).exists():
            return {}
        raise


def _told_of_curve(curve: list[dict[str, float]]) -> list[str]:
    if not curve:
        return []
    last, best = curve[-1], min(curve, key=lambda point: point["validation"])
    return [
        f"{last['decisions']:,.0f} decisions in {last['seconds']:,.0f} s",
        f"cost on validation episodes: {last['validation']:.4g}",
        f"at best: {best['validation']:.4g}, after {best['decisions']:,.0f} decisions",
    ]


def _told_of_card(card: dict[str, Any]) -> list[str]:
    scenario = card.get("scenario", {})
    settings = ", ".join(f"{name}={value}" for name, value in scenario.items() if name != "kind")
    return [
        *([f"scenario {scenario['kind']}: {settings}"] if scenario else []),
        *[f"{name}: {value}" for name, value in card.items() if name != "scenario" and isinstance(value, (str, int, float))],
    ]


def _draw(curves: dict[str, list[dict[str, float]]]) -> None:
    """Prints the curves, as wide as the terminal.

    Raises:
        VmenvError: plotext is not installed.
    """
    try:
        import plotext
    except ImportError as error:
        raise VmenvError('curves in the terminal need plotext: pip install "vmenv[terminal]", or give --json') from error
    wide = max(LEAST_WIDE, min(WIDE, shutil.get_terminal_size().columns))
    plotext.clear_figure()
    plotext.theme("clear")
    plotext.plotsize(wide, HIGH)
    for k, (run, curve) in enumerate(curves.items()):
        label = Path(run).name
        plotext.plot(
            [point["decisions"] for point in curve],
            [point["validation"] for point in curve],
            label=label if len(label) < wide // 2 else "..." + label[-wide // 3 :],
            marker=MARKERS[k % len(MARKERS)],
        )
    plotext.xlabel("decisions")
    plotext.title("mean cost on validation episodes")
    print(plotext.uncolorize(plotext.build()))
