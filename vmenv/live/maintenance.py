"""Maintenance of the VMs of a live host: each call enters a task that stands in the run queue beside them."""

from __future__ import annotations

from vmenv.checks import check_integer
from vmenv.episodes.alone import alone
from vmenv.errors import ActionError, SpecError
from vmenv.host import columns as c
from vmenv.live.live_host import GONE, LiveHost
from vmenv.live.status import VmState
from vmenv.workload.table import Phase, Workload


class Maintenance(LiveHost):
    """The calls of `Control` that snapshot, compress, migrate and restore VMs."""

    @alone
    def snapshot(self, vm: int, *, disk_kib_s: int, cpu_millicores: int = 0, slo_us: int = 0, weight: int = 1) -> int:
        """See `Control.snapshot`."""
        if check_integer("disk_kib_s", disk_kib_s) == 0:
            raise SpecError("disk_kib_s is 0: give the speed at which the snapshot is copied")
        return self._maintain(c.SNAPSHOT, vm, Phase(1, cpu_millicores, 0, disk_kib_s), slo_us, weight)

    @alone
    def compress(self, vm: int, *, cpu_millicores: int = 1000, slo_us: int = 0, weight: int = 1) -> int:
        """See `Control.compress`."""
        return self._maintain(c.COMPRESS, vm, Phase(1, cpu_millicores), slo_us, weight)

    @alone
    def migrate(self, vm: int, *, net_kib_s: int, cpu_millicores: int = 0, slo_us: int = 0, weight: int = 1) -> int:
        """See `Control.migrate`."""
        if check_integer("net_kib_s", net_kib_s) == 0:
            raise SpecError("net_kib_s is 0: give the bandwidth that the migration takes")
        return self._maintain(c.MIGRATE, vm, Phase(1, cpu_millicores, 0, 0, net_kib_s), slo_us, weight)

    @alone
    def restore(self, vm: int, *, disk_kib_s: int, cpu_millicores: int = 0, slo_us: int = 0, weight: int = 1) -> int:
        """See `Control.restore`."""
        if check_integer("disk_kib_s", disk_kib_s) == 0:
            raise SpecError("disk_kib_s is 0: give the speed at which it is copied back")
        return self._maintain(c.RESTORE, vm, Phase(1, cpu_millicores, 0, disk_kib_s), slo_us, weight)

    def _maintain(self, kind: int, vm: int, phase: Phase, slo_us: int, weight: int) -> int:
        status = self._live.find(vm)
        if vm in self._live.tasks or status not in (VmState.RUNNABLE, VmState.RUNNING, VmState.SUSPENDED):
            reason = "it is a maintenance task itself" if vm in self._live.tasks else f"it is {status}, and must be present"
            raise ActionError(f"VM {vm} cannot be maintained: {reason}")
        other = {c.MIGRATE: c.RESTORE, c.RESTORE: c.MIGRATE}.get(kind)
        if any(task == (other, vm) and self._live.find(number) not in GONE for number, task in self._live.tasks.items()):
            raise ActionError(f"VM {vm} cannot be both migrated and restored: destroy the task that is under way first")
        phases = [phase] * (2 if kind == c.MIGRATE else 1)
        return self._add(Workload.from_phases([self.clock_us], [phases], slo_us=slo_us, weight=weight), kind, vm)
