"""A manager whose VMs are real guests of this machine. The model's books are kept of them, and its schedulers decide about them.

What a guest does in a grant is measured, and written into the books when it stands: its service, the end of the grant, and whether it is
done. The decision that follows is made at that very instant, before the clock moves, for a VM whose grant ended at this instant goes on
without a switch. It is made by the compiled function that the simulator uses, one decision a call.
"""

from __future__ import annotations

import contextlib
import time
from collections import deque
from collections.abc import Iterator
from typing import Any, NamedTuple, NoReturn

from vmenv.dispatch.loop.live import STOP_ENOUGH
from vmenv.dispatch.scheduler import Scheduler
from vmenv.errors import ActionError, SimulationError, SpecError, UnknownNameError
from vmenv.host import columns as c
from vmenv.host.spec import Host
from vmenv.host.state import Floats
from vmenv.live.clocks import CLOCKS
from vmenv.live.driver import Driver
from vmenv.live.manager import Manager
from vmenv.workload.table import Workload

MOST_SLICES = 1_000_000  # that are remembered
ONLY = {"memory_mib": 0, "disk_kib_s": 0, "net_kib_s": 0, "image_mib": 0, "dirty_kib_s": 0, "working_set_mib": 0, "emulated": 0}
OPERATION_OF = {c.SNAPSHOT: "snapshot", c.COMPRESS: "snapshot", c.MIGRATE: "migrate", c.RESTORE: "restore"}


class SliceRecord(NamedTuple):
    """One time that a guest ran.

    Attributes:
        vm: Whose it is.
        asked_us: How much service it was to have.
        used_us: How much it used.
        done: Whether its work was done.
        wall_us: How long that took on the wall.
        path_us: What came before it on the wall since the last guest stood: books, decision, the call of the driver. -1: none did in this
            call, or there was idle time between.
    """

    vm: int
    asked_us: int
    used_us: int
    done: bool
    wall_us: float
    path_us: float


