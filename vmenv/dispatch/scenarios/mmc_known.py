"""mmc_known: the M/M/c queue. Four pCPUs, Poisson arrivals, exponential sizes that nobody knows, free pre-emption.

A control: with exponential sizes the number present moves by the same rates under every policy that leaves no pCPU idle, so that all of
them have the same mean response time, which Erlang's formula gives (Kleinrock, Queueing Systems I, 1975); no policy without sizes has less.
"""

from __future__ import annotations

from dataclasses import dataclass

from vmenv.checks import check_integer
from vmenv.dispatch.scenario import SCENARIOS, DispatchScenario
from vmenv.dispatch.scenarios.mm1 import Numbers, draw
from vmenv.episodes.scenario import CONTROL
from vmenv.errors import SpecError
from vmenv.host.spec import Host


@SCENARIOS.register("mmc_known")
@dataclass(frozen=True, kw_only=True)
class MmcKnown(DispatchScenario):
    """M/M/c.

    Args:
        load: Arrival rate x mean size / pCPUs.
        cpus: Number of pCPUs; a VM runs on one.
        mean_us: Mean size.
        quantum_us: Time slice.
        num_vms: VMs of an episode.
    """

    summary = "four pCPUs, Poisson arrivals, exponential sizes; no policy without sizes can win"
    tags = (CONTROL,)
    draw = staticmethod(draw)

    load: float = 0.8
    cpus: int = 4
    mean_us: int = 100_000
    quantum_us: int = 25_000
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
        """The pCPUs; switching is free."""
        return Host(cpus=self.cpus, quantum_us=self.quantum_us)

    def numbers(self) -> Numbers:
        """See `vmenv.dispatch.scenarios.mm1.draw`: nothing but the rate differs."""
        return Numbers(self.num_vms, self.load * self.cpus * 1e6 / self.mean_us, float(self.mean_us))
