"""Random numbers for keys: a counter-based generator, so that the randomness of an episode is fixed before it and never repeats.

The number for a VM and a decision is a hash of both and of 64 bits that the seed gives. Nothing is kept and nothing is drawn in order, so
that who looks at which VM, and in which order, changes no number. The mix is `lowbias32`, two rounds of xor-shift and multiplication in 32
bits (Wellons, "Prospecting for hash functions", 2018); the use of a hash of a counter as a generator is that of Salmon et al., "Parallel
random numbers: as easy as 1, 2, 3", SC 2011.
"""

from __future__ import annotations

import numpy as np

from vmenv.host.state import Floats
from vmenv.jit import jittable

NUM_WORDS = 2  # of 32 bits, at the end of the parameters of a scheduler that draws
LOW_32 = 2**32 - 1
# So small that no product reaches 2^63, which compiled code takes for granted; the low 32 bits are those of the mix's own factors.
FIRST_FACTOR, SECOND_FACTOR = 0x7FEB352D, 0x846CA68B - 2**32
_STREAM = 0x5C4ED  # keeps the draws apart from every other use of the same seed


def words_of(seed: int) -> Floats:
    """Returns (NUM_WORDS,) whole numbers below 2^32, from which all draws of an episode follow."""
    return np.random.default_rng([seed, _STREAM]).integers(0, 2**32, NUM_WORDS).astype(np.float64)


@jittable
def uniform(number: int, decision: int, params: Floats) -> float:
    """Returns a number in (0, 1), one of 2^32 that are equally far apart, another for every VM and every decision.

    Args:
        number: The arrival number of the VM, `vm.number`.
        decision: `host.num_decisions`.
        params: The parameters of the scheduler, which end with `words_of`.
    """
    x = _mix(int(decision) & LOW_32, int(decision) >> 32)
    x = (x ^ int(params[len(params) - 2])) + int(number) & LOW_32
    return (_mix(x, int(params[len(params) - 1])) + 0.5) / 2.0**32


@jittable
def _mix(x: int, word: int) -> int:
    x = (x ^ (x >> 16)) * FIRST_FACTOR & LOW_32 ^ word
    x = (x ^ (x >> 15)) * SECOND_FACTOR & LOW_32
    return x ^ (x >> 16)
