"""The virtualization manager: a live host whose VMs are created, suspended, resumed, destroyed and scheduled from Python."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from vmenv.dispatch.scheduler import Scheduler, rule_of
from vmenv.episodes.alone import alone
from vmenv.errors import ActionError, SpecError
from vmenv.host import columns as c
from vmenv.host import lifecycle
from vmenv.host.dynamics import grant
from vmenv.host.fitting import fits
from vmenv.live.control import Parameter
from vmenv.live.live_host import GONE
from vmenv.live.maintenance import Maintenance
from vmenv.live.passing import Passing, choose
from vmenv.live.questions import Questions
from vmenv.live.status import VmState
from vmenv.workload.table import Phase, Workload


class Manager(Maintenance, Passing, Questions):
    """A live host. See `vmenv.live.control.Control` for what can be asked of it. One thread at a time may move it; others are refused.

    Args:
        host: What it is made of.
        num_slots: VMs present at a time at the most, the others wait in the admission queue; None: no limit.
        objective: What `HostStatus.cost` adds up.
        most_vms: VMs and tasks that may be there at a time: to come, in the admission queue or present. Those that are gone do not count.
        most_phases: Phases of all VMs ever, for their tables stay.
        interpreted: Whether `schedule` runs as plain Python: slower, the same digest, and nothing is compiled.

    Raises:
        SpecError: A value is out of range.
        UnknownNameError: No such objective.
    """

    @alone
    def create(
        self,
        phases: Sequence[Phase],
        *,
        arrival_us: int | None = None,
        weight: int = 1,
        priority: int = 0,
        slo_us: int = 0,
        image_mib: int = 0,
        estimate_us: int = 0,
        tenant: int = 0,
        dirty_kib_s: int = 0,
        working_set_mib: int = 0,
        saving_permille: int = 0,
        emulated: int = 0,
    ) -> int:
        """See `Control.create`."""
        arrival = self.clock_us if arrival_us is None else self._live.check_time("arrival_us", arrival_us)
        given = {
            "weight": weight,
            "priority": priority,
            "slo_us": slo_us,
            "image_mib": image_mib,
            "estimate_us": estimate_us,
            "tenant": tenant,
            "dirty_kib_s": dirty_kib_s,
            "working_set_mib": working_set_mib,
            "saving_permille": saving_permille,
            "emulated": emulated,
        }
        if not isinstance(phases, Sequence) or not phases or not all(isinstance(phase, Phase) for phase in phases):
            raise SpecError(f"phases is {phases!r}: give a list of one or more vmenv.Phase")
        return self._add(Workload.from_phases([arrival], [phases], **given))

    @alone
    def destroy(self, vm: int) -> None:
        """See `Control.destroy`."""
        status = self._live.find(vm)
        if status in GONE:
            raise ActionError(f"VM {vm} cannot be destroyed: it is {status}")
        self._remove(vm)

    @alone
    def suspend(self, vm: int) -> None:
        """See `Control.suspend`."""
        status = self._live.find(vm)
        if status not in (VmState.RUNNABLE, VmState.RUNNING):
            raise ActionError(f"VM {vm} cannot be suspended: it is {status}, and must be runnable or running")
        lifecycle.suspend(self.state, self._present(vm))

    @alone
    def resume(self, vm: int) -> None:
        """See `Control.resume`."""
        status = self._live.find(vm)
        if status != VmState.SUSPENDED:
            raise ActionError(f"VM {vm} cannot be resumed: it is {status}, and must be suspended")
        if self.state.slots[self._present(vm), c.LEAVING]:
            raise ActionError(f"VM {vm} cannot be resumed: it is being migrated or restored. Destroy the task to call it off")
        short_mib = self.state.slots[self._present(vm), c.SHORT_MIB]
        if short_mib > 0:
            raise ActionError(
                f"VM {vm} cannot be resumed: it has written to {short_mib} MiB that the pool has no room for, and goes on once it has. "
                "Destroy or compress another VM"
            )
        lifecycle.resume(self.state, self._present(vm))

    @alone
    def grant(self, vm: int) -> None:
        """See `Control.grant`."""
        status = self._live.find(vm)
        if status != VmState.RUNNABLE:
            raise ActionError(f"VM {vm} cannot be granted: it is {status}, and must be runnable")
        s, slot = self.state, self._present(vm)
        if not fits(s, slot):
            raise ActionError(f"VM {vm} cannot be granted: its demand does not fit beside what runs. See `fits` in observe()")
        grant(s, slot)

    def prepare(self, scheduler: str | Scheduler = "tsrr", *, parameters: Mapping[str, Parameter] | None = None) -> None:
        """See `Control.prepare`. A small host is scheduled for it, not this one: another thread may be at work here."""
        chosen = choose(scheduler, parameters or {})
        if self._interpreted or rule_of(chosen) in self._prepared:
            return
        small = Manager()
        small.create([Phase(1)])
        small.schedule(chosen)
        self._prepared.add(rule_of(chosen))
