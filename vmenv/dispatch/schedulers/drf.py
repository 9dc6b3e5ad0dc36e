"""DRF, dominant resource fairness: the tenant with the least dominant share, for its weight, gets its next VM running.

A tenant's share of a resource is what its running VMs hold of it; memory counts as a resource. The dominant share is the largest.

Source: Ghodsi et al. (2011), "Dominant resource fairness: fair allocation of multiple resource types", NSDI.
Information: demands. No tenant would rather have another's share. Fails for the mean response time: it does not look at sizes.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from vmenv.dispatch.scheduler import SCHEDULERS, Scheduler
from vmenv.host import columns as c
from vmenv.host.state import Floats, State


@SCHEDULERS.register("drf")
@dataclass(frozen=True, kw_only=True)
class Drf(Scheduler):
    """Dominant resource fairness over tenants."""

    information = "demands"
    source = "Ghodsi et al., NSDI 2011"
    needs = ("tenant",)

    @staticmethod
    def update(s: State, params: Floats) -> None:
        """Memory of a VM: 0 the dominant share of its tenant."""
        for i in range(s.run[c.TOP_SLOT]):
            if s.front[i, c.STATUS] != c.RUNNABLE:
                continue
            dominant = 0.0
            for resource in range(s.devices.shape[0] + 1):
                held, capacity = 0, s.host[c.MEMORY_MIB]
                if resource < s.devices.shape[0]:
                    capacity = s.devices[resource, c.CAPACITY]
                for k in range(s.run[c.NUM_RUNNING]):
                    j = s.lists[c.RUNNING_HEAP, k]
                    if s.slots[j, c.TENANT] == s.slots[i, c.TENANT]:
                        if resource == s.devices.shape[0]:
                            held += s.front[j, c.MEMORY]
                        elif resource == c.CPU:
                            held += s.front[j, c.CPU]
                        elif resource == s.slots[j, c.DISK_DEVICE]:
                            held += s.front[j, c.DISK]
                        elif resource == s.slots[j, c.NIC_DEVICE]:
                            held += s.front[j, c.NET]
                dominant = max(dominant, held / capacity)
            s.vm_memory[i, 0] = dominant

    @staticmethod
    def key(vm: Any, host: Any, params: Any) -> tuple[float, float]:
        """The tenant's dominant share / weight; within a tenant, and among equals, the ring."""
        return host.vm_memory[vm.slot, 0] / vm.weight, float(vm.queue_place)
