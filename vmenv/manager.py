"""The virtualization manager: a live host whose VMs are created, suspended, resumed, destroyed and scheduled from Python."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from vmenv.control import Control, HostStatus, Parameter, Progress, Stop, VmState, VmStatus
from vmenv.engine import engine, stack_params
from vmenv.errors import ActionError, SimulationError, SpecError, UnknownNameError
from vmenv.host import columns as c
from vmenv.host import lifecycle, tables
from vmenv.host.dynamics import advance, can_wait, close, grant, note_wait
from vmenv.host.fitting import anything_fits, fits
from vmenv.host.spec import Host, check_integer
from vmenv.host.state import State, allocate, one
from vmenv.objective import OBJECTIVES, cost_rates
from vmenv.run import Run
from vmenv.saved import list_policies, load_policy
from vmenv.schedulers.base import Scheduler, list_schedulers, make_scheduler
from vmenv.schedulers.onward import ENOUGH, UNTIL
from vmenv.status import STATES, read_host, read_vm
from vmenv.workload.table import LATEST_US, Phase, Workload, join

MOST_DECISIONS = 10_000_000  # of one call: some seconds
FIRST_ROOM = 16  # VMs, phases and slots at first; twice as many whenever they do not suffice


class Manager(Control):
    """A live host. See `vmenv.control.Control` for what can be asked of it; one thread at a time.

    Args:
        host: What it is made of.
        num_slots: VMs present at a time at the most, the others wait in the admission queue; None: no limit.
        objective: What `HostStatus.cost` adds up.
        most_vms: VMs that may be created in all.
        most_phases: Phases that all of them together may have.
        interpreted: Whether `schedule` runs as plain Python: slower, the same digest, and nothing is compiled.

    Raises:
        SpecError: A value is out of range.
        UnknownNameError: No such objective.
    """

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
        self.objective = objective
        self._most_vms = check_integer("most_vms", most_vms, least=1, most=2**24)
        self._most_phases = check_integer("most_phases", most_phases, least=1, most=2**26)
        self._limited = num_slots is not None
        slots = FIRST_ROOM if num_slots is None else check_integer("num_slots", num_slots, least=1, most=2**24)
        self._engine = engine(interpreted)
        self._runs = allocate(self.host, num_runs=1, num_slots=slots, num_vms=FIRST_ROOM, num_phases=FIRST_ROOM)
        self._num_phases = 0
        self._created: list[Workload] = []  # each of one VM, in the order of their numbers
        self._order: list[int] = []  # the VMs in the tables, row by row
        self._rows: dict[int, int] = {}  # where each is; one that was withdrawn is not
        self._destroyed_us: dict[int, int] = {}
        self._asked: tuple[Scheduler, int] | None = None  # whose memory the run keeps
        tables.begin_empty(self.state)

    @property
    def state(self) -> State:
        """The state arrays, for checks; `create` may replace them."""
        return one(self._runs, 0)

    @property
    def clock_us(self) -> int:
        """The time."""
        return int(self._runs.run[0, c.CLOCK_US])

    @property
    def num_vms(self) -> int:
        """VMs that have been created."""
        return len(self._created)

    # --- commands -----------------------------------------------------------------------------------------------------------------------

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
    ) -> int:
        """See `Control.create`."""
        arrival = self.clock_us if arrival_us is None else self._time("arrival_us", arrival_us)
        given = {
            "weight": weight,
            "priority": priority,
            "slo_us": slo_us,
            "image_mib": image_mib,
            "estimate_us": estimate_us,
            "tenant": tenant,
        }
        if not isinstance(phases, Sequence) or not phases or not all(isinstance(phase, Phase) for phase in phases):
            raise SpecError(f"phases is {phases!r}: give a list of one or more vmenv.Phase")
        work = Workload.from_phases([arrival], [phases], **given)
        try:
            work.check_on(self.host)
        except SpecError as error:
            raise SpecError(str(error).replace("VM 0", "the VM", 1)) from None  # its number is not 0, and not yet given
        if self.num_vms == self._most_vms:
            raise SpecError(f"{self.num_vms} VMs have been created: no more are allowed here")
        if self._num_phases + len(phases) > self._most_phases:
            raise SpecError(f"{len(phases)} more phases would be {self._num_phases + len(phases)} in all: give up to {self._most_phases}")

        self._make_room(len(phases))
        s, vm = self.state, self.num_vms
        rows, table = work.kernel_tables
        rows[0, [c.FIRST_PHASE - c.FIRST_GIVEN, c.PAST_PHASE - c.FIRST_GIVEN]] += self._num_phases
        s.phases[self._num_phases : self._num_phases + len(phases)] = table
        rates = cost_rates(self.objective, self.host, work)
        row = tables.insert_vm(s, rows[0], float(rates.present[0]), float(rates.late[0]))
        self._num_phases += len(phases)
        self._created.append(work)
        self._order.insert(row, vm)
        self._number_rows(row)
        if arrival == self.clock_us:
            advance(s)  # no further than this instant
        return vm

    def destroy(self, vm: int) -> None:
        """See `Control.destroy`."""
        status = self._find(vm)
        if status in (VmState.COMPLETED, VmState.DESTROYED):
            raise ActionError(f"VM {vm} cannot be destroyed: it is {status}")
        s, row = self.state, self._rows[vm]
        if status in (VmState.PENDING, VmState.QUEUED):
            tables.withdraw_vm(s, row)
            del self._order[row], self._rows[vm]
            self._number_rows(row)
        else:
            lifecycle.destroy_early(s, self._present(vm))
            tables.look_ahead(s)
        self._destroyed_us[vm] = self.clock_us

    def suspend(self, vm: int) -> None:
        """See `Control.suspend`."""
        status = self._find(vm)
        if status not in (VmState.RUNNABLE, VmState.RUNNING):
            raise ActionError(f"VM {vm} cannot be suspended: it is {status}, and must be runnable or running")
        lifecycle.suspend(self.state, self._present(vm))

    def resume(self, vm: int) -> None:
        """See `Control.resume`."""
        status = self._find(vm)
        if status != VmState.SUSPENDED:
            raise ActionError(f"VM {vm} cannot be resumed: it is {status}, and must be suspended")
        lifecycle.resume(self.state, self._present(vm))

    def grant(self, vm: int) -> None:
        """See `Control.grant`."""
        status = self._find(vm)
        if status != VmState.RUNNABLE:
            raise ActionError(f"VM {vm} cannot be granted: it is {status}, and must be runnable")
        s, slot = self.state, self._present(vm)
        if not fits(s, slot):
            raise ActionError(f"VM {vm} cannot be granted: its demand does not fit beside what runs. See `fits` in observe()")
        grant(s, slot)

    def wait(self, until_us: int | None = None) -> int:
        """See `Control.wait`."""
        s = self.state
        if until_us is not None:
            until_us = self._time("until_us", until_us)
        elif not can_wait(s):
            raise ActionError("no event is pending, so that waiting leads nowhere: give until_us, or create or grant a VM")
        if anything_fits(s):
            note_wait(s)
        if until_us is None:
            s.run[c.STATE] = c.GOING
            advance(s)
            self._check_clock()
        else:
            self._pass_time(until_us)
        return self.clock_us

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
        until = c.NEVER if until_us is None else self._time("until_us", until_us)
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
        reason = self._engine.carry_on(self._runs, chosen, params, until, max_decisions)
        self._check_clock()
        if reason != ENOUGH and until_us is not None:
            self._pass_time(until)
            reason = UNTIL
        done = s.run[c.STATE] == c.DONE
        stopped = Stop.ENOUGH if reason == ENOUGH else Stop.DONE if done else Stop.UNTIL if reason == UNTIL else Stop.IDLE
        return Progress(self.clock_us, int(s.run[c.NUM_DECISIONS]) - decisions, stopped)

    # --- questions ----------------------------------------------------------------------------------------------------------------------

    def describe_host(self) -> Host:
        """See `Control.describe_host`."""
        return self.host

    def observe(self) -> HostStatus:
        """See `Control.observe`."""
        s = self.state
        present = [self._order[row] for row in s.slots[: s.run[c.TOP_SLOT], c.VM] if row != c.NOBODY]
        queued = self._order[s.run[c.NEXT_ADMISSION] : s.run[c.NEXT_ARRIVAL]]
        return read_host(s, self.host, [self.vm_status(vm) for vm in sorted(present + queued)])

    def vm_status(self, vm: int) -> VmStatus:
        """See `Control.vm_status`."""
        state, row = self._find(vm), self._rows.get(vm)
        slot = self._slot(row) if row is not None and state in STATES.values() else None
        return read_vm(self.state, self.host, vm, self._created[vm], state, row, slot, self._destroyed_us.get(vm))

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
        if not self._created:
            raise ActionError("no VM has been created, so that there is nothing to tell: call create first")
        copy = State(**{name: array.copy() for name, array in self.state._asdict().items()})
        close(copy)
        destroyed_us = np.full(self.num_vms, -1, np.int64)
        destroyed_us[list(self._destroyed_us)] = list(self._destroyed_us.values())
        rows = np.array(self._order, np.int64)
        return Run.read(copy, self.host, join(self._created), rows=rows, destroyed_us=destroyed_us)

    # --- the tables ---------------------------------------------------------------------------------------------------------------------

    def _find(self, vm: int) -> VmState:
        """Returns what a VM is doing."""
        check_integer("vm", vm)
        if vm >= self.num_vms:
            there_are = f"VMs 0 to {self.num_vms - 1} have been created" if self.num_vms else "none has been created"
            raise ActionError(f"there is no VM {vm}: {there_are}")
        s, row = self.state, self._rows.get(vm)
        if row is None:
            return VmState.DESTROYED
        if row >= s.run[c.NEXT_ADMISSION]:
            return VmState.PENDING if row >= s.run[c.NEXT_ARRIVAL] else VmState.QUEUED
        slot = self._slot(row)
        if slot is not None:
            return STATES[int(s.slots[slot, c.STATUS])]
        return VmState.DESTROYED if vm in self._destroyed_us else VmState.COMPLETED

    def _slot(self, row: int) -> int | None:
        """Returns where a VM is, None if it is nowhere."""
        s = self.state
        found = np.flatnonzero(s.slots[: s.run[c.TOP_SLOT], c.VM] == row)
        return int(found[0]) if len(found) else None

    def _present(self, vm: int) -> int:
        """Returns where a VM is that is known to be present."""
        slot = self._slot(self._rows[vm])
        assert slot is not None
        return slot

    def _number_rows(self, first: int) -> None:
        """Brings up to date where the VMs from row `first` on are."""
        for row in range(first, len(self._order)):
            self._rows[self._order[row]] = row

    def _make_room(self, more_phases: int) -> None:
        """Lengthens the arrays if one VM more does not fit, twofold at least. Without a limit everybody who is to come finds a slot."""
        s = self.state
        num_vms, num_phases, num_slots = len(s.vms), len(s.phases), len(s.slots)
        if s.run[c.NUM_VMS] == num_vms:
            num_vms *= 2
        if self._num_phases + more_phases > num_phases:
            num_phases = max(2 * num_phases, self._num_phases + more_phases)
        if not self._limited and s.run[c.NUM_VMS] - s.run[c.NEXT_ADMISSION] >= s.run[c.NUM_FREE]:
            num_slots *= 2
        if (num_vms, num_phases, num_slots) != (len(s.vms), len(s.phases), len(s.slots)):
            self._runs = tables.with_room(self._runs, self.host, num_vms=num_vms, num_phases=num_phases, num_slots=num_slots)

    # --- time ---------------------------------------------------------------------------------------------------------------------------

    def _time(self, name: str, value: int) -> int:
        """Checks a time that is not past."""
        limit = int(self.state.host[c.CLOCK_LIMIT_US])
        return check_integer(name, value, least=self.clock_us, most=min(LATEST_US, limit))

    def _pass_time(self, until_us: int) -> None:
        """Moves the clock, and lets happen what happens meanwhile. Nobody is granted."""
        s = self.state
        s.host[c.HORIZON_US] = until_us
        s.run[c.STATE] = c.GOING
        while s.run[c.STATE] != c.HORIZON_REACHED:
            s.run[c.STATE] = c.GOING  # though all may be done
            advance(s)
        s.host[c.HORIZON_US] = c.NEVER
        self._rest()

    def _check_clock(self) -> None:
        """Raises SimulationError if the clock could not go on; it stands where it stood."""
        if self.state.run[c.STATE] == c.CLOCK_OVERFLOW:
            self._rest()
            raise SimulationError(
                f"the next event is after {self.state.host[c.CLOCK_LIMIT_US]} us, where capacity x time leaves 64 bits: "
                "destroy the VMs that take so long, or use coarser units of bandwidth"
            )

    def _rest(self) -> None:
        s = self.state
        s.run[c.STATE] = c.DONE if s.run[c.NUM_DONE] == s.run[c.NUM_VMS] else c.GOING


def _choose(scheduler: str | Scheduler, parameters: Mapping[str, Parameter]) -> Scheduler:
    """Returns the scheduler that is meant: by name, or itself. Paths are no names, for they may come from far away."""
    if isinstance(scheduler, Scheduler):
        if parameters:
            raise SpecError("parameters go with a scheduler's name: give a name, or make_scheduler(name, ...) without parameters")
        return scheduler
    if scheduler in list_schedulers():
        return make_scheduler(scheduler, **{name: tuple(v) if isinstance(v, list) else v for name, v in parameters.items()})
    if scheduler not in list_policies():
        raise UnknownNameError("scheduler", str(scheduler), [*list_schedulers(), *list_policies()])
    if parameters:
        raise SpecError(f"policy {scheduler!r} has no parameters: leave them out")
    return load_policy(scheduler)
