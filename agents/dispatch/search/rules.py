"""Tuned heuristics in the words of formulas, so that a network can build on them as on any formula.

A formula breaks ties by arrival where some heuristics look at the place in the queue, and counts VMs and not demands: what each of these
leaves out, its function says. The tests compare what both cost on the same episodes.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from vmenv.dispatch.formula.policy import FormulaPolicy
from vmenv.dispatch.scheduler import Scheduler
from vmenv.dispatch.schedulers.drain import Drain
from vmenv.dispatch.schedulers.fading import Fading
from vmenv.errors import SpecError


def of_fading(rule: Fading, tau: int) -> tuple[str, str | None]:
    """Attained service by the free part of the pool. All tasks but compressions are taken to have deadlines; compressions take turns."""
    young = f"log(1 + {tau / rule.young_us} * plain(attained))"
    vm = f"({rule.fade} * (1 - host.pool_free) - 1) * {young} - {rule.demand_power} * log(dominant)"
    compression = f"1e-6 * idle - {rule.compress_level} - {rule.compress_slope} * host.pool_free"  # in turns
    promised = f"0 - {rule.task_level} - {rule.task_slope} * plain(slack_share)"
    return f"where(snapshot + restore + migrate, {promised}, where(compress, {compression}, {vm}))", None


def of_drain(rule: Drain, tau: int) -> tuple[str, str | None]:
    """Small VMs until next to none is left. Large are those that need the whole host, and those that run are taken to be small."""
    small_waiting = "4 * (plain(host.runnable) - plain(host.runnable_whole))"
    few = f"min({rule.running} + 0.5 - 4 * plain(host.running), {rule.waiting} + 0.5 - {small_waiting})"
    ends = f"where(host.runnable_whole, where(host.running, where({few}, 2, 0 - 2), 0 - 2), 0 - 2)"
    return f"where({small_waiting} - {rule.most_small} - 0.5, 0 - cpu, cpu)", ends


IN_WORDS: dict[type[Scheduler], Callable[[Any, int], tuple[str, str | None]]] = {Fading: of_fading, Drain: of_drain}


def as_formula(rule: Scheduler, time_scale_us: int) -> FormulaPolicy:
    """Returns a formula that decides as the heuristic does.

    Raises:
        SpecError: Nobody has put it into words yet.
    """
    if type(rule) not in IN_WORDS:
        known = ", ".join(sorted(kind.__name__ for kind in IN_WORDS))
        raise SpecError(f"agent.base is a {type(rule).__name__}, which has no formula: give a formula, or one of {known}")
    score, wait = IN_WORDS[type(rule)](rule, time_scale_us)
    return FormulaPolicy(score=score, wait=wait, time_scale_us=time_scale_us)
