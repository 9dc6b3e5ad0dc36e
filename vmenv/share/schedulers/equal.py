"""equal: the same weight for everybody.

Source: round robin, the share that each of n gets of a resource that nobody claims more of.
Information: blind. Good when nothing is known; fails when sizes differ, as the large ones get no more than the small.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from vmenv.host.state import Floats
from vmenv.share.scheduler import SCHEDULERS, Seen, ShareScheduler


@SCHEDULERS.register("equal")
@dataclass(frozen=True, kw_only=True)
class Equal(ShareScheduler):
    """Equal weights."""

    information = "blind"
    source = "round robin"

    def weights(self, seen: Seen) -> Floats:
        """1 for all that are present."""
        return seen.present.astype(np.float64)
