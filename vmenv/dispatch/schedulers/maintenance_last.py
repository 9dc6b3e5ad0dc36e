"""Maintenance last: VMs go before snapshots and compressions, each kind in turns.

Source: the idle I/O class of Linux, ionice(1), in which backups are commonly run.
Information: demands. Good for VMs while there is time to spare. Fails when there is none: backups are late, snapshots stay incomplete so
that VMs pay for copy on write for long, and a full pool stays full.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar

from vmenv.dispatch.scheduler import SCHEDULERS, Scheduler
from vmenv.episodes.ranges import Range
from vmenv.host import columns as c


@SCHEDULERS.register("maintenance_last")
@dataclass(frozen=True, kw_only=True)
class MaintenanceLast(Scheduler):
    """VMs first, by attained service; then maintenance, unless it has waited for long enough, or the pool is nearly full.

    Args:
        patience_us: Waiting time after which a task goes before the VMs.
        reserve: Part of the pool below which compressions go before the VMs.
    """

    information = "demands"
    source = "Linux, ionice(1)"
    tunable: ClassVar[dict[str, Range]] = {"patience_us": Range(1e5, 1e9, logarithmic=True), "reserve": Range(0.0, 1.0)}

    patience_us: float = 1e9
    reserve: float = 0.0

    @staticmethod
    def key(vm: Any, host: Any, params: Any) -> tuple[float, float]:
        """0 for urgent tasks, 1 for VMs, 2 for tasks; then service, or the place in the queue."""
        if vm.kind == c.RUN:
            return 1.0, float(vm.attained_us)
        short = vm.kind == c.COMPRESS and host.pool_free_mib < params[1] * host.pool_mib
        urgent = short or host.now_us - vm.arrival_us > params[0]
        return 0.0 if urgent else 2.0, float(vm.queue_place)
