"""bursts: tenants take turns on one pCPU, loading another one costs, and each sends its VMs in bursts that nobody announces.

When the queue of the loaded tenant runs empty, the host can go to another tenant now, and pay twice if the burst goes on, or stay idle for
the next VM of the burst. Whether the burst goes on shows only in when the last VMs came.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from vmenv.checks import check_integer
from vmenv.dispatch.scenario import SCENARIOS, DispatchScenario
from vmenv.errors import SpecError
from vmenv.host.spec import Host
from vmenv.workload.generators.arrivals import mmpp_arrivals
from vmenv.workload.generators.sizes import exponential_sizes
from vmenv.workload.table import Workload


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

    def draw_workload(self, rng: np.random.Generator, seed: int) -> Workload:
        """Each tenant's arrivals of their own, of all of them the first `num_vms`; exponential sizes, each VM on the whole pCPU."""
        n, per_s = self.num_vms, 1e6 / self.mean_us
        rates, means = (self.burst_load * per_s, self.quiet_load * per_s), (self.burst_us / 1e6, self.quiet_us / 1e6)
        arrivals = np.concatenate([mmpp_arrivals(rng, n, rates, means) for _ in range(self.num_tenants)])
        first = np.argsort(arrivals, kind="stable")[:n]
        return Workload.from_arrays(arrival_us=arrivals[first], work_us=exponential_sizes(rng, n, self.mean_us), tenant=first // n)
