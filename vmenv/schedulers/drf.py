"""DRF, dominant resource fairness: the tenant with the least dominant share, for its weight, gets its next VM running.

A tenant's share of a resource is what its running VMs hold of it; memory counts as a resource. The dominant share is the largest.

Source: Ghodsi et al. (2011), "Dominant resource fairness: fair allocation of multiple resource types", NSDI.
Information: demands. No tenant would rather have another's share. Fails for the mean response time: it does not look at sizes.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from vmenv.host import columns as c
from vmenv.host.state import Floats, Runs
from vmenv.schedulers.base import SCHEDULERS, Scheduler


@SCHEDULERS.register("drf")
@dataclass(frozen=True, kw_only=True)
class Drf(Scheduler):
    """Dominant resource fairness over tenants."""

    information = "demands"
    source = "Ghodsi et al., NSDI 2011"

    @staticmethod
    def update(s: Runs, r: int, params: Floats) -> None:
        """Memory of a VM: 0 the dominant share of its tenant."""
        for i in range(s.run[r, c.TOP_SLOT]):
            if s.slots[r, c.STATUS, i] != c.RUNNABLE:
                continue
            dominant = 0.0
            for resource in range(s.devices.shape[2] + 1):
                held, capacity = 0, s.host[c.MEMORY_MIB]
                if resource < s.devices.shape[2]:
                    capacity = s.devices[r, c.CAPACITY, resource]
                for k in range(s.run[r, c.NUM_RUNNING]):
                    j = s.slots[r, c.RUNNING_LIST, k]
                    if s.slots[r, c.TENANT, j] == s.slots[r, c.TENANT, i]:
                        if resource == s.devices.shape[2]:
                            held += s.slots[r, c.MEMORY, j]
                        elif resource == 0:
                            held += s.slots[r, c.CPU, j]
                        elif resource == s.slots[r, c.DISK_DEVICE, j]:
                            held += s.slots[r, c.DISK, j]
                        elif resource == s.slots[r, c.NIC_DEVICE, j]:
                            held += s.slots[r, c.NET, j]
                dominant = max(dominant, held / capacity)
            s.vm_memory[r, 0, i] = dominant

    @staticmethod
    def key(vm: Any, host: Any, params: Any) -> tuple[float, float]:
        """The tenant's dominant share / weight; within a tenant, and among equals, the ring."""
        return host.vm_memory[0, vm.slot] / vm.weight, float(vm.queue_place)
