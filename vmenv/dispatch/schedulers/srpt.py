"""SRPT, shortest remaining processing time: the VM with the least work left goes first.

Source: Schrage (1968), "A proof of the optimality of the shortest remaining processing time discipline", Operations Research 16.
Information: clairvoyant. Minimises the number present at every instant on one pCPU without overheads. Fails on a host of many
devices, where the shortest may block what could run side by side, and for every user whose VM is the largest. By volume, work x largest
share of a resource, it serves first what is soon done and in few others' way.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from vmenv.dispatch.scheduler import SCHEDULERS, Scheduler
from vmenv.host import columns as c
from vmenv.jit import jittable


@jittable
def dominant_share(vm: Any, host: Any) -> float:
    """Returns the largest part of a resource that the VM demands: of the CPU, the memory, its disk and its NIC."""
    return max(
        vm.cpu_millicores / host.capacity[c.CPU],
        vm.memory_mib / host.memory_mib,
        vm.disk_kib_s / host.capacity[vm.disk_device],
        vm.net_kib_s / host.capacity[vm.nic_device],
    )


@SCHEDULERS.register("srpt")
@dataclass(frozen=True, kw_only=True)
class Srpt(Scheduler):
    """Shortest remaining processing time.

    Args:
        volume: Whether work left is multiplied with the VM's dominant share: the largest part of a resource that it demands.
    """

    information = "clairvoyant"
    source = "Schrage, Operations Research 16, 1968"
    keeps_keys = True

    volume: bool = False

    @staticmethod
    def key(vm: Any, host: Any, params: Any) -> tuple[float, float]:
        """Work left over all phases, or that x the dominant share of the current one."""
        left = float(vm.size_us - vm.attained_us)
        return (left if params[0] == 0 else left * dominant_share(vm, host)), 0.0
