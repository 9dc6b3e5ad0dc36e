"""thrash: CPU-heavy and disk-heavy VMs on a host whose memory is overcommitted.

Every switch to a VM that was paged out costs up to a second, most VMs are short and a few are long, and only some pairs fit side by side:
a scheduler must find the short ones without paging for it.
"""

from __future__ import annotations

import functools
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from vmenv.checks import check_integer
from vmenv.dispatch.scenario import SCENARIOS, DispatchScenario
from vmenv.episodes.scenario import CORE
from vmenv.errors import SpecError
from vmenv.host.spec import Disk, Host, Nic
from vmenv.jit import drawing
from vmenv.workload.drawing import Columns
from vmenv.workload.generators.arrivals import poisson_arrivals
from vmenv.workload.generators.choices import draw_from
from vmenv.workload.generators.demands import uniform_demands
from vmenv.workload.generators.sizes import hyperexponential_sizes

HEAVY, LIGHT_CPU, LIGHT_DISK, LIGHT_NET = (0.25, 0.60), (0.05, 0.20), (0.02, 0.15), (0.02, 0.30)
MEMORY_EIGHTHS, MEMORY_PROBABILITIES = (1, 2, 3, 4), (0.4, 0.3, 0.2, 0.1)
MEANS_US, PROBABILITIES, LEAST_US = (500_000, 5_000_000), (0.85, 0.15), 10_000


class Numbers(NamedTuple):
    """What `draw` needs to know; of CPU, disk and NIC the capacities."""

    num_vms: int
    rate_per_s: float
    capacities: tuple[int, int, int]
    eighth_mib: int


CPU_LOW, CPU_HIGH = np.array([LIGHT_CPU, HEAVY]).T.copy()  # of VMs that are heavy on the disk, and of those that are heavy on the CPU
DISK_LOW, DISK_HIGH = np.array([HEAVY, LIGHT_DISK]).T.copy()
NET_LOW, NET_HIGH = np.array([LIGHT_NET, LIGHT_NET]).T.copy()


@drawing
def draw(rng: np.random.Generator, p: Numbers, out: Columns) -> tuple[int, int, int]:
    """Half the VMs are heavy on the CPU, half on the disk."""
    n = p.num_vms
    if n <= len(out.work_us):
        heavy = (rng.random(n) < 0.5).astype(np.int64)
        out.arrival_us[:n] = poisson_arrivals(rng, n, p.rate_per_s)
        out.work_us[:n] = LEAST_US + hyperexponential_sizes(rng, n, MEANS_US, PROBABILITIES)
        out.cpu_millicores[:n] = uniform_demands(rng, CPU_LOW[heavy], CPU_HIGH[heavy], p.capacities[0])
        out.disk_kib_s[:n] = uniform_demands(rng, DISK_LOW[heavy], DISK_HIGH[heavy], p.capacities[1])
        out.net_kib_s[:n] = uniform_demands(rng, NET_LOW[heavy], NET_HIGH[heavy], p.capacities[2])
        out.memory_mib[:n] = p.eighth_mib * draw_from(rng, MEMORY_EIGHTHS, n, MEMORY_PROBABILITIES)
    return n, n, 0


@SCENARIOS.register("thrash")
@dataclass(frozen=True, kw_only=True)
class Thrash(DispatchScenario):
    """Two kinds of VMs under memory overcommit.

    Args:
        load: Of the busier device: arrival rate x mean work x mean demand / capacity.
        num_vms: VMs of an episode.
        quantum_us: Time slice.
        switch_us: Cost of a switch.
        full_paging_us: Time to page the host's whole memory.
    """

    summary = "CPU-heavy and disk-heavy VMs, overcommitted memory, many short and a few long"
    tags = (CORE,)
    draw = staticmethod(draw)

    load: float = 0.7
    num_vms: int = 150
    quantum_us: int = 250_000
    switch_us: int = 10_000
    full_paging_us: int = 1_000_000
    objective: str = "mean_slowdown"
    num_slots: int = 24
    time_scale_us: int = 1_000_000

    def __post_init__(self) -> None:
        super().__post_init__()
        if not self.load > 0:
            raise SpecError(f"load is {self.load}: give a number above 0")
        check_integer("num_vms", self.num_vms, least=1)
        check_integer("full_paging_us", self.full_paging_us, least=1)

    def build_host(self) -> Host:
        """8 pCPUs, 16 GiB, one disk, one NIC."""
        memory_mib = 16 * 1024
        return Host(
            cpus=8,
            memory_mib=memory_mib,
            disks=(Disk(bandwidth_kib_s=500_000, capacity_mib=1_000_000),),
            nics=(Nic(bandwidth_kib_s=1_250_000),),
            quantum_us=self.quantum_us,
            switch_us=self.switch_us,
            swap_kib_s=max(1, memory_mib * 1024 * 1_000_000 // self.full_paging_us),
        )

    @functools.cached_property
    def arrival_rate_per_s(self) -> float:
        """Returns the rate at which the busier device has the load."""
        mean_work_s = (np.dot(MEANS_US, PROBABILITIES) + LEAST_US) / 1e6
        cpu, disk = np.mean([HEAVY, LIGHT_CPU]), np.mean([LIGHT_DISK, HEAVY])
        return float(self.load / (mean_work_s * max(cpu, disk)))

    def numbers(self) -> Numbers:
        """See `draw`."""
        host = self._host
        capacities = (host.capacities[0], host.disks[0].bandwidth_kib_s, host.nics[0].bandwidth_kib_s)
        return Numbers(self.num_vms, self.arrival_rate_per_s, capacities, host.memory_mib // 8)
