"""A live host as it stands: what it is made of, where its run is, and how a VM enters and time moves, which real guests do otherwise."""

from __future__ import annotations

import copy
from typing import ClassVar, Self

from vmenv.checks import check_integer
from vmenv.dispatch.loop.engine import engine
from vmenv.dispatch.objective import OBJECTIVES
from vmenv.dispatch.scheduler import Scheduler
from vmenv.episodes.alone import Alone
from vmenv.errors import SpecError, UnknownNameError
from vmenv.host import columns as c
from vmenv.host.dynamics import advance
from vmenv.host.spec import Host
from vmenv.host.state import Floats, State
from vmenv.live.control import Control
from vmenv.live.run import LiveRun
from vmenv.live.status import VmState
from vmenv.workload.table import Workload

GONE = (VmState.COMPLETED, VmState.MIGRATED, VmState.DESTROYED)


class LiveHost(Alone, Control):
    """What all calls of a live host stand on. `vmenv.live.manager.Manager` has the calls, and says what the arguments are."""

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

    def __copy__(self) -> Self:
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

    # --- what a manager of real guests does otherwise ------------------------------------------------------------------------------------

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