class GuestManager(Manager):
    """A `vmenv.Manager` whose VMs are guests of a driver, one after the other on one core. As a context manager it ends them.

    A VM is one phase of CPU work that takes the whole core. Its `work_us` is what the books expect it to need: a guest is made of that
    size, and is done when it is done. One that ends otherwise or hangs is destroyed, and the call that runs it raises SimulationError; the
    next call goes on without it.

    Args:
        driver: What makes and runs the guests. It is closed with this manager.
        host: One pCPU. Switches cost what it says by the clock "service", and what they cost by the others.
        clock: One of `vmenv.live.clocks.CLOCKS`.
        num_slots: As for `vmenv.Manager`.
        objective: As for `vmenv.Manager`.
        most_vms: As for `vmenv.Manager`; the driver has a limit of its own.
        interpreted: As for `vmenv.Manager`.

    Attributes:
        driver: The driver.
        slices: Every time that a guest ran, the last of them if there are very many.
        used_us: Service that each VM's guest has used, by its number; the books have it when its grant ends.

    Raises:
        SpecError: The host is none that real guests can have.
        UnknownNameError: No such clock or objective.
        ActionError: The driver cannot run guests here.
    """

    repeats = False

    def __init__(
        self,
        driver: Driver,
        host: Host | None = None,
        *,
        clock: str = "service",
        num_slots: int | None = None,
        objective: str = "mean_response_us",
        most_vms: int = 100_000,
        most_phases: int = 1_000_000,
        interpreted: bool = False,
    ) -> None:
        super().__init__(
            host, num_slots=num_slots, objective=objective, most_vms=most_vms, most_phases=most_phases, interpreted=interpreted
        )
        if self.host.cpus != 1:
            raise SpecError(f"Host.cpus is {self.host.cpus}: real guests run one after the other on one core, give 1")
        if clock not in CLOCKS:
            raise UnknownNameError("clock", clock, CLOCKS)
        driver.check_can("run")
        self.driver, self.slices = driver, deque[SliceRecord](maxlen=MOST_SLICES)
        self.used_us: dict[int, int] = {}
        self._guests: dict[int, int] = {}
        self._done: set[int] = set()  # VMs whose guests are done, though the books may say so later only
        self._clock = CLOCKS[clock]()
        self._stood_ns = 0  # when the last guest stood, 0: there is none of whom that counts
        self._interrupted = False

    def interrupt(self) -> None:
        """See `Control.interrupt`."""
        self._interrupted = True

    def close(self) -> None:
        """Ends all guests, and the driver. Nothing runs any more; what the books say can still be asked."""
        self.driver.close()

    def end_guests(self) -> None:
        """Ends the guests of this manager, and no others that the driver may have."""
        while self._guests:
            self.driver.destroy(self._guests.popitem()[1])

    def guest_of(self, vm: int) -> int:
        """Returns the number under which the driver has the guest of a VM: to snapshot it, move it or page it out between grants.

        What that takes is in no book: the host's clock stands between calls.

        Raises:
            ActionError: It has none, or has it no more.
        """
        self._live.find(vm)
        if vm not in self._guests:
            raise ActionError(f"VM {vm} has no guest any more: it is done, or destroyed")
        return self._guests[vm]

    def __deepcopy__(self, memo: Any) -> NoReturn:
        raise ActionError("a manager of real guests has no copy: give each its own")

    # --- VMs ----------------------------------------------------------------------------------------------------------------------------

    def _add(self, work: Workload, kind: int = c.RUN, target: int | None = None) -> int:
        if kind != c.RUN:
            self.driver.check_can(OPERATION_OF[kind])
            raise ActionError(
                f"a manager of real guests schedules no maintenance tasks: call manager.driver.{OPERATION_OF[kind]} with "
                "manager.guest_of(vm) between grants, in no time of the model"
            )
        check_work(work)
        guest = self.driver.create(int(work.work_us[0]))
        try:
            vm = super()._add(work, kind, target)
        except BaseException:
            self.driver.destroy(guest)
            raise
        self._guests[vm], self.used_us[vm] = guest, 0
        return vm

    def _remove(self, vm: int) -> None:
        super()._remove(vm)
        if vm in self._guests:
            self.driver.destroy(self._guests.pop(vm))

    # --- time ---------------------------------------------------------------------------------------------------------------------------

    def _go_on(self) -> None:
        with self._moving():
            self._serve(int(self.state.run[c.NEXT_ARRIVAL_US]))
            super()._go_on()
            self._clock.idle_until(self.clock_us)

    def _pass_time(self, until_us: int) -> None:
        with self._moving():
            self._serve(until_us)
            super()._pass_time(until_us)
            self._clock.idle_until(until_us)

    def _carry_on(self, chosen: Scheduler, params: Floats, until_us: int, most_decisions: int) -> int:
        self.prepare(chosen)  # a thread that goes before all others is none to compile in
        run = self.state.run
        last = int(run[c.NUM_DECISIONS]) + most_decisions
        with self._moving():
            while True:
                self._serve(until_us)
                before_us = self.clock_us
                reason = self._engine.decide(self._live.runs, chosen, params, until_us)
                self._clock.idle_until(self.clock_us)
                if self.clock_us > before_us and self._ended_us < self.clock_us:
                    self._stood_ns = 0  # nobody ran meanwhile
                if reason != STOP_ENOUGH or run[c.NUM_DECISIONS] >= last or self._interrupted:
                    return reason

    @contextlib.contextmanager
    def _moving(self) -> Iterator[None]:
        """Lets the clock go while the context lasts, and buries who is done at its end."""
        if self._interrupted:
            raise ActionError("this host has been stopped: its guests run no more")
        self._stood_ns, self._ended_us = 0, -1
        try:
            with self.driver.on_time():
                self._clock.start(self.clock_us)
                yield
        finally:
            for vm in [vm for vm in self._guests if vm in self._done]:
                self.driver.destroy(self._guests.pop(vm))

    def _serve(self, until_us: int) -> None:
        """Lets the guest that has the grant run, to the end of the grant or to `until_us`, and writes down what came of it.

        The books learn when the grant ends, and that its VM is done if it is; the clock does not move here.

        Raises:
            SimulationError: The guest has ended or hangs. Its VM is destroyed.
        """
        s = self.state
        found = self._live.running(s)
        if found is None:
            return
        vm, slot = found
        row = s.slots[slot]
        quantum_us = c.NEVER if s.host[c.PREEMPT] == c.PREEMPT_NONE else int(s.host[c.QUANTUM_US])
        if s.host[c.PREEMPT] == c.PREEMPT_ARRIVAL:
            until_us = min(until_us, int(s.run[c.NEXT_ARRIVAL_US]))
        # Where the books count a grant's end as planned, the guest has had a little more or less than they say: this one makes up for it.
        had_us, planned_us = self.used_us[vm] - int(row[c.ATTAINED_US]), int(row[c.SERVICE_US])
        left_us, time_us = quantum_us - had_us, until_us - max(self._clock.now_us(planned_us, had_us), planned_us)
        over, done = left_us <= time_us, vm in self._done
        if not done and left_us > 0 and time_us > 0:
            used_us, done = self._run(vm, min(left_us, time_us))
            self._clock.ran(used_us)
            had_us += used_us
        over = over or done
        if over and not done and self._clock.exact_quanta:
            had_us = quantum_us
        service_us, now_us = self._clock.read(int(row[c.GRANT_US]), planned_us, had_us)
        if over:
            row[c.SERVICE_US], row[c.END_US] = service_us, max(now_us, self.clock_us)
        if done:
            row[c.PHASE_LEFT_US] = max(0, int(row[c.END_US]) - service_us)  # all that the grant is going to have served
        else:
            row[c.PHASE_LEFT_US] = max(int(row[c.PHASE_LEFT_US]), had_us + 1)
        if not over:  # it goes on after that time, for as long as it is expected to
            row[c.END_US] = max(until_us + 1, planned_us + min(quantum_us, int(row[c.PHASE_LEFT_US])))
        self._ended_us = int(row[c.END_US])

    def _run(self, vm: int, service_us: int) -> tuple[int, bool]:
        """Lets a guest run, and returns what it used and whether it is done."""
        began_ns = time.perf_counter_ns()
        try:
            used_us, done = self.driver.run(self._guests[vm], service_us, wall_us=service_us if self._clock.by_wall else None)
        except SimulationError as error:
            self._remove(vm)
            raise SimulationError(
                f"the guest of VM {vm} is no use any more: {error}. VM {vm} is destroyed; the next call goes on"
            ) from error
        stood_ns = time.perf_counter_ns()
        path_us = (began_ns - self._stood_ns) / 1000 if self._stood_ns else -1.0
        self.slices.append(SliceRecord(vm, service_us, used_us, done, (stood_ns - began_ns) / 1000, path_us))
        self._stood_ns = stood_ns
        self.used_us[vm] += used_us
        if done:
            self._done.add(vm)
        return used_us, done


def check_work(work: Workload) -> None:
    """Checks that real guests can do it: one phase a VM, of CPU work alone, on the whole core.

    Raises:
        SpecError: They cannot.
    """
    if (work.num_phases != 1).any():
        raise SpecError(f"a VM has {int(work.num_phases.max())} phases: a real guest burns CPU time, in one phase")
    if (work.cpu_millicores != 1000).any():
        value = int(work.cpu_millicores[work.cpu_millicores != 1000][0])
        raise SpecError(f"cpu_millicores is {value}: a real guest takes its whole core, give 1000")
    for name, value in ONLY.items():
        if (getattr(work, name) != value).any():
            raise SpecError(f"{name} is {int(getattr(work, name).max())}: a real guest burns CPU time only, give {value}")
