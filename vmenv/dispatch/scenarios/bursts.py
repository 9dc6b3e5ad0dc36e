"""bursts: tenants take turns on one pCPU, loading another one costs, and each sends its VMs in bursts that nobody announces.

When the queue of the loaded tenant runs empty, the host can go to another tenant now, and pay twice if the burst goes on, or stay idle for
the next VM of the burst. Whether the burst goes on shows only in when the last VMs came.
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
from vmenv.workload.generators.arrivals import mmpp_arrivals
from vmenv.workload.generators.sizes import exponential_sizes


class Numbers(NamedTuple):
    """What `draw` needs to know: rates and mean lengths in a burst and between two."""

    num_vms: int
    num_tenants: int
    rates_per_s: tuple[float, float]
    means_s: tuple[float, float]
    mean_us: float


@drawing
def draw(rng: np.random.Generator, p: Numbers, out: Columns) -> tuple[int, int, int]:
    """Each tenant's arrivals of their own, of all of them the first `num_vms`; exponential sizes, each VM on the whole pCPU."""
    n = p.num_vms
    if n <= len(out.work_us):
        arrivals = np.empty(p.num_tenants * n, np.int64)
        for tenant in range(p.num_tenants):
            arrivals[tenant * n : (tenant + 1) * n] = mmpp_arrivals(rng, n, p.rates_per_s, p.means_s)
        first = np.argsort(arrivals, kind="mergesort")[:n]
        out.arrival_us[:n] = arrivals[first]
        out.tenant[:n] = first // n
        out.work_us[:n] = exponential_sizes(rng, n, p.mean_us)
    return n, n, 0


@SCENARIOS.register("bursts")
@dataclass(frozen=True, kw_only=True)
class Bursts(DispatchScenario):
    """Bursty tenants that take turns.

    Args:
        num_tenants: Tenants, all of one kind.
        mean_us: Mean size.
        burst_load: Arrival rate x mean size of one tenant in a burst.
        quiet_load: The same between bursts.
        burst_us: Mean length of a burst.
        quiet_us: Mean time between bursts.
        reload_us: Cost of a grant to a VM of another tenant than the last.
        num_vms: VMs of an episode, all tenants together.
    """

    summary = "one pCPU, tenants that arrive in unannounced bursts, costly changes between them"
    tags = (CORE,)
    draw = staticmethod(draw)

    num_tenants: int = 2
    mean_us: int = 100_000
    burst_load: float = 0.6
    quiet_load: float = 0.04
    burst_us: int = 8_000_000
    quiet_us: int = 32_000_000
    reload_us: int = 1_600_000
    num_vms: int = 400
    num_slots: int = 64
    time_scale_us: int = 1_000_000

    def __post_init__(self) -> None:
        super().__post_init__()
        for name in ("num_tenants", "mean_us", "burst_us", "quiet_us", "num_vms"):
            check_integer(name, getattr(self, name), least=1)
        if not self.burst_load > 0:
            raise SpecError(f"burst_load is {self.burst_load}: give a number above 0")
        if not self.quiet_load >= 0:
            raise SpecError(f"quiet_load is {self.quiet_load}: give a number from 0")

    def build_host(self) -> Host:
        """One pCPU, no pre-emption: who is granted comes to its end."""
        return Host(cpus=1, preempt="none", reload_us=self.reload_us)

    def numbers(self) -> Numbers:
        """See `draw`."""
        per_s = 1e6 / self.mean_us
        rates, means = (self.burst_load * per_s, self.quiet_load * per_s), (self.burst_us / 1e6, self.quiet_us / 1e6)
        return Numbers(self.num_vms, self.num_tenants, rates, means, float(self.mean_us))
