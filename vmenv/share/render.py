"""The last interval of a run of shares: what each VM was given, wanted and did not get, as text or as a picture."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from vmenv.host.columns import CPU, DEMAND_NAMES, NOBODY, NUM_USES
from vmenv.host.spec import Host
from vmenv.host.state import Floats, Ints
from vmenv.render.figures import COLOURS, GREY, matplotlib_classes
from vmenv.share import columns as c
from vmenv.share.state import State

BAR = 40


class Interval(NamedTuple):
    """An interval that has ended: the VMs that are present after it, and the devices. Rates are means over it, in millicores or KiB/s."""

    clock_us: int
    length_us: int
    number: int
    done: int
    vms: Ints  # (V,) VM numbers
    weights: Ints  # (V,) as they were filled by
    granted: Floats  # (V, 3) rates
    missed: Floats  # (V, 3) rates
    backlog_us: Floats  # (V, 3) what waits, as time of the whole device
    places: Ints  # (V, 3) the device of each use
    capacity: Ints  # (D,)
    demanded: Floats  # (D,) part of the capacity, those gone meanwhile included
    lost: Floats  # (D,) part of the capacity


def read_interval(s: State) -> Interval:
    """Returns the last interval of a run."""
    length_us = max(1, int(s.run[c.LAST_LENGTH_US]))
    here = np.flatnonzero(s.slots[:, c.VM] != NOBODY)
    here = here[np.argsort(s.slots[here, c.VM])]
    capacity, places = np.array(s.filling.capacity), s.filling.places[here].copy()
    return Interval(
        clock_us=int(s.run[c.CLOCK_US]),
        length_us=length_us,
        number=int(s.run[c.NUM_INTERVALS]),
        done=int(s.run[c.NUM_DONE]),
        vms=s.slots[here, c.VM].copy(),
        weights=np.array(s.filling.weights[here]),
        granted=s.uses[here, :, c.GRANTED] / length_us,
        missed=s.uses[here, :, c.MISSED] / length_us,
        backlog_us=s.uses[here, :, c.BACKLOG] / capacity[places],
        places=places,
        capacity=capacity,
        demanded=s.devices[:, c.LAST_DEMANDED] / (capacity * length_us),
        lost=s.devices[:, c.LAST_LOST] / (capacity * length_us),
    )


def render_ansi(interval: Interval, host: Host) -> str:
    """Returns the interval as text: `#` granted and `!` missed, of the CPU; the numbers are parts of the device that the VM is on."""
    head = f"t = {interval.clock_us / 1e6:.3f} s   interval {interval.number}   present {len(interval.vms)}   done {interval.done}"
    lines = [head]
    for name, demanded, lost in zip(host.device_names, interval.demanded, interval.lost, strict=True):
        lines.append(f"{name:>6}  demand {100 * demanded:6.1f} % of it, lost {100 * lost:5.1f} %")
    granted, missed = _parts(interval)
    uses = _uses(granted + missed)
    lines.append(f"{'VM':>6} {'weight':>8} " + " ".join(f"{f'{DEMAND_NAMES[u]} got':>9} {'missed':>7}" for u in uses) + "  cpu")
    for k, vm in enumerate(interval.vms):
        parts = " ".join(f"{100 * granted[k, u]:7.1f} % {100 * missed[k, u]:5.1f} %" for u in uses)
        bar = "#" * round(BAR * granted[k, CPU]) + "!" * round(BAR * missed[k, CPU])
        lines.append(f"{vm:>6} {interval.weights[k]:>8} {parts}  {bar}")
    return "\n".join(lines) + "\n"


def _parts(interval: Interval) -> tuple[Floats, Floats]:
    """Returns (V, 3) what was granted and what was missed, as parts of the devices."""
    capacity = interval.capacity[interval.places]
    return interval.granted / capacity, interval.missed / capacity


def _uses(asked: Floats) -> list[int]:
    """Returns which kinds of device are worth showing: the CPU, and those that somebody asked for."""
    return [u for u in range(NUM_USES) if u == CPU or asked[:, u].any()]


def render_rgb(interval: Interval, host: Host) -> NDArray[np.uint8]:
    """Returns the interval as a picture, (height, width, 3) uint8: a panel a kind of device, a bar a VM, hatched what it did not get.

    Of the disk and the NIC only those are shown that somebody asked for.

    Raises:
        VmenvError: matplotlib is not installed.
    """
    figure_class, canvas_class = matplotlib_classes()
    figure = figure_class(figsize=(9.6, 6.4), dpi=100, layout="constrained")
    canvas = canvas_class(figure)
    weights = interval.weights / max(1, interval.weights.max(initial=0))
    granted, missed = _parts(interval)
    uses = _uses(granted + missed)
    colours = [COLOURS[int(vm) % len(COLOURS)] for vm in interval.vms]
    rows = np.arange(len(interval.vms))
    panels = figure.subplots(1, 1 + len(uses), sharey=True)
    panels[0].barh(rows, weights, color=GREY)
    panels[0].set(title="weight / largest", xlim=(0, 1.02), ylim=(max(1, len(rows)) - 0.4, -0.6))
    panels[0].set_yticks(rows, [f"VM {vm}" for vm in interval.vms], fontsize=8)
    for u, axes in zip(uses, panels[1:], strict=True):
        axes.barh(rows, granted[:, u], color=colours)
        axes.barh(rows, missed[:, u], left=granted[:, u], facecolor="none", edgecolor="#333333", hatch="//////", linewidth=0.5)
        axes.set(title=f"{DEMAND_NAMES[u]} / device", xlim=(0, 1.02 * float((granted + missed)[:, u].max(initial=0.01))))
    for axes in panels:
        axes.spines[["top", "right"]].set_visible(False)
    lost = ", ".join(f"{name} {100 * part:.1f} %" for name, part in zip(host.device_names, interval.lost, strict=True))
    head = f"t = {interval.clock_us / 1e6:.3f} s, interval {interval.number}: granted, hatched what was missed; lost: {lost}"
    figure.suptitle(head, fontsize=10)
    canvas.draw()
    return np.asarray(canvas.buffer_rgba())[:, :, :3].copy()
