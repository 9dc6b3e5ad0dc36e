"""thrash: CPU-heavy and disk-heavy VMs on a host whose memory is overcommitted.

Every switch to a VM that was paged out costs up to a second, most VMs are short and a few are long, and only some pairs fit side by side:
a scheduler must find the short ones without paging for it.
"""

from __future__ import annotations

import functools
from dataclasses import dataclass

import numpy as np

from vmenv.checks import check_integer
from vmenv.dispatch.scenario import SCENARIOS, DispatchScenario
from vmenv.errors import SpecError
from vmenv.host.spec import Disk, Host, Nic
from vmenv.workload.generators.arrivals import poisson_arrivals
from vmenv.workload.generators.choices import draw_from
from vmenv.workload.generators.demands import uniform_demands
from vmenv.workload.generators.sizes import hyperexponential_sizes
from vmenv.workload.table import Workload

HEAVY, LIGHT_CPU, LIGHT_DISK, LIGHT_NET = (0.25, 0.60), (0.05, 0.20), (0.02, 0.15), (0.02, 0.30)
MEMORY_EIGHTHS, MEMORY_PROBABILITIES = (1, 2, 3, 4), (0.4, 0.3, 0.2, 0.1)
MEANS_US, PROBABILITIES, LEAST_US = (500_000, 5_000_000), (0.85, 0.15), 10_000


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

    def draw_workload(self, rng: np.random.Generator, seed: int) -> Workload:
        """Half the VMs are heavy on the CPU, half on the disk."""
        host, n = self._host, self.num_vms
        cpu_heavy = rng.random(n) < 0.5
        cpu = np.where(cpu_heavy[:, None], HEAVY, LIGHT_CPU)
        disk = np.where(cpu_heavy[:, None], LIGHT_DISK, HEAVY)
        net = np.broadcast_to(LIGHT_NET, (n, 2))
        return Workload.from_arrays(
            arrival_us=poisson_arrivals(rng, n, self.arrival_rate_per_s),
            work_us=LEAST_US + hyperexponential_sizes(rng, n, MEANS_US, PROBABILITIES),
            cpu_millicores=uniform_demands(rng, cpu[:, 0], cpu[:, 1], host.capacities[0]),
            disk_kib_s=uniform_demands(rng, disk[:, 0], disk[:, 1], host.disks[0].bandwidth_kib_s),
            net_kib_s=uniform_demands(rng, net[:, 0], net[:, 1], host.nics[0].bandwidth_kib_s),
            memory_mib=host.memory_mib // 8 * draw_from(rng, MEMORY_EIGHTHS, n, MEMORY_PROBABILITIES),
        )
