"""linear: weights in proportion to a sum of what a VM demanded last, of its averages, its swings and its peak, and of its size.

Source: autoscalers' recommenders, which weigh averages, peaks and a margin (Rzadca et al., "Autopilot: workload autoscaling at Google",
EuroSys 2020), with free coefficients in place of rules of thumb.
Information: demands, of all intervals so far, as learned policies see them. Good where demands come in spells: swings and peaks say who may
wake up. Fails where they do not: its defaults, which add nothing to the last demand but a margin, are `demand`.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from vmenv.episodes.ranges import Range
from vmenv.errors import SpecError
from vmenv.host.columns import CPU
from vmenv.host.state import Floats
from vmenv.share.scheduler import PAST, SCHEDULERS, Seen, ShareScheduler


@SCHEDULERS.register("linear")
@dataclass(frozen=True, kw_only=True)
class Linear(ShareScheduler):
    """Weights by a linear rule over the past of a VM.

    Args:
        now: Coefficient of the last demand, with what would drain a backlog in one interval.
        missed: Of what it did not get of that.
        short: Of its mean over some 4 intervals.
        long: Of its mean over some 32.
        swing: Of its mean change from one interval to the next.
        peak: Of its largest, slowly forgotten.
        headroom: Of the CPU that the VM can use at the most.
    """

    information = "demands"
    source = "Rzadca et al., EuroSys 2020"
    tunable: ClassVar[dict[str, Range]] = {
        "now": Range(0.0, 2.0),
        **dict.fromkeys(PAST, Range(-2.0, 2.0)),
        "headroom": Range(0.0, 0.5),
    }

    now: float = 1.0
    missed: float = 0.0
    short: float = 0.0
    long: float = 0.0
    swing: float = 0.0
    peak: float = 0.0
    headroom: float = 0.1

    def __post_init__(self) -> None:
        for name in self.tunable:
            if not np.isfinite(getattr(self, name)):
                raise SpecError(f"{name} is {getattr(self, name)}: give a finite number")

    def weights(self, seen: Seen) -> Floats:
        """The largest of the sums for the three devices, and the headroom; nothing where that is negative."""
        coefficients = np.array([getattr(self, name) for name in PAST])
        sums = self.now * seen.asks / seen.capacity[seen.places] + seen.past @ coefficients
        shares = sums.max(axis=2) + self.headroom * seen.size / seen.capacity[CPU]
        return np.where(seen.present, np.maximum(shares, 0.0), 0.0)
