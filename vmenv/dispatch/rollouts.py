"""Whole runs under a scheduler, from workloads to outcomes, as one compiled batch."""

from __future__ import annotations

from collections.abc import Sequence

from vmenv.dispatch.loop.engine import engine, stack_params
from vmenv.dispatch.objective import cost_rates
from vmenv.dispatch.packing import check_clock, check_decisions, pack
from vmenv.dispatch.run import Run
from vmenv.dispatch.scheduler import Scheduler
from vmenv.host import columns as c
from vmenv.host.spec import Host
from vmenv.host.state import one
from vmenv.workload.table import Workload

FIRST_SLOTS = 64  # of a run without a limit; it is played again with twice as many when they do not suffice
FIRST_LOG = 4096


def roll_out(
    host: Host,
    works: Sequence[Workload],
    scheduler: Scheduler,
    *,
    seeds: Sequence[int],
    num_slots: int | None,
    horizon_us: int | None,
    objective: str,
    commit: bool = False,
    reservation: bool = False,
    record: bool = False,
    most_decisions: int = c.NEVER,
    interpreted: bool = False,
) -> list[Run]:
    """Plays workloads that the host can take; the arguments are those of `vmenv.simulate_many`, and a scenario's two about held picks."""
    params = stack_params(scheduler, list(seeds))
    rates = [cost_rates(objective, host, work) for work in works]
    slots, log_length = num_slots or FIRST_SLOTS, FIRST_LOG if record else 0
    while True:
        s = pack(
            host,
            works,
            rates,
            num_slots=slots,
            horizon_us=horizon_us,
            log_length=log_length,
            unlimited_slots=num_slots is None,
            commits=commit,
            reserves=reservation,
        )
        engine(interpreted).play(s, scheduler, params, most_decisions)
        check_clock(s)
        check_decisions(s, most_decisions)
        more_slots = bool((s.run[:, c.STATE] == c.NEEDS_SLOTS).any())
        longest = int(s.run[:, c.NUM_LOGGED].max(initial=0))
        if not more_slots and longest <= log_length:
            return [Run.read(one(s, r), host, work) for r, work in enumerate(works)]
        slots = 2 * slots if more_slots else slots
        log_length = max(2 * log_length, longest) if longest > log_length else log_length
