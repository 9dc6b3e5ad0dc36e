"""The virtualization manager: a live host whose VMs are created, suspended, resumed, destroyed and scheduled from Python."""

from __future__ import annotations

import copy
from collections.abc import Mapping, Sequence
from typing import ClassVar, Self

from vmenv.checks import check_integer
from vmenv.dispatch.kind import KIND
from vmenv.dispatch.loop.engine import engine, stack_params
from vmenv.dispatch.loop.live import STOP_ENOUGH, STOP_UNTIL
from vmenv.dispatch.objective import OBJECTIVES
from vmenv.dispatch.run import Run
from vmenv.dispatch.scheduler import SCHEDULERS, Scheduler, rule_of
from vmenv.episodes.alone import Alone, alone
from vmenv.episodes.saved import list_policies, load_policy
from vmenv.errors import ActionError, SpecError, UnknownNameError
from vmenv.host import columns as c
from vmenv.host import lifecycle
from vmenv.host.dynamics import advance, can_wait, grant, note_wait
from vmenv.host.fitting import anything_fits, fits
from vmenv.host.spec import Host
from vmenv.host.state import Floats, State
from vmenv.live import tables
from vmenv.live.control import Control, Parameter
from vmenv.live.read_status import read_host, read_host_columns
from vmenv.live.run import LiveRun
from vmenv.live.status import HostColumns, HostStatus, Progress, Stop, VmState, VmStatus
from vmenv.workload.table import Phase, Workload

MOST_DECISIONS = 10_000_000  # of one call: some seconds

GONE = (VmState.COMPLETED, VmState.MIGRATED, VmState.DESTROYED)


