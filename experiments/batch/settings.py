"""Who plays in which setting, and what comes of it."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from experiments.batch.as_published import UnicepAsPublished, Wfp3AsPublished
from experiments.batch.learned import searched, trained_on
from vmenv.dispatch.scenarios.batch import Batch
from vmenv.dispatch.scheduler import SCHEDULERS, Scheduler
from vmenv.dispatch.simulation import simulate
from vmenv.episodes.windows import VALIDATED_PART
from vmenv.errors import TraceError
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
    """Jobs that are played together.

    Attributes:
        work: The jobs.
        epoch_s: When their time 0 was in their log, in seconds.
        is_later: Whether no policy can have been trained on them: they are of the last part of their log, or generated.
    """

    work: Workload
    epoch_s: float
    is_later: bool = True


@dataclass(frozen=True)
class Row:
    """What came of one order in one setting: (number of windows,) of each figure."""

    setting: str
    order: str
    figures: dict[str, Floats]


@dataclass(frozen=True)
class Played:
    """What came of a log.

    Attributes:
        rows: One for each contender.
        later: (number of windows,) which are later than what policies were trained on.
    """

    rows: list[Row]
    later: NDArray[np.bool_]


def contenders(epoch_s: float = 0.0) -> list[tuple[str, str, Scheduler]]:
    """Returns setting, name and scheduler of all that are compared, on a window that begins at this time of its log."""
    rows = []
    for setting, rule in SETTINGS.items():
        for name, (kind, own) in ORDERS.items():
            told: dict[str, Any] = {"epoch_s": epoch_s} if any(field.name == "epoch_s" for field in dataclasses.fields(kind)) else {}
            rows.append((setting, name, kind(**own, **rule, **told)))
        rows += [(setting, kind, dataclasses.replace(policy, **rule)) for kind, policy in searched(setting).items()]
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
    later = VALIDATED_PART * log.log.num_vms if Path(log.path).name in trained_on() else 0
    return [Window(log.window(start), log.begins_us(start) * 1e-6, start >= later) for start in starts]


def play(host: Host, windows: Sequence[Window]) -> Played:
    """Returns a row for each of the contenders on these windows."""
    figures = dict[tuple[str, str], list[dict[str, float]]]()
    for window in windows:
        for setting, name, rule in contenders(window.epoch_s):
            figures.setdefault((setting, name), []).append(simulate(host, window.work, rule).metrics())
    rows = [Row(*who, {figure: np.array([one[figure] for one in all_of_it]) for figure in FIGURES}) for who, all_of_it in figures.items()]
    return Played(rows, np.array([window.is_later for window in windows]))
