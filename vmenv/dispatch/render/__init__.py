"""Pictures of a run."""

from vmenv.dispatch.render.ansi import render_ansi
from vmenv.dispatch.render.gantt import draw_gantt, render_rgb

__all__ = ["draw_gantt", "render_ansi", "render_rgb"]
