"""rrp: the largest dominant requirement that is left ("desc"), or the smallest ("asc"), gets the next R_quantum.

Source: the project's fourth scheduler in shares (`vmenv.share.filling.loop`).
Information: demands. "desc" leaves the small ones, "asc" the large ones with nothing when there is not enough.
"""

from __future__ import annotations

from dataclasses import dataclass

from vmenv.checks import check_integer
from vmenv.errors import SpecError, suggestion
from vmenv.host.state import Floats
from vmenv.share.filling import LEFT_ASC, LEFT_DESC
from vmenv.share.quanta import shares_of
from vmenv.share.scheduler import SCHEDULERS, Seen, ShareScheduler

ORDERS = {"desc": LEFT_DESC, "asc": LEFT_ASC}


@SCHEDULERS.register("rrp")
@dataclass(frozen=True, kw_only=True)
class Rrp(ShareScheduler):
    """Resource requirement priority.

    Args:
        order: "desc" (largest first) or "asc".
        parts: R_quantum is the capacity of a device / this.
    """

    information = "demands"
    source = "largest or smallest requirement first"

    order: str = "desc"
    parts: int = 64

    def __post_init__(self) -> None:
        if self.order not in ORDERS:
            raise SpecError(f"order is {self.order!r}: {suggestion(str(self.order), ORDERS)}")
        check_integer("parts", self.parts, least=1, most=2**20)

    def weights(self, seen: Seen) -> Floats:
        """Dominant shares that the loop gives."""
        return shares_of(seen.asks, seen.places, seen.weight, seen.capacity, ORDERS[self.order], self.parts)
