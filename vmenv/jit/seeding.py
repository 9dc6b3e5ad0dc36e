"""numpy's seeding for compiled code: from the seed of an episode to a generator that draws, bit by bit, what numpy's own draws.

Sources: O'Neill, "Developing a seed_seq alternative", 2015, which numpy's `SeedSequence` follows, and "PCG: a family of simple fast
space-efficient statistically good algorithms for random number generation", Harvey Mudd College HMC-CS-2014-0905, 2014. numpy promises that
neither ever changes.
"""

from __future__ import annotations

import numpy as np

from vmenv.jit.marking import jittable

LOW = 0xFFFFFFFF
WORD = 2**64
MULTIPLIER = 0x2360ED051FC65DA44385DF649FCCF645  # of PCG64's steps


@jittable
def seed_words(seed: int, first: int, second: int) -> tuple[int, int, int, int]:
    """Returns `SeedSequence([seed, first, second]).generate_state(4, np.uint64)`; compiled, words above 2**63 are negative.

    Args:
        seed: From 0 to 2**63 - 1.
        first: From 0 to 2**32 - 1.
        second: From 0 to 2**32 - 1.
    """
    seed = int(seed)  # interpreted, numpy's whole numbers would overflow where those of Python do not
    high = seed >> 32
    const = 0x43B0D7E5
    a, const = _hashed(seed & LOW, const)
    b, const = _hashed(high if high > 0 else first, const)
    c, const = _hashed(first if high > 0 else second, const)
    d, const = _hashed(second if high > 0 else 0, const)
    b, c, d, const = _stirred(a, b, c, d, const)
    a, c, d, const = _stirred(b, a, c, d, const)
    a, b, d, const = _stirred(c, a, b, d, const)
    a, b, c, const = _stirred(d, a, b, c, const)
    const = 0x8B51F9DD
    state_high, const = _word(a, b, const)
    state_low, const = _word(c, d, const)
    stream_high, const = _word(a, b, const)
    stream_low, const = _word(c, d, const)
    return state_high, state_low, stream_high, stream_low


@jittable
def _hashed(value: int, const: int) -> tuple[int, int]:
    following = (const * 0x931E8875) & LOW
    value = ((value ^ const) * following) & LOW
    return value ^ (value >> 16), following


@jittable
def _stirred(source: int, x: int, y: int, z: int, const: int) -> tuple[int, int, int, int]:
    """Mixes one word of the pool into the other three."""
    hashed, const = _hashed(source, const)
    x = _mixed(x, hashed)
    hashed, const = _hashed(source, const)
    y = _mixed(y, hashed)
    hashed, const = _hashed(source, const)
    return x, y, _mixed(z, hashed), const


@jittable
def _mixed(x: int, y: int) -> int:
    value = (0xCA01F9DD * x - 0x4973F715 * y) & LOW
    return value ^ (value >> 16)


@jittable
def _word(low: int, high: int, const: int) -> tuple[int, int]:
    """Returns 64 bits made of two words of the pool."""
    low, const = _drawn(low, const)
    high, const = _drawn(high, const)
    return low | (high << 32), const


@jittable
def _drawn(value: int, const: int) -> tuple[int, int]:
    following = (const * 0x58F38DED) & LOW
    value = ((value ^ const) * following) & LOW
    return value ^ (value >> 16), following


def pcg64(state_high: int, state_low: int, stream_high: int, stream_low: int) -> np.random.Generator:
    """Returns the generator that numpy makes of these words of a seed.

    Compiled, it is numba's type of numpy's generators, with all methods that numba knows of them, and is gone when the function that calls
    this returns.
    """
    increment = (((stream_high % WORD) * WORD + stream_low % WORD) * 2 + 1) % 2**128
    state = (state_high % WORD) * WORD + state_low % WORD
    bits = np.random.PCG64(0)
    bits.state = bits.state | {"state": {"state": ((state + increment) * MULTIPLIER + increment) % 2**128, "inc": increment}}
    return np.random.Generator(bits)
