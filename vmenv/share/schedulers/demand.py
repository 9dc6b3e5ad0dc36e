"""demand: weights in proportion to what was demanded in the last interval, and a part of what a VM can use at the most.

Source: proportional allocation with headroom, as capacity managers do it.
Information: demands. Good while demands stay as they are; without headroom it fails whoever wakes up, with much of it whoever is busy.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from vmenv.episodes.ranges import Range
from vmenv.errors import SpecError
from vmenv.host.columns import CPU
from vmenv.host.state import Floats
from vmenv.share.scheduler import SCHEDULERS, Seen, ShareScheduler


@SCHEDULERS.register("demand")
@dataclass(frozen=True, kw_only=True)
class Demand(ShareScheduler):
    """Weights by the last demand.

    Args:
        headroom: What is added, as a part of the CPU that the VM can use at the most.
    """

    information = "demands"
    source = "proportional allocation with headroom"

    tunable: ClassVar[dict[str, Range]] = {"headroom": Range(0.0, 0.5)}

    headroom: float = 0.1

    def __post_init__(self) -> None:
        if not 0 <= self.headroom < np.inf:
            raise SpecError(f"headroom is {self.headroom}: give a number from 0")

    def weights(self, seen: Seen) -> Floats:
        """Dominant share demanded, and the headroom."""
        shares = (seen.asks / seen.capacity[seen.places]).max(axis=2) + self.headroom * seen.size / seen.capacity[CPU]
        return np.where(seen.present, shares, 0.0)
