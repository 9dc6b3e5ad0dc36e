"""The traces that models are fitted to and judged on: each in two halves, if the second is there."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

from vmenv.workload.table import Workload
from vmenv.workload.trace import read_trace


class Sample(NamedTuple):
    """A trace and how it is read.

    Attributes:
        name: What the page calls it.
        format: One of `vmenv.list_trace_formats()`.
        path: Below a half of the sample.
        options: Of the reader.
    """

    name: str
    format: str
    path: str = ""
    options: dict[str, Any] = {}  # noqa: RUF012  # of a tuple, and never written to


class Halves(NamedTuple):
    """What a model is fitted to, and what it has never seen."""

    sample: Sample
    seen: Workload
    unseen: Workload | None


SAMPLES = {
    "bitbrains_rnd": Sample("Bitbrains, August 2013", "bitbrains", "2013-8", {"weigh_by_cores": True}),
    "planetlab": Sample("PlanetLab, March and April 2011", "planetlab", "*"),
    "google2011_hipro": Sample("Google 2011, jobs as VMs", "google2011"),
    "azure_v1_arrivals": Sample("Azure 2017, arrivals", "azure_arrivals"),
    "opendc_surf_week": Sample("SURF, a week of October 2022", "opendc", "", {"weigh_by_cores": True}),
}


def halves(traces: Path, other: str = "heldout") -> Iterator[Halves]:
    """Yields the samples that lie below a folder, each in `dev` and, where it is there, another folder."""
    for folder, sample in SAMPLES.items():
        if (traces / folder / "dev").is_dir():
            seen = _read(traces / folder / "dev", sample)
            unseen = _read(traces / folder / other, sample) if (traces / folder / other).is_dir() else None
            yield Halves(sample, seen, unseen)


def _read(folder: Path, sample: Sample) -> Workload:
    path = sorted(folder.glob(sample.path)) if "*" in sample.path else folder / sample.path
    return read_trace(path, sample.format, **sample.options)
