"""From the simulator to the machine: a workload on real guests under several policies, beside what `vmenv.simulate` says of it.

What is measured differs from what was predicted for two reasons. *Size*: a guest needs more or less CPU time than expected. *Dynamics*:
with the CPU time that it needed, the simulator would have predicted something else than happened.
"""

from __future__ import annotations

import difflib
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from vmenv.dispatch.kind import KIND
from vmenv.dispatch.run import Run
from vmenv.dispatch.scheduler import Scheduler
from vmenv.dispatch.simulation import simulate
from vmenv.episodes.policy import find_policy
from vmenv.episodes.saved import load_policy
from vmenv.errors import SpecError
from vmenv.host.spec import Host
from vmenv.live.driver import Driver
from vmenv.live.guests import GuestManager, SliceRecord
from vmenv.live.status import Stop
from vmenv.workload.table import Phase, Workload


@dataclass(frozen=True, kw_only=True, eq=False)
class Trial:
    """One workload under one policy, played once.

    Attributes:
        policy: Its name.
        host: The host that was predicted.
        expected: The workload with the sizes that guests were made of.
        measured: The same with the CPU time that they used.
        outcome: What the books say of the real guests.
        from_expected: What `simulate` says, with the sizes that were expected.
        from_measured: What it says with those that were measured, and with what a switch cost in the mean by other clocks than "service".
        slices: What ran when.
        wall_s: How long it took on the wall.
    """

    policy: str
    host: Host
    expected: Workload
    measured: Workload
    outcome: Run
    from_expected: Run
    from_measured: Run
    slices: Sequence[SliceRecord]
    wall_s: float

    @property
    def response_s(self) -> float:
        """Mean response time of the real guests."""
        return float(self.outcome.response_us.mean()) / 1e6

    @property
    def size_error(self) -> float:
        """The part of the error in mean response that is due to sizes."""
        return float(self.from_measured.response_us.mean() / self.from_expected.response_us.mean()) - 1

    @property
    def dynamics_error(self) -> float:
        """The part that is not: what happened over what is predicted with the sizes that were measured, less 1."""
        return float(self.outcome.response_us.mean() / self.from_measured.response_us.mean()) - 1

    @property
    def slowdowns(self) -> tuple[float, float]:
        """Mean slowdown, measured and predicted, each with its own sizes."""
        return _slowdown(self.outcome, self.measured), _slowdown(self.from_expected, self.expected)

    @property
    def likeness(self) -> float:
        """How alike the orders of grants are, real and predicted with the sizes that were measured: 1.0 is the same."""
        assert self.from_measured.grants is not None
        ours, theirs = [one.vm for one in self.slices], self.from_measured.grants["vm"].tolist()
        return difflib.SequenceMatcher(None, ours, theirs, autojunk=False).ratio()

    @property
    def switches(self) -> tuple[int, int]:
        """Grants that cost a switch, measured and predicted."""
        return int(self.outcome.num_switches.sum()), int(self.from_measured.num_switches.sum())

    @property
    def missed_us(self) -> list[int]:
        """By how much each slice that a stop ended was longer than it was to be."""
        return [one.used_us - one.asked_us for one in self.slices if not one.done]

    @property
    def path_us(self) -> list[float]:
        """Time on the wall from when a guest stood to when the next was let go, where there was nothing to wait for."""
        return [one.path_us for one in self.slices if one.path_us >= 0]


def find_schedulers(names: Sequence[str]) -> dict[str, Scheduler]:
    """Returns the policies of these names or paths.

    Raises:
        SpecError: One decides from outside of the loop, or there is none.
        UnknownNameError: There is none of this name.
    """
    found = {}
    for name in names:
        policy = load_policy(name) if "/" in name or Path(name).is_dir() else find_policy(name, KIND)
        if not isinstance(policy, Scheduler):
            raise SpecError(
                f"{name!r} decides from outside of the compiled loop: give a scheduler, an index policy, a formula or a tuned heuristic"
            )
        found[name] = policy
    if not found:
        raise SpecError("schedulers is empty: give names of vmenv.list_schedulers() or vmenv.list_policies()")
    return found


def play_real(driver: Driver, host: Host, work: Workload, name: str, scheduler: Scheduler, clock: str = "service") -> Trial:
    """Plays a workload on real guests, and lets it be predicted.

    Args:
        driver: What makes the guests; all that this makes are gone afterwards.
        host: One pCPU; its quantum is the slice.
        work: What they do.
        name: Of the policy.
        scheduler: The policy.
        clock: See `vmenv.live.clocks`.

    Raises:
        SimulationError: A guest has ended or hangs.
    """
    manager = GuestManager(driver, host, clock=clock, num_slots=work.num_vms)
    try:
        for vm in range(work.num_vms):
            given = {name: int(getattr(work, name)[vm]) for name in ("weight", "priority", "slo_us", "estimate_us", "tenant")}
            manager.create([Phase(int(work.work_us[vm]))], arrival_us=int(work.arrival_us[vm]), **given)
        manager.prepare(scheduler)
        began = time.monotonic()
        while manager.schedule(scheduler).stopped == Stop.ENOUGH:
            pass
        wall_s = time.monotonic() - began
    finally:
        manager.end_guests()
    outcome, used_us = manager.outcome(), np.array([max(1, manager.used_us[vm]) for vm in range(work.num_vms)])
    measured = Workload.from_arrays(
        arrival_us=work.arrival_us, work_us=used_us, weight=work.weight, priority=work.priority, slo_us=work.slo_us,
        estimate_us=work.estimate_us, tenant=work.tenant,
    )  # fmt: skip
    costs = host
    if clock != "service":
        switch_us = round(float(outcome.overhead_us.sum()) / max(1, int(outcome.num_switches.sum())))
        costs = Host(quantum_us=host.quantum_us, switch_us=switch_us, preempt=host.preempt)
    return Trial(
        policy=name,
        host=host,
        expected=work,
        measured=measured,
        outcome=outcome,
        from_expected=simulate(host, work, scheduler, num_slots=work.num_vms),
        from_measured=simulate(costs, measured, scheduler, num_slots=work.num_vms, record=True),
        slices=tuple(manager.slices),
        wall_s=wall_s,
    )


def play_all(
    driver: Driver,
    host: Host,
    work: Workload,
    schedulers: dict[str, Scheduler],
    repetitions: int,
    clock: str,
    tell: Callable[[Trial], object],
) -> list[Trial]:
    """Plays every policy so often, in turns, so that what changes on the machine meanwhile is shared by all of them."""
    trials = []
    for _ in range(repetitions):
        for name, scheduler in schedulers.items():
            trials.append(play_real(driver, host, work, name, scheduler, clock))
            tell(trials[-1])
    return trials


def _slowdown(run: Run, work: Workload) -> float:
    return float((run.response_us / work.work_us).mean())
