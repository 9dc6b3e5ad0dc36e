"""Pairing: grant the VM that gets on best beside those that run, and slows them down least.

Source: symbiotic job scheduling, Snavely and Tullsen, "Symbiotic jobscheduling for a simultaneous multithreading processor", ASPLOS 2000.
Information: clairvoyant: it is told the table of contention. Good where VMs that disturb each other and VMs that do not are both at hand.
No bound: it fills every pCPU, also where two VMs together get less done than one, and it takes the first VM without a look at who could go
with it, so that rules that find the table out can cost less (`pairing_idle` does both).
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
