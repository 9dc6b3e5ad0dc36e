"""mg1_known: the M/G/1 queue with known sizes. One pCPU, Poisson arrivals, sizes of high variance that are announced exactly.

A control: least remaining work first is optimal for every sequence of arrivals (Schrage, "A proof of the optimality of the shortest
remaining processing time discipline", Operations Research 16, 1968), so a learned policy can reach SRPT and not pass it.
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
from vmenv.workload.generators.sizes import hyperexponential_sizes

MEANS, PROBABILITIES = (0.563508, 4.436492), (0.887298, 0.112702)  # balanced means: mean 1, squared coefficient of variation 4


class Numbers(NamedTuple):
    """What `draw` needs to know."""

    num_vms: int
    rate_per_s: float
    means_us: tuple[float, float]


@drawing
def draw(rng: np.random.Generator, p: Numbers, out: Columns) -> tuple[int, int, int]:
    """Poisson arrivals, hyperexponential sizes that are known, each VM on the whole pCPU."""
    n = p.num_vms
    if n <= len(out.work_us):
        out.arrival_us[:n] = poisson_arrivals(rng, n, p.rate_per_s)
        out.work_us[:n] = hyperexponential_sizes(rng, n, p.means_us, PROBABILITIES)
        out.estimate_us[:n] = out.work_us[:n]
    return n, n, 0


@SCENARIOS.register("mg1_known")
@dataclass(frozen=True, kw_only=True)
class Mg1Known(DispatchScenario):
    """M/G/1 with announced sizes.

    Args:
        load: Arrival rate x mean size.
        mean_us: Mean size.
        num_vms: VMs of an episode.
    """

    summary = "one pCPU, Poisson arrivals, sizes announced exactly; the optimum is SRPT"
    tags = (CONTROL,)
    draw = staticmethod(draw)

    load: float = 0.8
    mean_us: int = 100_000
    num_vms: int = 400
    num_slots: int = 64
    time_scale_us: int = 100_000

    def __post_init__(self) -> None:
        super().__post_init__()
        if not self.load > 0:
            raise SpecError(f"load is {self.load}: give a number above 0")
        check_integer("mean_us", self.mean_us, least=1)
        check_integer("num_vms", self.num_vms, least=1)

    def build_host(self) -> Host:
        """One pCPU; switching is free, and an arrival pre-empts."""
        return Host(cpus=1, quantum_us=self.mean_us, preempt="arrival")

    def numbers(self) -> Numbers:
        """See `draw`."""
        return Numbers(self.num_vms, self.load * 1e6 / self.mean_us, (self.mean_us * MEANS[0], self.mean_us * MEANS[1]))
