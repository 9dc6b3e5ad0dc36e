"""drf: what dominant resource fairness would have given for the last interval's demands, and an equal part of what is left.

Source: Ghodsi et al. (2011), "Dominant resource fairness: fair allocation of multiple resource types", NSDI.
Information: demands. Nobody would rather have had another's share; fails when demands move, as it knows the last ones only.
"""

from __future__ import annotations

from dataclasses import dataclass

from vmenv.host.state import Floats
from vmenv.share.filling import SHARE
from vmenv.share.quanta import EXACT, shares_of
from vmenv.share.scheduler import SCHEDULERS, Seen, ShareScheduler


@SCHEDULERS.register("drf")
@dataclass(frozen=True, kw_only=True)
class Drf(ShareScheduler):
    """Dominant resource fairness, exact."""

    information = "demands"
    source = "Ghodsi et al., NSDI 2011"

    def weights(self, seen: Seen) -> Floats:
        """Dominant shares of the filling."""
        return shares_of(seen.asks, seen.places, seen.weight, seen.capacity, SHARE, EXACT)
