"""MLFQ, multilevel feedback queue: a VM sinks a level each time its service passes a threshold; the highest level goes first.

Level k holds service from threshold x ratio^(k-1) to threshold x ratio^k; within a level the VMs stand in a ring, the resident ones in
front if `resident_first`.

Source: Corbato, Merwin-Daggett and Daley (1962), "An experimental time-sharing system"; levels as in Kleinrock, Queueing Systems II.
Information: attained. Near the Gittins index when the size law is a mixture and the thresholds lie between its parts. Fails when they do
not, and with one level it is round robin.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar

from vmenv.dispatch.scheduler import SCHEDULERS, Scheduler
from vmenv.episodes.ranges import Range
from vmenv.errors import SpecError

MAX_LEVELS = 64


@SCHEDULERS.register("mlfq")
@dataclass(frozen=True, kw_only=True)
class Mlfq(Scheduler):
    """Multilevel feedback queue.

    Args:
        threshold_us: Service at which a VM leaves the first level.
        ratio: Each further threshold is this many times the one before; at least 1.01.
        resident_first: Whether resident VMs go before the others of their level.
    """

    information = "attained"
    source = "Corbato et al., AFIPS SJCC 1962"
    tunable: ClassVar[dict[str, Range]] = {
        "threshold_us": Range(1e4, 1e8, logarithmic=True),
        "ratio": Range(1.1, 100.0, logarithmic=True),
        "resident_first": Range(0.0, 1.0, whole=True),
    }

    threshold_us: float = 500_000.0
    ratio: float = 4.0
    resident_first: bool = False

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.threshold_us <= 0:
            raise SpecError(f"Mlfq.threshold_us is {self.threshold_us}: give a number above 0")
        if self.ratio < 1.01:
            raise SpecError(f"Mlfq.ratio is {self.ratio}: give a number of at least 1.01")

    @staticmethod
    def key(vm: Any, host: Any, params: Any) -> tuple[float, float]:
        """The level, half a level later if it is not resident; then the place in the ring."""
        level, threshold = 0.0, params[0]
        while vm.attained_us >= threshold and level < MAX_LEVELS:
            level += 1.0
            threshold *= params[1]
        if params[2] == 1.0 and vm.resident_mib == 0:
            level += 0.5
        return level, float(vm.queue_place)
