"""size: weights in proportion to what a VM can use at the most, its vCPUs.

Source: the default shares of common hypervisors, so many a vCPU.
Information: blind. Good while all are equally busy; fails when the large ones are idle.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from vmenv.host.state import Floats
from vmenv.share.scheduler import SCHEDULERS, Seen, ShareScheduler


@SCHEDULERS.register("size")
@dataclass(frozen=True, kw_only=True)
class Size(ShareScheduler):
    """Size-proportional weights."""

    information = "blind"
    source = "shares per vCPU"

    def weights(self, seen: Seen) -> Floats:
        """The CPU that it can use at the most."""
        return np.where(seen.present, seen.size, 0).astype(np.float64)
