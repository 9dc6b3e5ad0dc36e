"""Lottery: every decision is a draw in which a VM holds as many tickets as its weight.

The draw is a race: with u uniform, -log(u) / weight is exponential with rate weight, and the least of them wins with probability
weight / (sum of the weights of those that fit).

Source: Waldspurger and Weihl (1994), "Lottery scheduling: flexible proportional-share resource management", OSDI; the race as in
Efraimidis and Spirakis (2006).
Information: weights. Shares are right in the long run. Fails in the short run: after n draws the error is of the order of sqrt(n).
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

from vmenv.dispatch.loop.draws import uniform
from vmenv.dispatch.scheduler import SCHEDULERS, Scheduler


@SCHEDULERS.register("lottery")
@dataclass(frozen=True, kw_only=True)
class Lottery(Scheduler):
    """Lottery scheduling."""

    information = "weights"
    source = "Waldspurger and Weihl, OSDI 1994"
    random = True

    @staticmethod
    def key(vm: Any, host: Any, params: Any) -> tuple[float, float]:
        """The time at which the VM finishes the race."""
        return -math.log(uniform(vm.number, host.num_decisions, params)) / vm.weight, 0.0
