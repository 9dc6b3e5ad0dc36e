"""Pairing, learned: as pairing, but what VMs take from one another is found out in the run, by what pairs of them were seen to get done.

Source: sampling of co-schedules, Snavely and Tullsen, "Symbiotic jobscheduling for a simultaneous multithreading processor", ASPLOS 2000;
what has not been seen is taken to be good, so that it is tried (optimism, as in Auer, Cesa-Bianchi and Fischer, "Finite-time analysis of
the multiarmed bandit problem", Machine Learning 47, 2002).
Information: demands. Good where the same classes meet often. Fails where more than two VMs run nearly always: only pairs teach.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from vmenv.dispatch.scheduler import SCHEDULERS, Scheduler
from vmenv.host.pairs import learned_gain


@SCHEDULERS.register("pairing_learned")
@dataclass(frozen=True, kw_only=True)
class PairingLearned(Scheduler):
    """The VM first with which most gets done, by what the run has shown so far."""

    information = "demands"
    source = "Snavely and Tullsen, ASPLOS 2000"
    needs = ("contention",)

    @staticmethod
    def key(vm: Any, host: Any, params: Any) -> tuple[float, float]:
        """Minus what is gained; among equals the place in the queue."""
        return -float(learned_gain(vm.vm_class, host)), float(vm.queue_place)
