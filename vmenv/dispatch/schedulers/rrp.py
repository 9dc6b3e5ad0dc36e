"""RRP, resource requirement priority: the VM with the largest dominant requirement goes first ("desc"), or the smallest ("asc").

The dominant requirement is the largest fraction of a device that the VM demands.

Source: the project's fourth scheduler; "desc" is first fit decreasing of vector packing, e.g. Panigrahy et al. (2011), "Heuristics for
vector bin packing".
Information: demands. "desc" packs tightly, "asc" runs many at once. Both fail when sizes differ, which they do not look at.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar

from vmenv.dispatch.scheduler import SCHEDULERS, Scheduler
from vmenv.host import columns as c


@SCHEDULERS.register("rrp")
@dataclass(frozen=True, kw_only=True)
class Rrp(Scheduler):
    """Resource requirement priority.

    Args:
        order: "desc" (largest first) or "asc".
    """

    information = "demands"
    source = "Panigrahy et al., Heuristics for vector bin packing, 2011"
    keeps_keys = True
    choices: ClassVar[dict[str, tuple[str, ...]]] = {"order": ("desc", "asc")}

    order: str = "desc"

    @staticmethod
    def key(vm: Any, host: Any, params: Any) -> tuple[float, float]:
        """The dominant requirement, with a minus for "desc"."""
        dominant = max(
            vm.cpu_millicores / host.capacity[c.CPU],
            vm.disk_kib_s / host.capacity[vm.disk_device],
            vm.net_kib_s / host.capacity[vm.nic_device],
        )
        return (-dominant if params[0] == 0.0 else dominant), 0.0
