"""What came of shares of real guests, as lines for the terminal and as a page in Markdown."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from vmenv.live.pages import ranking, spread
from vmenv.live.share_trial import ShareTrial
from vmenv.render.markdown import table

PAGE = "live_shares.md"
HEAD = ("policy", "demand lost", "predicted", "worst of a VM", "predicted", "Jain's index", "predicted", "points, p50, p90, p99, most")
TITLES = {"idle": "A quota each", "shared": "Weights: what one leaves the others have at once"}
WITHIN = (0.5, 1.0, 2.0)  # points
ABOUT = """
A policy sets the shares of real guests each interval as it does in the simulator, and sees what they had. *Demand lost* is the part of the
CPU demand that was not met, *worst of a VM* the largest such part of one VM; *predicted* is what the simulator says of the same episode and
policy. *Points* are percentage points of the core by which what a guest had in an interval is not what the model gives it for the same
weights and demands. Figures are medians over the repetitions, in brackets the least and the largest.
"""
LEFT_OUT = """
The kernel looks at who runs at its ticks and at the ends of slices, some milliseconds apart: a guest with a small share or quota has
such a piece at once or not at all in an interval, and one that runs alone is stopped that much too late. An interval must be long beside
that. What a guest has of a share in an interval it has in pieces, where the model's rates are even. A demand is work, which takes a little
more or less CPU time than it is made of: so a guest may be done that was to be held, or the other way round. And the host that is played
has one core: VMs with several vCPUs are guests with one, of which a share can be as large as the VM's part of the host.
"""


def line_of(trial: ShareTrial) -> str:
    """Returns one trial in a line for the terminal."""
    (lost, said), points = _lost(trial), np.percentile(trial.missed_points, [50, 99])
    return (
        f"{trial.policy:14} {lost:.2%} of the demand lost, predicted {said:.2%}; shares miss by {points[0]:.2f} points (p50), "
        f"{points[1]:.2f} (p99); {trial.outcome.num_decisions} intervals in {trial.wall_s:.1f} s"
    )


def page_of(parts: Mapping[str, Sequence[ShareTrial]], about: Mapping[str, str]) -> str:
    """Returns the page.

    Args:
        parts: All repetitions of all policies, by what becomes of shares that are not needed ("idle" or "shared").
        about: What else it says of how: the command, the machine.
    """
    lines = ["# Shares of real guests", "", *(f"- {name}: {value}" for name, value in about.items()), ABOUT]
    for spare, trials in parts.items():
        lines += [f"## {TITLES[spare]}", "", *table(HEAD, _rows(trials)), "", *(f"- {said}" for said in findings(trials)), ""]
    return "\n".join([*lines, "## What the model leaves out", LEFT_OUT])


def _rows(trials: Sequence[ShareTrial]) -> list[list[str]]:
    rows = []
    for name, some in of_policies(trials).items():
        points = np.percentile(np.concatenate([trial.missed_points for trial in some]), [50, 90, 99, 100])
        measured, said = [trial.outcome.metrics() for trial in some], some[0].predicted.metrics()
        rows.append(
            [
                name,
                spread([_lost(trial)[0] for trial in some], "{:.2%}"),
                f"{_lost(some[0])[1]:.2%}",
                spread([metrics["worst_steal"] for metrics in measured], "{:.1%}"),
                f"{said['worst_steal']:.1%}",
                spread([metrics["jain"] for metrics in measured], "{:.4f}"),
                f"{said['jain']:.4f}",
                ", ".join(f"{value:.2f}" for value in points),
            ]
        )
    return rows


def findings(trials: Sequence[ShareTrial]) -> list[str]:
    """Returns what is to be said beside the table."""
    by_policy = of_policies(trials)
    measured = {name: float(np.median([trial.costs[0] for trial in some])) for name, some in by_policy.items()}
    predicted = {name: some[0].costs[1] for name, some in by_policy.items()}
    missed, held = (np.concatenate([getattr(trial, name) for trial in trials]) for name in ("missed_points", "held"))
    said = [
        f"Ranking by {trials[0].objective}, best first: {ranking(measured, predicted)}",
        f"Of {len(missed)} shares in all, " + ", ".join(f"{(missed <= most).mean():.1%} within {most:g} points" for most in WITHIN) + ".",
    ]
    if held.any():
        points = np.percentile(missed[held], [50, 90, 99, 100])
        told = ", ".join(f"{value:.2f}" for value in points)
        said.append(f"Of those whose demand is held back ({held.sum()}): {told} points (p50, p90, p99, most).")
    return said


def of_policies(trials: Sequence[ShareTrial]) -> dict[str, list[ShareTrial]]:
    """Returns the repetitions of each policy."""
    found: dict[str, list[ShareTrial]] = {}
    for trial in trials:
        found.setdefault(trial.policy, []).append(trial)
    return found


def _lost(trial: ShareTrial) -> tuple[float, float]:
    """Returns the part of the CPU demand that was lost or waits at the end, measured and predicted."""
    parts = [1 - run.granted[:, 0].sum() / max(1, run.demanded[:, 0].sum()) for run in (trial.outcome, trial.predicted)]
    return parts[0], parts[1]
