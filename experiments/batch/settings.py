"""Who plays in which setting, and what comes of it."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np

from experiments.batch.as_published import UnicepAsPublished, Wfp3AsPublished
from vmenv.dispatch.scenarios.batch import Batch
from vmenv.dispatch.scheduler import SCHEDULERS, Scheduler
from vmenv.dispatch.simulation import simulate
from vmenv.errors import SimulationError, TraceError
from vmenv.host.spec import Host
from vmenv.host.state import Floats
from vmenv.workload.table import Workload

SETTINGS: dict[str, dict[str, Any]] = {
    "committed": {"commit": True},
    "free": {"backfill": False},
    "backfilled": {"commit": True, "reservation": True},
}
ORDERS: dict[str, tuple[type[Scheduler], dict[str, Any]]] = {
    "FCFS": (SCHEDULERS["fcfs"], {}),
    "SJF": (SCHEDULERS["sjf"], {"sizes": "estimate"}),
    "WFP3": (SCHEDULERS["wfp3"], {}),
    "UNICEP": (SCHEDULERS["unicep"], {"serial": "first"}),
    "F1": (SCHEDULERS["f1"], {}),
    "WFP3 as published": (Wfp3AsPublished, {}),
    "UNICEP as published": (UnicepAsPublished, {}),
}
FIGURES = ("bounded_slowdown", "p99_wait_us", "longest_wait_us")


class Window(NamedTuple):
    """Jobs that are played together, and when their time 0 was in their log, in seconds."""

    work: Workload
    epoch_s: float


@dataclass(frozen=True)
class Row:
    """What came of one order in one setting: (number of windows,) of each figure."""

    setting: str
    order: str
    figures: dict[str, Floats]


@dataclass(frozen=True)
class Played:
    """What came of a log: a row for each contender, and how many windows took longer than a clock of whole microseconds goes."""

    rows: list[Row]
    left_out: int


def contenders(epoch_s: float = 0.0) -> list[tuple[str, str, Scheduler]]:
    """Returns setting, name and scheduler of all that are compared, on a window that begins at this time of its log."""
    rows = []
    for setting, rule in SETTINGS.items():
        for name, (kind, own) in ORDERS.items():
            told: dict[str, Any] = {"epoch_s": epoch_s} if any(field.name == "epoch_s" for field in dataclasses.fields(kind)) else {}
            rows.append((setting, name, kind(**own, **rule, **told)))
    return [*rows, ("backfilled", "EASY", SCHEDULERS.make("easy"))]


def windows_of(log: Batch, first: int | None = None, most: int | None = None) -> list[Window]:
    """Returns windows of a log that follow one another from its first job on: all that are whole, or so many; or the one from `first` on.

    Raises:
        TraceError: The log has too few jobs.
    """
    last = log.log.num_vms - log.num_vms
    starts = list(range(0, last + 1, log.num_vms))[:most] if first is None else [first]
    if not starts or not 0 <= starts[-1] <= last:
        raise TraceError(f"{log.path} has {log.log.num_vms} jobs that ran: give fewer --jobs, and a --first that leaves room for them")
    return [Window(log.window(start), log.begins_us(start) * 1e-6) for start in starts]


def play(host: Host, windows: Sequence[Window]) -> Played:
    """Returns a row for each of the contenders on these windows.

    Raises:
        TraceError: None of them can be played.
    """
    figures, left_out = dict[tuple[str, str], list[dict[str, float]]](), 0
    for work, epoch_s in windows:
        try:
            played = [(setting, name, simulate(host, work, rule)) for setting, name, rule in contenders(epoch_s)]
        except SimulationError:  # it takes longer than the clock of so large a machine goes
            left_out += 1
            continue
        for setting, name, run in played:
            figures.setdefault((setting, name), []).append(run.metrics())
    if not figures:
        raise TraceError(f"none of the sequences ends before the clock of {host.cpus} pCPUs does: give fewer --jobs")
    rows = [Row(*who, {figure: np.array([one[figure] for one in all_of_it]) for figure in FIGURES}) for who, all_of_it in figures.items()]
    return Played(rows, left_out)
