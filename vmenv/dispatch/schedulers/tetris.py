"""Tetris: the VM whose demand is best aligned with what is free goes first, short ones preferred.

Alignment is the scalar product of demand and free capacity, each as a fraction of its device. The score adds `short_weight` times the
ratio of the mean alignment to the mean size, as the paper balances packing with shortest remaining time; here the size is `estimate_us`.

Source: Grandl et al. (2014), "Multi-resource packing for cluster schedulers", SIGCOMM.
Information: demands. Packs well when demands complement each other. Fails when sizes matter more than packing and are not known.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar

from vmenv.dispatch.scheduler import SCHEDULERS, Range, Scheduler
from vmenv.host import columns as c


@SCHEDULERS.register("tetris")
@dataclass(frozen=True, kw_only=True)
class Tetris(Scheduler):
    """Alignment packing.

    Args:
        short_weight: Weight of short expected sizes against alignment, in alignment times seconds.
    """

    information = "demands"
    source = "Grandl et al., SIGCOMM 2014"
    tunable: ClassVar[dict[str, Range]] = {"short_weight": Range(0.0, 10.0)}

    short_weight: float = 0.0

    @staticmethod
    def key(vm: Any, host: Any, params: Any) -> tuple[float, float]:
        """Minus alignment, minus the bonus for short VMs."""
        score = (
            vm.cpu_millicores / host.capacity[c.CPU] * (host.free[c.CPU] / host.capacity[c.CPU])
            + vm.disk_kib_s / host.capacity[vm.disk_device] * (host.free[vm.disk_device] / host.capacity[vm.disk_device])
            + vm.net_kib_s / host.capacity[vm.nic_device] * (host.free[vm.nic_device] / host.capacity[vm.nic_device])
        )
        if vm.estimate_us > 0:
            score += params[0] * 1e6 / vm.estimate_us
        return -score, 0.0
