"""A picture of each scenario: some of what happens in its first evaluation episode."""

from __future__ import annotations

import io
from typing import Any, NamedTuple

import vmenv
from vmenv.dispatch.render import draw_gantt
from vmenv.dispatch.render.window import middle
from vmenv.episodes.kinds import Kind
from vmenv.episodes.scenario import Scenario

SHOWN_GRANTS = 60
DISPATCH_BY, SHARE_BY = "las", "drf"


class Picture(NamedTuple):
    """A picture with what it shows."""

    png: bytes
    caption: str


def scenario_picture(kind: Kind, scenario: Scenario) -> Picture | None:
    """Returns a picture of a scenario; None: there is no way yet to draw its kind of decision."""
    return {"dispatch": _gantt, "share": _interval}.get(kind.name, lambda scenario: None)(scenario)


def _gantt(scenario: Any) -> Picture:
    """Draws the grants in the middle of an episode."""
    run = vmenv.simulate(scenario.build_host(), scenario.episode(0), DISPATCH_BY, num_slots=scenario.num_slots, record=True)
    begin, end = middle(run, SHOWN_GRANTS)
    file = io.BytesIO()
    draw_gantt(run, from_us=begin, to_us=end).savefig(file, dpi=100, metadata={"Software": None})
    return Picture(file.getvalue(), f"Evaluation episode 0 under `{DISPATCH_BY}`: some {SHOWN_GRANTS} grants from the middle of the run.")


def _interval(scenario: Any) -> Picture:
    """Draws an interval in the middle of an episode."""
    from matplotlib.image import imsave

    from vmenv.share.render import read_interval, render_rgb
    from vmenv.share.scheduler import SCHEDULERS, Seen, to_actions
    from vmenv.share.state import one

    episodes, rule = vmenv.Episodes(scenario, 1), SCHEDULERS.make(SHARE_BY)
    episodes.restart([0], [0])
    for _ in range(60):
        if not (episodes.terminated | episodes.truncated).any():
            episodes.step(to_actions(rule.weights(Seen.read(episodes.runs))))
    file = io.BytesIO()
    imsave(file, render_rgb(read_interval(one(episodes.runs, 0)), episodes.host), metadata={"Software": ""})
    return Picture(file.getvalue(), f"Evaluation episode 0 under `{SHARE_BY}`: what each VM was given, wanted and lost in an interval.")
