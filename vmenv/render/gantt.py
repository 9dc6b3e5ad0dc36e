"""A Gantt chart of a run: a lane a VM, a strip a device."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from vmenv.errors import VmenvError
from vmenv.render.window import Window, cut, utilisation
from vmenv.run import Run

MOST_LANES = 24
# Okabe and Ito's colours, which colour-blind readers tell apart; black is left out.
COLOURS = ("#0072B2", "#E69F00", "#009E73", "#D55E00", "#56B4E9", "#CC79A7", "#F0E442")


def draw_gantt(run: Run, *, from_us: int | None = None, to_us: int | None = None, figure: Any = None) -> Any:
    """Draws a window of a run.

    Args:
        run: A run with recorded grants.
        from_us: Start of the window; None: so that about the last 40 grants are in it.
        to_us: End of the window; None: the end of the run.
        figure: A matplotlib figure to draw into; None: a new one.

    Returns:
        The `matplotlib.figure.Figure`.

    Raises:
        SpecError: The run has no recorded grants, or the window is empty.
        VmenvError: matplotlib is not installed.
    """
    figure_class, _ = _matplotlib()
    window = cut(run, from_us, to_us)
    lanes = window.vms[:MOST_LANES]
    devices = run.host.device_names
    if figure is None:
        figure = figure_class(figsize=(9.6, 1.6 + 0.22 * max(6, len(lanes)) + 0.62 * len(devices)), layout="constrained")
    heights = [0.22 * max(6, len(lanes))] + [0.62] * len(devices)
    axes = figure.subplots(1 + len(devices), 1, sharex=True, height_ratios=heights, squeeze=False)[:, 0]
    unit, name = (1e6, "s") if window.to_us - window.from_us >= 1_000_000 else (1e3, "ms")
    _draw_lanes(axes[0], run, window, unit)
    for device, strip in enumerate(axes[1:]):
        times, held = utilisation(run, window, device)
        colours = [COLOURS[int(vm) % len(COLOURS)] for vm in window.vms]
        if len(held):
            strip.stackplot(times / unit, held, step="post", colors=colours, linewidth=0)
        strip.set(ylim=(0, 1), yticks=[0, 1], yticklabels=["0", "100 %"])
        strip.set_ylabel(devices[device], rotation=0, ha="right", va="center")
    axes[-1].set(xlim=(window.from_us / unit, window.to_us / unit), xlabel=f"time, {name}")
    for each in axes:
        each.spines[["top", "right"]].set_visible(False)
    return figure


def _draw_lanes(axes: Any, run: Run, window: Window, unit: float) -> None:
    lanes = window.vms[:MOST_LANES]
    place = {int(vm): k for k, vm in enumerate(lanes)}
    for vm, k in place.items():
        left = run.completion_us[vm] if run.completed[vm] else window.to_us
        start = max(run.arrival_us[vm], window.from_us)
        axes.hlines(k, start / unit, min(left, window.to_us) / unit, color="#999999", linewidth=1, zorder=1)
    grants = window.grants
    for vm, start, service, end in zip(grants["vm"], grants["grant_us"], grants["service_us"], grants["end_us"], strict=True):
        if int(vm) in place:
            colour, lane = COLOURS[int(vm) % len(COLOURS)], {"y": place[int(vm)], "height": 0.76, "zorder": 2}
            axes.barh(width=(end - service) / unit, left=service / unit, color=colour, **lane)
            if service > start:
                hatched = {"color": "white", "edgecolor": colour, "hatch": "//////", "linewidth": 0.6}
                axes.barh(width=(service - start) / unit, left=start / unit, **hatched, **lane)
    axes.set_yticks(range(len(lanes)), [f"VM {vm}" for vm in lanes], fontsize=8)
    axes.set_ylim(max(len(lanes), 1) - 0.4, -0.6)
    more = len(window.vms) - len(lanes)
    title = "waiting: line, start cost (switch, paging): hatched, service: filled"
    axes.set_title(title + (f"; {more} more VMs not shown" if more > 0 else ""), fontsize=9, loc="left")


def render_rgb(run: Run, last_us: int | None = None) -> NDArray[np.uint8]:
    """Returns a picture of the end of a run, (height, width, 3) uint8.

    Args:
        run: A run with recorded grants.
        last_us: Length of the window; None: about the last 40 grants.
    """
    figure_class, canvas_class = _matplotlib()
    figure = figure_class(figsize=(9.6, 6.4), dpi=100, layout="constrained")
    canvas = canvas_class(figure)
    draw_gantt(run, from_us=None if last_us is None else max(0, run.end_us - last_us), figure=figure)
    canvas.draw()
    return np.asarray(canvas.buffer_rgba())[:, :, :3].copy()


def _matplotlib() -> tuple[Any, Any]:
    try:
        from matplotlib.backends.backend_agg import FigureCanvasAgg
        from matplotlib.figure import Figure
    except ImportError as error:
        raise VmenvError('pictures need matplotlib: pip install "vmenv[plot]"') from error
    return Figure, FigureCanvasAgg