class Manager(Alone, Control):
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

    doing = "moving the same live host"
    repeats: ClassVar[bool] = True  # whether the same calls come to the same

    def __init__(
        self,
        host: Host | None = None,
        *,
        num_slots: int | None = None,
        objective: str = "mean_response_us",
        most_vms: int = 100_000,
        most_phases: int = 1_000_000,
        interpreted: bool = False,
    ) -> None:
        if objective not in OBJECTIVES:
            raise UnknownNameError("objective", objective, OBJECTIVES)
        self.host = Host() if host is None else host
        if self.host.rescue_us:
            raise SpecError(f"Host.rescue_us is {self.host.rescue_us}: a live host has whoever drives it to make room. Give 0")
        self.objective = objective
        self.num_slots = num_slots if num_slots is None else check_integer("num_slots", num_slots, least=1, most=2**24)
        self._most_vms = check_integer("most_vms", most_vms, least=1, most=2**24)
        self._most_phases = check_integer("most_phases", most_phases, least=1, most=2**26)
        self._interpreted, self._engine = interpreted, engine(interpreted)
        self._prepared: set[object] = set()  # rules of the schedulers that are compiled
        self._live = LiveRun(self.host, num_slots, objective)
        self._asked: tuple[Scheduler, int] | None = None  # whose memory the run keeps

    def __copy__(self) -> Manager:
        """Returns a deep copy: one that shares its run would move when this one does."""
        return copy.deepcopy(self)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Frees what the host holds of this machine: that of modelled VMs holds nothing."""

    @property
    def state(self) -> State:
        """The state arrays, for checks; `create` may replace them."""
        return self._live.state

    @property
    def clock_us(self) -> int:
        """The time."""
        return self._live.clock_us

    @property
    def num_vms(self) -> int:
        """VMs that have been created."""
        return len(self._live.created)

    @property
    def mark(self) -> tuple[int, int, int, int]:
        """Where the run stands: the clock, the number of decisions, and a digest of all events so far.

        It takes no time, other than `digest`, which tells the VMs' outcomes as well.
        """
        run = self.state.run
        return int(run[c.CLOCK_US]), int(run[c.NUM_DECISIONS]), int(run[c.DIGEST_A]), int(run[c.DIGEST_B])

    # --- commands -----------------------------------------------------------------------------------------------------------------------

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

    def _add(self, work: Workload, kind: int = c.RUN, target: int | None = None) -> int:
        """Enters a VM or task, after checking that there is room for it."""
        num_phases = len(work.work_us)
        try:
            work.check_on(self.host)
        except SpecError as error:
            raise SpecError(str(error).replace("VM 0", "the VM", 1)) from None  # its number is not 0, and not yet given
        if self._live.num_here == self._most_vms:
            raise SpecError(f"{self._most_vms} VMs are there: no more are allowed here. Destroy some, or let some be done")
        if self._live.num_phases + num_phases > self._most_phases:
            in_all = self._live.num_phases + num_phases
            raise SpecError(f"{num_phases} more phases would be {in_all} in all: give up to {self._most_phases}")
        return self._live.add(work, kind, target)

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

    @alone
    def wait(self, until_us: int | None = None) -> int:
        """See `Control.wait`."""
        s = self.state
        if until_us is not None:
            until_us = self._live.check_time("until_us", until_us)
        elif not can_wait(s):
            raise ActionError("no event is pending, so that waiting leads nowhere: give until_us, or create or grant a VM")
        else:
            self._live.check_clock()
        if anything_fits(s):
            note_wait(s)
        if until_us is None:
            self._go_on()
        else:
            self._pass_time(until_us)
        return self.clock_us

    @alone
    def schedule(
        self,
        scheduler: str | Scheduler = "tsrr",
        *,
        parameters: Mapping[str, Parameter] | None = None,
        until_us: int | None = None,
        seed: int = 0,
        max_decisions: int = 1_000_000,
    ) -> Progress:
        """See `Control.schedule`. Here it may also be what `vmenv.make_scheduler` returns."""
        check_integer("seed", seed, most=2**63 - 1)
        check_integer("max_decisions", max_decisions, least=1, most=MOST_DECISIONS)
        until = c.NEVER if until_us is None else self._live.check_time("until_us", until_us)
        try:
            chosen = _choose(scheduler, parameters or {})
            params = stack_params(chosen, [seed])
        except TypeError as error:
            raise SpecError(f"scheduler {scheduler!r} cannot take {dict(parameters or {})!r} ({error}): give numbers") from error
        s = self.state
        if self._asked != (chosen, seed):
            tables.forget_memory(s)
            self._asked = (chosen, seed)
        decisions = int(s.run[c.NUM_DECISIONS])
        reason = self._carry_on(chosen, params, until, max_decisions)
        if s.run[c.STATE] == c.CLOCK_OVERFLOW:
            self._live.check_clock()
        if reason != STOP_ENOUGH and until_us is not None:
            self._pass_time(until)
            reason = STOP_UNTIL
        done = s.run[c.STATE] == c.DONE
        stopped = Stop.ENOUGH if reason == STOP_ENOUGH else Stop.DONE if done else Stop.UNTIL if reason == STOP_UNTIL else Stop.IDLE
        return Progress(self.clock_us, int(s.run[c.NUM_DECISIONS]) - decisions, stopped)

    def prepare(self, scheduler: str | Scheduler = "tsrr", *, parameters: Mapping[str, Parameter] | None = None) -> None:
        """See `Control.prepare`. A small host is scheduled for it, not this one: another thread may be at work here."""
        chosen = _choose(scheduler, parameters or {})
        if self._interpreted or rule_of(chosen) in self._prepared:
            return
        small = Manager()
        small.create([Phase(1)])
        small.schedule(chosen)
        self._prepared.add(rule_of(chosen))

    # --- questions ----------------------------------------------------------------------------------------------------------------------

    def describe_host(self) -> Host:
        """See `Control.describe_host`."""
        return self.host

    def observe(self) -> HostStatus:
        """See `Control.observe`."""
        return read_host(self.state, self.host, self._live.columns())

    def observe_columns(self) -> HostColumns:
        """See `Control.observe_columns`."""
        return read_host_columns(self.state, self.host, self._live.columns())

    def vm_status(self, vm: int) -> VmStatus:
        """See `Control.vm_status`."""
        return self._live.status(vm)

    def metrics(self) -> dict[str, float]:
        """See `Control.metrics`."""
        return self.outcome().metrics()

    def digest(self) -> str:
        """See `Control.digest`."""
        return self.outcome().digest()

    def outcome(self) -> Run:
        """Returns what came out so far, as if the run ended now; it goes on. VMs are in the order of their numbers.

        Raises:
            ActionError: No VM has been created.
        """
        if not self._live.created:
            raise ActionError("no VM has been created, so that there is nothing to tell: call create first")
        return self._live.outcome()

    # --- what a manager of real guests does otherwise ------------------------------------------------------------------------------------

    def _remove(self, vm: int) -> None:
        """Destroys a VM that is not gone."""
        self._live.remove(vm)

    def _go_on(self) -> None:
        """Lets time move to the next event."""
        self.state.run[c.STATE] = c.GOING
        advance(self.state)

    def _pass_time(self, until_us: int) -> None:
        """Lets time move so far, without a grant."""
        self._live.pass_time(until_us)

    def _carry_on(self, chosen: Scheduler, params: Floats, until_us: int, most_decisions: int) -> int:
        """Lets a scheduler decide; see `vmenv.dispatch.loop.live.carry_on`."""
        return self._engine.carry_on(self._live.runs, chosen, params, until_us, most_decisions)

    def _present(self, vm: int) -> int:
        """Returns the slot of a VM that is known to be present."""
        slot = self._live.slot(vm)
        assert slot is not None
        return slot


def _choose(scheduler: str | Scheduler, parameters: Mapping[str, Parameter]) -> Scheduler:
    """Returns the scheduler that is meant: by name, or itself. Paths are no names, for they may come from far away."""
    if isinstance(scheduler, Scheduler):
        if parameters:
            raise SpecError("parameters go with a scheduler's name: give a name, or make_scheduler(name, ...) without parameters")
        return scheduler
    if scheduler in SCHEDULERS.names():
        return SCHEDULERS.make(scheduler, **{name: tuple(v) if isinstance(v, list) else v for name, v in parameters.items()})
    if scheduler not in list_policies(KIND.name):
        raise UnknownNameError("scheduler", str(scheduler), [*SCHEDULERS.names(), *list_policies(KIND.name)])
    if parameters:
        raise SpecError(f"policy {scheduler!r} has no parameters: leave them out")
    return load_policy(scheduler)
