"""Pairing, learned: as pairing, but what VMs take from one another is found out in the run, by what pairs of them were seen to get done.

Source: sampling of co-schedules, Snavely and Tullsen, "Symbiotic jobscheduling for a simultaneous multithreading processor", ASPLOS 2000;
what has not been seen is taken to be good, so that it is tried (optimism, as in Auer, Cesa-Bianchi and Fischer, "Finite-time analysis of
the multiarmed bandit problem", Machine Learning 47, 2002).
Information: demands. Good where the same classes meet often. Fails where more than two VMs run nearly always: only pairs teach.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar

from vmenv.dispatch.scheduler import SCHEDULERS, Scheduler
from vmenv.episodes.ranges import Range
from vmenv.errors import SpecError
from vmenv.host.pairs import TRIED_US, shrunk_gain

SHRINKING_RANGES = {"unseen": Range(-500.0, 1000.0), "tried_us": Range(1e1, 1e7, logarithmic=True)}


@SCHEDULERS.register("pairing_learned")
@dataclass(frozen=True, kw_only=True)
class PairingLearned(Scheduler):
    """The VM first with which most gets done, by what the run has shown so far.

    Args:
        unseen: Thousandths of its speed that a VM is taken to lose to a neighbour of a class that it was not seen beside.
        tried_us: Service of a pair after which what was seen counts half.
    """

    information = "demands"
    source = "Snavely and Tullsen, ASPLOS 2000"
    needs = ("contention",)
    tunable: ClassVar[dict[str, Range]] = SHRINKING_RANGES

    unseen: float = 0.0
    tried_us: float = float(TRIED_US)

    def __post_init__(self) -> None:
        super().__post_init__()
        if not self.tried_us > 0:
            raise SpecError(f"PairingLearned.tried_us is {self.tried_us}: give a time above 0")

    @staticmethod
    def key(vm: Any, host: Any, params: Any) -> tuple[float, float]:
        """Minus what is gained; among equals the place in the queue."""
        return -shrunk_gain(vm.vm_class, host, params[0], params[1]), float(vm.queue_place)
