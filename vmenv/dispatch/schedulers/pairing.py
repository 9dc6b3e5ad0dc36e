"""Pairing: grant the VM that gets on best beside those that run, and slows them down least.

Source: symbiotic job scheduling, Snavely and Tullsen, "Symbiotic jobscheduling for a simultaneous multithreading processor", ASPLOS 2000.
Information: clairvoyant. Good where VMs that disturb each other and VMs that do not are both at hand; told the table of contention, it is
the yardstick of those that must find it out. Fails where what it puts together now leaves the others without good company later.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from vmenv.dispatch.scheduler import SCHEDULERS, Scheduler
from vmenv.host.pairs import told_gain


@SCHEDULERS.register("pairing")
@dataclass(frozen=True, kw_only=True)
class Pairing(Scheduler):
    """The VM first with which most gets done, its own progress less what it takes from others; it is told the table of contention."""

    information = "clairvoyant"
    source = "Snavely and Tullsen, ASPLOS 2000"
    needs = ("contention",)

    @staticmethod
    def key(vm: Any, host: Any, params: Any) -> tuple[float, float]:
        """Minus what is gained; among equals the place in the queue."""
        return -float(told_gain(vm.vm_class, host)), float(vm.queue_place)
