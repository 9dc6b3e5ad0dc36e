"""Tetris: the VM whose demand is best aligned with what is free goes first, and those with little work left are preferred.

Alignment a is the scalar product of demand and free capacity over CPU, memory, disk and network, each as a fraction of the machine's; of
the memory, what the running VMs leave is free. The work left p of a VM is what it will take up: the time left, `estimate_us` less its
service, times the sum of its demands as such fractions. The score is a - eps p with eps = m a' / p', where a' and p' are the means over the
runnable VMs and m is `short_weight`: at m = 1 packing and shortest remaining work weigh the same. A VM without an estimate has no p: it
counts by its alignment alone, and not in p'.

Source: Grandl et al. (2014), "Multi-resource packing for cluster schedulers", SIGCOMM, sections 3.2 and 3.3. A VM is a job of one task
here; the paper's barriers, fairness knob and penalty for remote resources have no counterpart.
Information: demands. Packs well when demands complement each other. Fails when sizes matter more than packing and are not known.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar

from vmenv.dispatch.scheduler import SCHEDULERS, Scheduler
from vmenv.episodes.ranges import Range
from vmenv.errors import SpecError
from vmenv.host import columns as c
from vmenv.host.state import Floats, State


@SCHEDULERS.register("tetris")
@dataclass(frozen=True, kw_only=True)
class Tetris(Scheduler):
    """Alignment packing.

    Args:
        short_weight: m, weight of little work left against alignment, each as a multiple of its mean. 0: alignment alone.
    """

    information = "demands"
    source = "Grandl et al., SIGCOMM 2014"
    tunable: ClassVar[dict[str, Range]] = {"short_weight": Range(0.0, 10.0)}

    short_weight: float = 1.0

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.short_weight < 0:
            raise SpecError(f"Tetris.short_weight is {self.short_weight}: give a number from 0")

    @staticmethod
    def update(s: State, params: Floats) -> None:
        """Memory of a VM: 0 alignment, 1 work left (s). Of the run: 0 eps."""
        alignments, num_runnable, work, num_told = 0.0, 0.0, 0.0, 0.0
        memory = s.host[c.MEMORY_MIB]
        memory_free = (memory - s.run[c.MEMORY_RUNNING_MIB]) / memory
        for i in range(s.run[c.TOP_SLOT]):
            if s.front[i, c.STATUS] == c.RUNNABLE:
                disk, nic = s.slots[i, c.DISK_DEVICE], s.slots[i, c.NIC_DEVICE]
                cpu_share = s.front[i, c.CPU] / s.devices[c.CPU, c.CAPACITY]
                memory_share = s.front[i, c.MEMORY] / memory
                disk_share = s.front[i, c.DISK] / s.devices[disk, c.CAPACITY]
                net_share = s.front[i, c.NET] / s.devices[nic, c.CAPACITY]
                s.vm_memory[i, 0] = (
                    cpu_share * (s.devices[c.CPU, c.FREE] / s.devices[c.CPU, c.CAPACITY])
                    + memory_share * memory_free
                    + disk_share * (s.devices[disk, c.FREE] / s.devices[disk, c.CAPACITY])
                    + net_share * (s.devices[nic, c.FREE] / s.devices[nic, c.CAPACITY])
                )
                s.vm_memory[i, 1] = 0.0
                alignments += s.vm_memory[i, 0]
                num_runnable += 1.0
                if s.slots[i, c.ESTIMATE_US] > 0:
                    left_us = max(0, s.slots[i, c.ESTIMATE_US] - s.slots[i, c.ATTAINED_US])
                    s.vm_memory[i, 1] = left_us * 1e-6 * (cpu_share + memory_share + disk_share + net_share)
                    work += s.vm_memory[i, 1]
                    num_told += 1.0
        s.run_memory[0] = params[0] * (alignments / num_runnable) / (work / num_told) if work > 0.0 else 0.0

    @staticmethod
    def key(vm: Any, host: Any, params: Any) -> tuple[float, float]:
        """Minus the score."""
        return host.run_memory[0] * host.vm_memory[vm.slot, 1] - host.vm_memory[vm.slot, 0], 0.0
