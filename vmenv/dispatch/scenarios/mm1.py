"""mm1: the M/M/1 queue. One pCPU, Poisson arrivals, exponential sizes, and nothing else.

The control: without overheads and with exponential sizes every policy that does not look at sizes has the same mean response time,
mean size / (1 - load). A learned policy that "wins" here is a bug.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from vmenv.checks import check_integer
from vmenv.dispatch.scenario import SCENARIOS, DispatchScenario
from vmenv.episodes.scenario import CONTROL
from vmenv.errors import SpecError
from vmenv.host.spec import Host
from vmenv.jit import drawing
from vmenv.workload.drawing import Columns
from vmenv.workload.generators.arrivals import poisson_arrivals
from vmenv.workload.generators.sizes import exponential_sizes


class Numbers(NamedTuple):
    """What `draw` needs to know."""

    num_vms: int
    rate_per_s: float
    mean_us: float


@drawing
def draw(rng: np.random.Generator, p: Numbers, out: Columns) -> tuple[int, int, int]:
    """Poisson arrivals, exponential sizes, each VM on the whole pCPU."""
    n = p.num_vms
    if n <= len(out.work_us):
        out.arrival_us[:n] = poisson_arrivals(rng, n, p.rate_per_s)
        out.work_us[:n] = exponential_sizes(rng, n, p.mean_us)
    return n, n, 0


@SCENARIOS.register("mm1")
@dataclass(frozen=True, kw_only=True)
class Mm1(DispatchScenario):
    """M/M/1.

    Args:
        load: Arrival rate x mean size.
        mean_us: Mean size.
        quantum_us: Time slice.
        num_vms: VMs of an episode.
    """

    summary = "one pCPU, Poisson arrivals, exponential sizes; no policy without sizes can win"
    tags = (CONTROL,)
    draw = staticmethod(draw)

    load: float = 0.8
    mean_us: int = 100_000
    quantum_us: int = 10_000
    num_vms: int = 500
    num_slots: int = 64
    time_scale_us: int = 100_000

    def __post_init__(self) -> None:
        super().__post_init__()
        if not self.load > 0:
            raise SpecError(f"load is {self.load}: give a number above 0")
        check_integer("mean_us", self.mean_us, least=1)
        check_integer("num_vms", self.num_vms, least=1)

    def build_host(self) -> Host:
        """One pCPU; switching is free."""
        return Host(cpus=1, quantum_us=self.quantum_us)

    def numbers(self) -> Numbers:
        """See `draw`."""
        return Numbers(self.num_vms, self.load * 1e6 / self.mean_us, float(self.mean_us))
