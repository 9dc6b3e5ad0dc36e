"""The load of a workload over time as a picture."""

from __future__ import annotations

from pathlib import Path

from vmenv.errors import SpecError
from vmenv.render.figures import COLOURS, matplotlib_classes
from vmenv.workload.summary import load_over_time
from vmenv.workload.table import Workload

NUM_BINS = 400
NAMES = {  # of the axes, and how many of vmenv's units are one of theirs
    "cpu_millicores": ("CPU, cores", 1_000),
    "memory_mib": ("memory, GiB", 1_024),
    "disk_kib_s": ("disk, MiB/s", 1_024),
    "net_kib_s": ("network, MiB/s", 1_024),
}


def draw_load(work: Workload, file: Path, title: str) -> None:
    """Draws what all VMs together demand over time into a file, a row for each resource that anybody demands.

    Args:
        work: The workload.
        file: Where the picture goes, a PNG.
        title: What stands above.

    Raises:
        VmenvError: matplotlib is not installed, or the file cannot be written.
    """
    figure_class, canvas_class = matplotlib_classes()
    loads = {resource: load_over_time(work, resource, NUM_BINS) for resource in NAMES}
    shown = [resource for resource, (_, load) in loads.items() if load.max() > 0] or ["cpu_millicores"]
    figure = figure_class(figsize=(8, 1.2 + 1.3 * len(shown)), layout="constrained")
    canvas_class(figure)
    axes = figure.subplots(len(shown), sharex=True, squeeze=False)[:, 0]
    for axis, resource, colour in zip(axes, shown, COLOURS, strict=False):
        borders, load = loads[resource]
        name, unit = NAMES[resource]
        axis.stairs(load / unit, borders / 3.6e9, fill=True, color=colour)
        axis.set_ylabel(name)
        axis.set_ylim(bottom=0)
    axes[0].set_title(title)
    axes[-1].set_xlabel("hours from the beginning, if nobody waited")
    try:
        figure.savefig(file, dpi=150, metadata={"Software": None})
    except OSError as error:
        raise SpecError(f"{file} cannot be written ({error}): give a place where it can") from error
