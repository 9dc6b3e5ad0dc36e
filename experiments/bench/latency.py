"""How long memory takes to answer: loads of which each says where the next one is."""

from __future__ import annotations

import statistics
import time
from collections.abc import Sequence

import numpy as np

STEPS = 500_000
LINE_BYTES = 64
SIZES_KIB = (16, 256, 4_096, 65_536)
ROUNDS = 3


def latencies_ns(sizes_kib: Sequence[int] = SIZES_KIB) -> dict[int, float]:
    """Returns for each size of memory, in KiB, how many nanoseconds a load from a random cache line in it takes, the median of some."""
    from numba import njit

    @njit
    def chase(following: np.ndarray, steps: int) -> int:
        at = 0
        for _ in range(steps):
            at = following[at]
        return at

    found = {}
    for size in sizes_kib:
        following = _cycle(size * 1024)
        chase(following, STEPS // 10)
        found[size] = statistics.median(_timed(chase, following) for _ in range(ROUNDS))
    return found


def _timed(chase: object, following: np.ndarray) -> float:
    began = time.perf_counter()
    chase(following, STEPS)  # type: ignore[operator]  # numba has no types
    return (time.perf_counter() - began) / STEPS * 1e9


def _cycle(num_bytes: int) -> np.ndarray:
    """Returns an array of so many bytes whose cache lines lead to each other in one random cycle, so that none can be fetched ahead."""
    lines, wide = num_bytes // LINE_BYTES, LINE_BYTES // 8
    order = np.random.default_rng(0).permutation(lines) * wide
    following = np.zeros(lines * wide, np.int64)
    following[order] = np.roll(order, -1)
    return following
