"""Laws of demands."""

from __future__ import annotations

import numpy as np

from vmenv.host.state import Floats, Ints
from vmenv.jit import drawing


@drawing
def uniform_demands(rng: np.random.Generator, low: Floats, high: Floats, capacity: int) -> Ints:
    """Returns demands uniform between the fractions `low` and `high` of `capacity`, rounded to whole units, at least 1.

    Args:
        rng: Source of randomness.
        low: (N,) least fraction of each VM.
        high: (N,) largest fraction of each VM.
        capacity: Of the device.
    """
    fraction = low + (high - low) * rng.random(len(low))  # what rng.uniform(low, high) draws, without the time that its checks take
    return np.maximum(1, np.rint(fraction * capacity)).astype(np.int64)
