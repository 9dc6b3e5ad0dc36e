"""The random numbers of an episode once more, in numpy's unsigned integers of 32 bits, which wrap around by themselves."""

from __future__ import annotations

import numpy as np


def lowbias32(x: np.ndarray, between: np.ndarray) -> np.ndarray:
    """Returns Wellons' hash of 32 bits, with a word put in between its rounds."""
    x = (x ^ (x >> np.uint32(16))) * np.uint32(0x7FEB352D) ^ between
    x = (x ^ (x >> np.uint32(15))) * np.uint32(0x846CA68B)
    return x ^ (x >> np.uint32(16))


class Draws:
    """The draws of a seed, by VM and decision."""

    def __init__(self, seed: int) -> None:
        self.words = np.random.default_rng([seed, 0x5C4ED]).integers(0, 2**32, 2).astype(np.uint32)

    def uniform(self, number: int, decision: int) -> float:
        """Returns the number in (0, 1) of a VM at a decision."""
        low, high, vm = (np.array([k % 2**32], np.uint32) for k in (decision, decision >> 32, number))
        x = (lowbias32(low, high) ^ self.words[:1]) + vm
        return (int(lowbias32(x, self.words[1:])[0]) + 0.5) / 2.0**32
