"""One run whose VMs come and go: where each of them is, room for more, and time. `vmenv.live.manager` decides what is done to it."""

from __future__ import annotations

import dataclasses

import numpy as np

from vmenv.checks import check_integer
from vmenv.dispatch.objective import cost_rates
from vmenv.dispatch.run import Run
from vmenv.errors import ActionError, SimulationError
from vmenv.host import columns as c
from vmenv.host import given, lifecycle, outcome
from vmenv.host.dynamics import advance, close, next_event_us
from vmenv.host.spec import Host
from vmenv.host.state import State, allocate, one
from vmenv.live import tables
from vmenv.live.read_status import STATES, books_of_slots, books_without_slots, read_columns
from vmenv.live.rows import rows_of
from vmenv.live.status import VmState, VmStatus
from vmenv.workload.combine import join
from vmenv.workload.table import LATEST_US, Workload

FIRST_ROOM = 16  # VMs, phases and slots at first; twice as many whenever they do not suffice


class LiveRun:
    """A run that is at time 0 with no VM.

    Args:
        host: What it is on.
        num_slots: VMs present at a time at the most; None: no limit.
        objective: What the cost adds up.

    Attributes:
        runs: The state arrays, a batch of one; `add` may replace them.
        created: What each VM was created from, a workload of one VM, in the order of their numbers.
        num_phases: Phases of all of them.
        tasks: Kind and VM of each maintenance task, by its number.
    """

    def __init__(self, host: Host, num_slots: int | None, objective: str) -> None:
        self._host, self._objective = host, objective
        self._limited = num_slots is not None
        self.runs = allocate(host, num_runs=1, num_slots=num_slots or FIRST_ROOM, num_vms=FIRST_ROOM, num_phases=FIRST_ROOM)
        self.created: list[Workload] = []
        self.num_phases = 0
        self._order: list[int] = []  # the VMs in the tables, row by row
        self._rows: dict[int, int] = {}  # where each is; one that was withdrawn is not
        self._destroyed_us: dict[int, int] = {}
        self.tasks: dict[int, tuple[int, int]] = {}
        tables.begin_empty(self.state)

    @property
    def state(self) -> State:
        """The state arrays of the run."""
        return one(self.runs, 0)

    @property
    def clock_us(self) -> int:
        """The time."""
        return int(self.runs.run[0, c.CLOCK_US])

    @property
    def num_here(self) -> int:
        """VMs and tasks that are not gone: to come, in the admission queue or present."""
        return int(self.runs.run[0, c.NUM_VMS] - self.runs.run[0, c.NUM_DONE])

    # --- VMs ----------------------------------------------------------------------------------------------------------------------------

    def add(self, work: Workload, kind: int = c.RUN, target: int | None = None) -> int:
        """Enters a VM that arrives now or later, a workload of one, and returns its number. If now, it has arrived afterwards.

        With another kind it is a maintenance task about `target`, a VM that is present.
        """
        self._make_room(len(work.work_us))
        s, vm = self.state, len(self.created)
        rows, phases = work.kernel_tables
        row = rows[0].copy()
        row[[given.FIRST_PHASE, given.PAST_PHASE]] += self.num_phases
        s.phases[self.num_phases : self.num_phases + len(phases)] = phases
        if target is not None:
            # Rows of VMs that are present do not move: others come and go behind them.
            row[given.KIND], row[given.TARGET] = kind, self._rows[target]
            self.tasks[vm] = kind, target
        rates = cost_rates(self._objective, self._host, work)
        place = tables.insert_vm(s, row, float(rates.present[0]), float(rates.late[0]))
        self.num_phases += len(phases)
        self.created.append(work)
        self._order.insert(place, vm)
        self._number_rows(place)
        if work.arrival_us[0] == self.clock_us:
            advance(s)  # no further than this instant
        return vm

    def remove(self, vm: int) -> None:
        """Destroys a VM that is not gone."""
        s, row, slot = self.state, self._rows[vm], self.slot(vm)
        if slot is None:
            tables.withdraw_vm(s, row)
            del self._order[row], self._rows[vm]
            self._number_rows(row)
        else:
            lifecycle.destroy_early(s, slot)
            tables.look_ahead(s)
        self._destroyed_us[vm] = self.clock_us

    def find(self, vm: int) -> VmState:
        """Returns what a VM is doing.

        Raises:
            ActionError: There is no such VM.
        """
        check_integer("vm", vm)
        if vm >= len(self.created):
            there_are = f"VMs 0 to {len(self.created) - 1} have been created" if self.created else "none has been created"
            raise ActionError(f"there is no VM {vm}: {there_are}")
        s, row, slot = self.state, self._rows.get(vm), self.slot(vm)
        if slot is not None:
            return STATES[int(s.front[slot, c.STATUS])]
        if vm in self._destroyed_us:
            return VmState.DESTROYED
        if row is None or row < s.run[c.NEXT_ADMISSION]:
            had = s.outcomes[row, outcome.ATTAINED_US] if row is not None else 0
            # Work alone does not tell: a real guest may be done sooner than was expected.
            left = had < self.created[vm].work_us.sum() and (c.MIGRATE, vm) in self.tasks.values()
            return VmState.MIGRATED if left else VmState.COMPLETED
        return VmState.PENDING if row >= s.run[c.NEXT_ARRIVAL] else VmState.QUEUED

    def slot(self, vm: int) -> int | None:
        """Returns where a VM is, None if it is not present."""
        s, row = self.state, self._rows.get(vm)
        if row is None:
            return None
        found = np.flatnonzero(s.slots[: s.run[c.TOP_SLOT], c.VM] == row)
        return int(found[0]) if len(found) else None

    def running(self, s: State) -> tuple[int, int] | None:
        """Returns number and slot of the VM whose grant ends first, None if none has one; `s` is this run's state."""
        if s.run[c.NUM_RUNNING] == 0:
            return None
        slot = int(s.lists[c.RUNNING_HEAP, 0])
        return self._order[int(s.slots[slot, c.VM])], slot

    def columns(self) -> dict[str, np.ndarray]:
        """Returns the VMs that have arrived and are not gone, in order of their numbers: an array for every attribute of `VmStatus`."""
        s = self.state
        slots = np.flatnonzero(s.slots[: s.run[c.TOP_SLOT], c.VM] != c.NOBODY)
        queued = np.arange(s.run[c.NEXT_ADMISSION], s.run[c.NEXT_ARRIVAL])
        rows = np.concatenate([s.slots[slots, c.VM], queued])
        numbers = np.array([self._order[row] for row in rows.tolist()], np.int64)
        books = books_of_slots(s, slots)
        if len(queued):
            books = np.concatenate([books, books_without_slots(self._host, s.vms[queued], s.outcomes[queued], VmState.QUEUED)])
        if (numbers[1:] < numbers[:-1]).any():
            order = np.argsort(numbers)
            numbers, rows, books = numbers[order], rows[order], books[order]
        targets = np.full(len(rows), -1)
        for place in np.flatnonzero(books[:, c.KIND] != c.RUN).tolist():
            targets[place] = self.tasks[int(numbers[place])][1]
        never = np.full(len(rows), -1)
        return read_columns(s, self._host, books, s.vms[rows], s.phases, numbers=numbers, targets=targets, destroyed_us=never)

    def status(self, vm: int) -> VmStatus:
        """Returns one VM as it stands, also one that is to come or gone.

        Raises:
            ActionError: There is no such VM.
        """
        state, s, row, slot, work = self.find(vm), self.state, self._rows.get(vm), self.slot(vm), self.created[vm]
        vms, phases = (s.vms[[row]], s.phases) if row is not None else work.kernel_tables
        if slot is not None:
            books = books_of_slots(s, np.array([slot]))
        else:
            outcomes = s.outcomes[[row]] if row is not None else np.zeros((1, c.NUM_OUTCOME_COLUMNS), np.int64)
            if row is None:
                outcomes[:, [outcome.COMPLETION_US, outcome.ADMISSION_US]] = -1
            books = books_without_slots(self._host, vms, outcomes, state)
            passed = int(np.searchsorted(np.cumsum(work.work_us), outcomes[0, outcome.ATTAINED_US], side="right"))
            books[:, c.PHASE] += min(passed, len(work.work_us) - 1)
        kind, target = self.tasks.get(vm, (c.RUN, -1))
        books[:, c.KIND] = kind
        destroyed_us = np.array([self._destroyed_us.get(vm, -1)])
        numbers, targets = np.array([vm]), np.array([target])
        return rows_of(read_columns(s, self._host, books, vms, phases, numbers=numbers, targets=targets, destroyed_us=destroyed_us))[0]

    def outcome(self) -> Run:
        """Returns what came out so far, as if the run ended now."""
        copy = State(**{name: array.copy() for name, array in self.state._asdict().items()})
        close(copy)
        destroyed_us = np.full(len(self.created), -1, np.int64)
        destroyed_us[list(self._destroyed_us)] = list(self._destroyed_us.values())
        rows = np.array(self._order, np.int64)
        work = join(self.created)
        if self.tasks:
            kind, target = np.full(work.num_vms, c.RUN), np.full(work.num_vms, -1)
            numbers = list(self.tasks)
            kind[numbers], target[numbers] = np.array(list(self.tasks.values())).T
            work = dataclasses.replace(work, kind=kind, target=target)
        return Run.read(copy, self._host, work, rows=rows, destroyed_us=destroyed_us)

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
        if self.num_phases + more_phases > num_phases:
            num_phases = max(2 * num_phases, self.num_phases + more_phases)
        if not self._limited and s.run[c.NUM_VMS] - s.run[c.NEXT_ADMISSION] >= s.run[c.NUM_FREE]:
            num_slots *= 2
        if (num_vms, num_phases, num_slots) != (len(s.vms), len(s.phases), len(s.slots)):
            self.runs = tables.with_room(self.runs, self._host, num_vms=num_vms, num_phases=num_phases, num_slots=num_slots)

    # --- time ---------------------------------------------------------------------------------------------------------------------------

    def check_time(self, name: str, value: int) -> int:
        """Returns a time that is given, if it is neither past nor out of range.

        Raises:
            SpecError: It is.
        """
        return check_integer(name, value, least=self.clock_us, most=LATEST_US)

    def pass_time(self, until_us: int) -> None:
        """Moves the clock, and lets happen what happens meanwhile. Nobody is granted."""
        s = self.state
        s.host[c.HORIZON_US] = until_us
        s.run[c.STATE] = c.GOING
        try:
            while s.run[c.STATE] != c.HORIZON_REACHED:
                s.run[c.STATE] = c.GOING  # though all may be done
                advance(s)
        finally:  # who is interrupted here is between two events, and can go on
            s.host[c.HORIZON_US] = c.NEVER
            self._rest()

    def check_clock(self) -> None:
        """Raises SimulationError if the clock cannot go on to the next event; it stands where it stood."""
        s = self.state
        self._rest()
        if c.NEVER > next_event_us(s) > c.CLOCK_LIMIT_US:
            raise SimulationError(
                f"the next event is after {c.CLOCK_LIMIT_US} us (285 years), beyond which times are not exact: "
                "destroy the VMs that take so long"
            )

    def _rest(self) -> None:
        s = self.state
        s.run[c.STATE] = c.DONE if s.run[c.NUM_DONE] == s.run[c.NUM_VMS] else c.GOING
