"""Queues to simulate, and the note of what a comparison found."""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np

from vmenv.dispatch.run import Run
from vmenv.dispatch.scheduler import Scheduler
from vmenv.dispatch.simulation import simulate_many
from vmenv.host.spec import Host
from vmenv.host.state import Floats, Ints
from vmenv.workload import Workload

UNIT_US = 1_000_000  # one unit of time of the theory; rounding to whole microseconds moves a mean by less than 1e-6 of it
FOREVER_US = 2**31 - 1
REPLICATIONS = 10

Sizes = Callable[[np.random.Generator, int], Floats]


def exponential(rng: np.random.Generator, n: int) -> Floats:
    """Mean 1, C2 = 1."""
    return rng.exponential(1.0, n)


def hyperexponential(rng: np.random.Generator, n: int) -> Floats:
    """Two phases with balanced means: mean 1, C2 = 4."""
    p = (1.0 + np.sqrt(3.0 / 5.0)) / 2.0
    short = rng.random(n) < p
    return rng.exponential(np.where(short, 1.0 / (2.0 * p), 1.0 / (2.0 * (1.0 - p))))


def uniform(rng: np.random.Generator, n: int) -> Floats:
    """On (0, 2): mean 1, C2 = 1/3."""
    return rng.uniform(0.0, 2.0, n)


def two_point(rng: np.random.Generator, n: int) -> Floats:
    """.5 with probability .9, else 5.5: mean 1."""
    return np.where(rng.random(n) < 0.9, 0.5, 5.5)


LAWS: dict[str, Sizes] = {"exponential": exponential, "hyperexponential": hyperexponential, "uniform": uniform, "two-point": two_point}


def whole(times: Floats) -> Ints:
    """Returns times in whole microseconds, at least 1."""
    return np.maximum(1, np.rint(times * UNIT_US)).astype(np.int64)


def queue(rng: np.random.Generator, num_vms: int, rate: float, sizes: Sizes, **columns: Any) -> Workload:
    """Returns Poisson arrivals of VMs that take a whole pCPU."""
    arrival_us = np.rint(np.cumsum(rng.exponential(1.0 / rate, num_vms)) * UNIT_US).astype(np.int64)
    return Workload.from_arrays(arrival_us, whole(sizes(rng, num_vms)), **columns)


def replicate(
    host: Host, make: Callable[[np.random.Generator], Workload], scheduler: str | Scheduler, seed: int, replications: int = REPLICATIONS
) -> Iterator[Run]:
    """Yields independent runs, one at a time to spare memory."""
    for replication in range(replications):
        work = make(np.random.default_rng([seed, replication]))
        yield simulate_many(host, [work], scheduler, seeds=[replication])[0]


def middle(values: Any) -> Any:
    """Returns the values of the VMs between the first and the last tenth: the host begins and ends empty."""
    n = len(values)
    return values[n // 10 : n - n // 10]


@dataclass(frozen=True)
class Verdict:
    """A line of the verification page."""

    topic: str
    law: str
    source: str
    expected: float
    simulated: float
    half_width: float
    holds: bool
    vms: int


def note(verdict: Verdict) -> None:
    """Appends a verdict to the folder that `make verify` names, if it does."""
    folder = os.environ.get("VMENV_VERDICTS")
    if folder:
        with (Path(folder) / f"{os.getpid()}.jsonl").open("a") as file:
            file.write(json.dumps(asdict(verdict)) + "\n")
