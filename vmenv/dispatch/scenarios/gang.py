"""gang: VMs of one vCPU and VMs of eight, on eight pCPUs, without pre-emption.

A large VM needs the whole host at one instant. Whoever always fills free pCPUs with small VMs starves the large ones; whoever empties the
host for every large one wastes it. The best policy waits on purpose, and at the right moments. Sizes are exponential, so that nothing but
the numbers of waiting and running VMs matters, and the optimum is that of a small Markov decision process (`vmenv.bounds.markov`).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from vmenv.checks import check_integer
from vmenv.dispatch.scenario import SCENARIOS, DispatchScenario
from vmenv.episodes.scenario import CORE
from vmenv.errors import SpecError
from vmenv.host.spec import Host
from vmenv.jit import drawing
from vmenv.workload.drawing import Columns
from vmenv.workload.generators.arrivals import poisson_arrivals
from vmenv.workload.generators.sizes import exponential_sizes


class Numbers(NamedTuple):
    """What `draw` needs to know."""

    num_vms: int
    cpus: int
    large: float
    rate_per_s: float
    mean_us: int


@drawing
def draw(rng: np.random.Generator, p: Numbers, out: Columns) -> tuple[int, int, int]:
    """Poisson arrivals of both kinds together, exponential run times, of which the mean is known."""
    n = p.num_vms
    if n <= len(out.work_us):
        large = rng.random(n) < p.large
        out.cpu_millicores[:n] = 1000 + 1000 * (p.cpus - 1) * large
        out.arrival_us[:n] = poisson_arrivals(rng, n, p.rate_per_s)
        out.work_us[:n] = exponential_sizes(rng, n, p.mean_us)
        out.estimate_us[:n] = p.mean_us
    return n, n, 0


@SCENARIOS.register("gang")
@dataclass(frozen=True, kw_only=True)
class Gang(DispatchScenario):
    """One-or-all.

    Args:
        cpus: Number of pCPUs, and vCPUs of a large VM.
        small_rate: Small VMs that arrive in a mean run time.
        large_rate: Large VMs that arrive in a mean run time.
        mean_us: Mean run time of both.
        num_vms: VMs of an episode.
    """

    summary = "VMs of one vCPU or of all, no pre-emption; the best policy waits on purpose"
    tags = (CORE,)
    draw = staticmethod(draw)

    cpus: int = 8
    small_rate: float = 2.4
    large_rate: float = 0.4
    mean_us: int = 1_000_000
    num_vms: int = 800
    num_slots: int = 96
    time_scale_us: int = 1_000_000

    def __post_init__(self) -> None:
        super().__post_init__()
        for name in ("small_rate", "large_rate"):
            if not getattr(self, name) > 0:
                raise SpecError(f"{name} is {getattr(self, name)}: give a number above 0")
        check_integer("mean_us", self.mean_us, least=1)
        check_integer("num_vms", self.num_vms, least=1)

    def build_host(self) -> Host:
        """The pCPUs; a grant runs to the end."""
        return Host(cpus=self.cpus, preempt="none")

    def numbers(self) -> Numbers:
        """See `draw`."""
        rate = self.small_rate + self.large_rate
        return Numbers(self.num_vms, self.cpus, self.large_rate / rate, rate * 1e6 / self.mean_us, self.mean_us)
