"""A run as plain text: the devices' use, and a line a VM with what a scheduler may see."""

from __future__ import annotations

import numpy as np

from vmenv.dispatch.render.window import Window, cut
from vmenv.dispatch.run import Run
from vmenv.host import columns as c
from vmenv.host.books import booked

MOST_LINES = 30
BAR = 30


def render_ansi(run: Run, width: int = 40) -> str:
    """Returns the state of a run as text.

    Args:
        run: A run with recorded grants.
        width: Characters of the time line: `.` waiting, `~` start cost, `#` service.
    """
    window = cut(run)
    order = run.workload.arrival_order
    present = order[(run.arrived & ~run.completed)[order]]
    head = f"t = {run.end_us / 1e6:.3f} s   present {len(present)}   done {int(run.completed.sum())} of {run.num_vms}"
    lines = [head]
    for device, name in enumerate(run.host.device_names):
        capacity = int(run.devices[c.CAPACITY, device]) * max(run.end_us, 1)
        served, overhead = (booked(run.devices.T, device, column) / capacity for column in (c.SERVED, c.OVERHEAD))
        bar = "#" * round(BAR * served) + "~" * round(BAR * overhead)
        lines.append(f"{name:>6} [{bar:<{BAR}.{BAR}}] {100 * served:3.0f} % service, {100 * overhead:3.0f} % start costs so far")
    lines.append(
        f"{'VM':>6} {'attained s':>10} {'waited s':>9} {'grants':>6}  from {window.from_us / 1e6:.3f} s to {window.to_us / 1e6:.3f} s"
    )
    for vm in present[:MOST_LINES]:
        numbers = f"{vm:>6} {run.attained_us[vm] / 1e6:>10.3f} {run.wait_us[vm] / 1e6:>9.3f} {run.num_grants[vm]:>6}"
        lines.append(f"{numbers}  {_time_line(run, window, int(vm), width)}")
    if len(present) > MOST_LINES:
        lines.append(f"{'':>6} and {len(present) - MOST_LINES} more")
    return "\n".join(lines) + "\n"


def _time_line(run: Run, window: Window, vm: int, width: int) -> str:
    """Returns what the VM does at the middle of each of `width` equal parts of the window."""
    times = window.from_us + (np.arange(width) + 0.5) * (window.to_us - window.from_us) / width
    cells = np.where((times >= run.arrival_us[vm]) & (times < run.end_us), ".", " ")
    mine = window.grants["vm"] == vm
    for start, service, end in zip(*(window.grants[name][mine] for name in ("grant_us", "service_us", "end_us")), strict=True):
        cells[(times >= start) & (times < service)] = "~"
        cells[(times >= service) & (times < end)] = "#"
    return "".join(cells)
