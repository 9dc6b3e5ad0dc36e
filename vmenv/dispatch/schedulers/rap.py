"""RAP, resource allocation by balance: the VM goes next that leaves the devices most evenly used.

Its key is the difference between the highest and the lowest utilisation over the devices after placement ("balanced"), or ("attained") the
VM's dominant share of the host times the service it has had, the largest total received going last.

Source: the project's third scheduler; "attained" follows dominant resource fairness, Ghodsi et al., NSDI 2011.
Information: demands. Good when VMs complement each other and nothing else matters. Fails when sizes differ: a balanced set of large VMs
keeps all small ones waiting.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar

from vmenv.dispatch.scheduler import SCHEDULERS, Scheduler
from vmenv.host import columns as c


@SCHEDULERS.register("rap")
@dataclass(frozen=True, kw_only=True)
class Rap(Scheduler):
    """Resource allocation by balance.

    Args:
        rule: "balanced" or "attained".
    """

    information = "demands"
    source = "balance after placement; Ghodsi et al., NSDI 2011 for the dominant share"
    choices: ClassVar[dict[str, tuple[str, ...]]] = {"rule": ("balanced", "attained")}

    rule: str = "balanced"

    @staticmethod
    def key(vm: Any, host: Any, params: Any) -> tuple[float, float]:
        """Spread of the utilisations after placement, or dominant share of what was received."""
        lowest, highest, dominant = 2.0, 0.0, 0.0
        for device in range(host.capacity.shape[0]):
            demand = 0
            if device == c.CPU:
                demand = vm.cpu_millicores
            elif device == vm.disk_device:
                demand = vm.disk_kib_s
            elif device == vm.nic_device:
                demand = vm.net_kib_s
            used = (host.capacity[device] - host.free[device] + demand) / host.capacity[device]
            lowest, highest = min(lowest, used), max(highest, used)
            dominant = max(dominant, demand / host.capacity[device])
        if params[0] == 1.0:
            return dominant * vm.attained_us / vm.weight, 0.0
        return highest - lowest, 0.0
