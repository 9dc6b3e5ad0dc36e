"""TSRR, time-sharing round robin: the VMs stand in a ring; the one in front gets a quantum and goes to the back.

Source: the project's first scheduler; round robin as in Kleinrock, Queueing Systems II (1976), chapter 4.
Information: blind. Good when sizes vary very much and switching is free (processor sharing as the quantum goes to 0). Fails when a
switch or paging costs: with overcommitted memory every quantum pages somebody in.

The ring is the order of `queue_place`: at one instant arrivals take their places before the VMs whose quantum ended. Sorting by
attained time is another algorithm (see `las`): it would give a new VM the whole host until it has caught up.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from vmenv.dispatch.scheduler import SCHEDULERS, Scheduler


@SCHEDULERS.register("tsrr")
@dataclass(frozen=True, kw_only=True)
class Tsrr(Scheduler):
    """Time-sharing round robin."""

    information = "blind"
    source = "Kleinrock, Queueing Systems II, 1976, ch. 4"
    keeps_keys = True

    @staticmethod
    def key(vm: Any, host: Any, params: Any) -> tuple[float, float]:
        """The place in the ring."""
        return float(vm.queue_place), 0.0
