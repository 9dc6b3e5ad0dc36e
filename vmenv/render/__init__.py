"""Pictures of a run."""

from vmenv.render.ansi import render_ansi
from vmenv.render.gantt import draw_gantt, render_rgb
from vmenv.render.shares import read_interval, render_shares_ansi, render_shares_rgb

__all__ = ["draw_gantt", "read_interval", "render_ansi", "render_rgb", "render_shares_ansi", "render_shares_rgb"]
