"""tenants: three tenants with deadlines of their own on one host, and bursts in which not all of them can be met.

What counts is by how much the VMs are late, each in proportion to its weight. While the host keeps up, the earliest deadline first misses
next to nothing; in a burst it serves what is lost already and makes everything late behind it. Weights, priorities and shares protect the
tenant that pays most, whether it needs that now or not. Who is to be let down, and when, is what a policy has to find out.
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
from vmenv.host.state import Floats
from vmenv.jit import drawing
from vmenv.workload.drawing import Columns
from vmenv.workload.generators.arrivals import mmpp_arrivals
from vmenv.workload.generators.sizes import hyperexponential_sizes


class Tenant(NamedTuple):
    """What a tenant sends.

    Attributes:
        share: Of the load.
        means_us: Means of the two exponentials that its sizes are mixed of.
        short: Probability of the first.
        cpu_millicores: Demand of a VM.
        weight: What a microsecond too late costs.
        priority: For the schedulers that go by priorities.
        slo_us: Longest response time that was promised.
    """

    share: float
    means_us: tuple[int, int]
    short: float
    cpu_millicores: int
    weight: int
    priority: int
    slo_us: int

    @property
    def mean_us(self) -> int:
        """The mean of its sizes."""
        return round(self.short * self.means_us[0] + (1 - self.short) * self.means_us[1])


TENANTS = (  # web requests, application servers, batch
    Tenant(0.25, (20_000, 100_000), 0.75, 500, 8, 2, 200_000),
    Tenant(0.35, (100_000, 500_000), 0.75, 1000, 3, 1, 1_500_000),
    Tenant(0.40, (500_000, 5_000_000), 0.85, 2000, 1, 0, 10_000_000),
)


class Numbers(NamedTuple):
    """What `draw` needs to know: (3, 2) rates of each tenant in a burst and between two, and the mean lengths of these."""

    num_vms: int
    rates_per_s: Floats
    means_s: tuple[float, float]


MEANS_US, SHORT = np.array([tenant.means_us for tenant in TENANTS]), np.array([tenant.short for tenant in TENANTS])
CPU_MILLICORES, WEIGHT, PRIORITY, SLO_US, MEAN_US = (
    np.array([getattr(tenant, name) for tenant in TENANTS]) for name in ("cpu_millicores", "weight", "priority", "slo_us", "mean_us")
)


@drawing
def draw(rng: np.random.Generator, p: Numbers, out: Columns) -> tuple[int, int, int]:
    """Each tenant's arrivals of their own, of all of them the first `num_vms`."""
    n = p.num_vms
    if n <= len(out.work_us):
        arrivals, works = np.empty(len(SHORT) * n, np.int64), np.empty(len(SHORT) * n, np.int64)
        for tenant in range(len(SHORT)):
            mine = slice(tenant * n, (tenant + 1) * n)
            arrivals[mine] = mmpp_arrivals(rng, n, (p.rates_per_s[tenant, 0], p.rates_per_s[tenant, 1]), p.means_s)
            means_us = (MEANS_US[tenant, 0], MEANS_US[tenant, 1])
            works[mine] = hyperexponential_sizes(rng, n, means_us, (SHORT[tenant], 1 - SHORT[tenant]))
        first = np.argsort(arrivals, kind="mergesort")[:n]
        who = first // n
        out.arrival_us[:n], out.work_us[:n], out.tenant[:n] = arrivals[first], works[first], who
        out.cpu_millicores[:n], out.weight[:n], out.priority[:n] = CPU_MILLICORES[who], WEIGHT[who], PRIORITY[who]
        out.slo_us[:n], out.estimate_us[:n] = SLO_US[who], MEAN_US[who]
    return n, n, 0


@SCENARIOS.register("tenants")
@dataclass(frozen=True, kw_only=True)
class Tenants(DispatchScenario):
    """Deadlines, weights and bursts. Of a VM tenant, weight, priority, deadline and its tenant's mean size show, but not its own.

    Args:
        load: Mean demand of CPU / capacity.
        burst: Arrival rate in a burst / mean arrival rate, from 1 to below 2; outside of bursts it is that much lower.
        stay_us: Mean length of a burst, and of the time between bursts, of each tenant.
        num_vms: VMs of an episode.
    """

    summary = "three tenants with weights and deadlines, which cannot all be met in bursts; what counts is weighted tardiness"
    tags = (CORE,)
    draw = staticmethod(draw)

    load: float = 0.8
    burst: float = 1.8
    stay_us: int = 20_000_000
    num_vms: int = 600
    num_slots: int = 64
    objective: str = "weighted_tardiness_us"
    time_scale_us: int = 1_000_000

    def __post_init__(self) -> None:
        super().__post_init__()
        if not self.load > 0:
            raise SpecError(f"load is {self.load}: give a number above 0")
        if not 1 <= self.burst < 2:
            raise SpecError(f"burst is {self.burst}: give a number from 1 to below 2")
        for name in ("stay_us", "num_vms"):
            check_integer(name, getattr(self, name), least=1)

    def build_host(self) -> Host:
        """Two pCPUs with quanta of 10 ms; memory is not short."""
        return Host(cpus=2, quantum_us=10_000, switch_us=100)

    def numbers(self) -> Numbers:
        """See `draw`."""
        capacity, both = 1000 * self.build_host().cpus, []
        for tenant in TENANTS:
            per_s = self.load * tenant.share * capacity / (tenant.mean_us * tenant.cpu_millicores) * 1e6
            both.append((self.burst * per_s, (2 - self.burst) * per_s))
        return Numbers(self.num_vms, np.array(both), (self.stay_us / 1e6, self.stay_us / 1e6))
