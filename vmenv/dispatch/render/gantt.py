"""A Gantt chart of a run: a lane a VM, a strip a device."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from vmenv.dispatch.render.window import Window, cut, longest_present, stay, utilisation
from vmenv.dispatch.run import Run
from vmenv.host.state import Ints
from vmenv.render.figures import COLOURS, GREY, MANY_COLOURS, matplotlib_classes

MOST_LANES = len(MANY_COLOURS)  # so that no two of them share a colour
FOLDED = "#bbbbbb"  # of VMs that have no lane
# In one shade for all VMs: a hatch in the VM's colour cannot be told from service where the bar is narrow. No edge: it would widen the bar.
START_COST: dict[str, Any] = {"facecolor": "#dddddd", "edgecolor": "#333333", "hatch": "//////", "linewidth": 0}


def draw_gantt(run: Run, *, from_us: int | None = None, to_us: int | None = None, title: str = "", figure: Any = None) -> Any:
    """Draws a window of a run: a lane a VM, and how much of each device they hold (during start costs too).

    When more VMs are present than there are lanes, those that are present the longest have one, in a colour that no other has; the
    others are grey. Devices that no VM of the workload asks for are left out.

    Args:
        run: A run with recorded grants.
        from_us: Start of the window; None: so that about the last 40 grants are in it. Never before the record of grants begins.
        to_us: End of the window; None: the end of the run.
        title: What is played, such as "las on thrash, episode 0". It stands above, with the time that is shown; empty: nothing does.
        figure: A matplotlib figure to draw into; None: a new one.

    Returns:
        The `matplotlib.figure.Figure`, which a notebook shows as a picture.

    Raises:
        SpecError: The run has no recorded grants, or the window is empty.
        VmenvError: matplotlib is not installed.
    """
    figure_class, _ = matplotlib_classes()
    window = cut(run, from_us, to_us)
    lanes = longest_present(run, window, MOST_LANES)
    devices = _asked_for(run)
    heights = [0.22 * max(6, len(lanes) + (len(lanes) < len(window.vms)))] + [0.62] * len(devices)
    if figure is None:
        figure = figure_class(figsize=(9.6, 1.6 + 0.45 * bool(title) + sum(heights)), layout="constrained")
    axes = figure.subplots(1 + len(devices), 1, sharex=True, height_ratios=heights, squeeze=False)[:, 0]
    unit, name = (1e6, "s") if window.to_us - window.from_us >= 1_000_000 else (1e3, "ms")
    if title:
        first, last, end = (f"{us / 1e6:,.6g}" for us in (window.from_us, window.to_us, run.end_us))
        figure.suptitle(f"{title}\nfrom {first} s to {last} s, of {end} s".replace("$", r"\$"), x=0.01, ha="left", fontsize=10)
    colour_of = _colours(lanes)
    _draw_lanes(axes[0], run, window, lanes, unit, colour_of)
    for device, strip in zip(devices, axes[1:], strict=True):
        times, held = utilisation(run, window, device)
        colours = [colour_of.get(int(vm), FOLDED) for vm in window.vms]
        holders = [k for k in range(len(held)) if held[k].any()]
        if holders:
            strip.stackplot(times / unit, held[holders], step="post", colors=[colours[k] for k in holders], linewidth=0)
        strip.axhline(1, color=GREY, linewidth=0.8, zorder=0)
        strip.set(ylim=(0, 1.04), yticks=[0, 1], yticklabels=["0", "100 %"])
        strip.set_ylabel(run.host.device_names[device], rotation=0, ha="right", va="center")
    axes[-1].set(xlim=(window.from_us / unit, window.to_us / unit), xlabel=f"time, {name}")
    for each in axes:
        each.spines[["top", "right"]].set_visible(False)
    return figure


def _asked_for(run: Run) -> list[int]:
    """Returns the devices that somebody asks for, and the CPU."""
    work, disks = run.workload, len(run.host.disks)
    asked = [True, *[bool(work.disk_kib_s.any())] * disks, *[bool(work.net_kib_s.any())] * (len(run.host.device_names) - 1 - disks)]
    return [device for device, is_asked in enumerate(asked) if is_asked]


def _colours(lanes: Ints) -> dict[int, str]:
    """Returns a colour for each VM that has a lane: its own wherever that is free, so that it keeps it from picture to picture."""
    number = len(MANY_COLOURS)
    found: dict[int, str] = {}
    for vm in map(int, lanes):
        taken = set(found.values())
        found[vm] = next(colour for k in range(number) if (colour := MANY_COLOURS[(vm + k) % number]) not in taken)
    return found


def _draw_lanes(axes: Any, run: Run, window: Window, lanes: Ints, unit: float, colour_of: dict[int, str]) -> None:
    from matplotlib.lines import Line2D
    from matplotlib.patches import Rectangle

    came_us, left_us = stay(run, window, lanes)
    axes.hlines(range(len(lanes)), came_us / unit, left_us / unit, color=GREY, linewidth=1, zorder=1)
    place = {int(vm): k for k, vm in enumerate(lanes)}
    grants = window.grants
    for vm, start, service, end in zip(grants["vm"], grants["grant_us"], grants["service_us"], grants["end_us"], strict=True):
        if int(vm) in place:
            colour, corner = colour_of[int(vm)], place[int(vm)] - 0.38
            if end > service:
                axes.add_patch(Rectangle((service / unit, corner), (end - service) / unit, 0.76, facecolor=colour, zorder=2))
            if service > start:
                axes.add_patch(Rectangle((start / unit, corner), (service - start) / unit, 0.76, **START_COST, zorder=3))
    labels, more = [f"VM {vm}" for vm in lanes], len(window.vms) - len(lanes)
    labels += [f"+ {more} more"] * (more > 0)
    axes.set_yticks(range(len(labels)), labels, fontsize=8)
    axes.set_ylim(max(len(labels), 1) - 0.4, -0.6)
    legend = {
        "waiting": Line2D([], [], color=GREY, linewidth=1),
        "start cost (switch, paging)": Rectangle((0, 0), 1, 1, **START_COST),
        "service, in the VM's colour": Rectangle((0, 0), 1, 1, facecolor=COLOURS[0]),
    }
    axes.legend(legend.values(), legend, loc="lower left", bbox_to_anchor=(0, 1), ncols=3, fontsize=8, frameon=False, borderaxespad=0.2)


def render_rgb(run: Run, last_us: int | None = None) -> NDArray[np.uint8]:
    """Returns a picture of the end of a run, (height, width, 3) uint8.

    Args:
        run: A run with recorded grants.
        last_us: Length of the window; None: about the last 40 grants.
    """
    figure_class, canvas_class = matplotlib_classes()
    figure = figure_class(figsize=(9.6, 6.4), dpi=100, layout="constrained")
    canvas = canvas_class(figure)
    draw_gantt(run, from_us=None if last_us is None else max(0, run.end_us - last_us), figure=figure)
    canvas.draw()
    return np.asarray(canvas.buffer_rgba())[:, :, :3].copy()
