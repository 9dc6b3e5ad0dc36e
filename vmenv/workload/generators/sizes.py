"""Laws of work. Sizes are rounded up to whole microseconds, so that none is 0."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from vmenv.host.state import Ints
from vmenv.jit import drawing
from vmenv.workload.generators.choices import draw_from


@drawing
def exponential_sizes(rng: np.random.Generator, num_vms: int, mean_us: float) -> Ints:
    """Returns (num_vms,) exponential sizes; rounding up adds half a microsecond to the mean."""
    return np.maximum(1, np.ceil(rng.exponential(mean_us, num_vms))).astype(np.int64)


@drawing
def hyperexponential_sizes(rng: np.random.Generator, num_vms: int, means_us: Sequence[float], probabilities: Sequence[float]) -> Ints:
    """Returns (num_vms,) sizes of a mixture of exponentials."""
    means = draw_from(rng, means_us, num_vms, probabilities)
    return np.maximum(1, np.ceil(means * rng.standard_exponential(num_vms))).astype(np.int64)
