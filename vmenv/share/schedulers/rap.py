"""rap: least dominant share / weight gets the next R_quantum of what was demanded in the last interval.

Source: the project's third scheduler in shares: progressive filling in quanta (`vmenv.share.filling.loop`).
Information: demands. As drf, which it becomes as the quantum shrinks; with large quanta the last ones served get nothing.
"""

from __future__ import annotations

from dataclasses import dataclass

from vmenv.checks import check_integer
from vmenv.host.state import Floats
from vmenv.share.filling import SHARE
from vmenv.share.quanta import shares_of
from vmenv.share.scheduler import SCHEDULERS, Seen, ShareScheduler


@SCHEDULERS.register("rap")
@dataclass(frozen=True, kw_only=True)
class Rap(ShareScheduler):
    """Resource allocation by balance.

    Args:
        parts: R_quantum is the capacity of a device / this.
    """

    information = "demands"
    source = "progressive filling, Ghodsi et al., NSDI 2011"

    parts: int = 64

    def __post_init__(self) -> None:
        check_integer("parts", self.parts, least=1, most=2**20)

    def weights(self, seen: Seen) -> Floats:
        """Dominant shares that the loop gives."""
        return shares_of(seen.asks, seen.places, seen.weight, seen.capacity, SHARE, self.parts)
