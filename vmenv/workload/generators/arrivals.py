"""Arrival processes. Times are rounded down to whole microseconds."""

from __future__ import annotations

import numpy as np

from vmenv.host.state import Ints


def poisson_arrivals(rng: np.random.Generator, num_vms: int, rate_per_s: float) -> Ints:
    """Returns (num_vms,) arrival times of a Poisson process that starts at 0, in microseconds."""
    return np.floor(np.cumsum(rng.exponential(1e6 / rate_per_s, num_vms))).astype(np.int64)
