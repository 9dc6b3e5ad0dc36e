"""How much of what a VM writes is new: the one law by which snapshots, thin images, restores and migrations grow.

A VM writes w t in a time t, each write to a place drawn evenly from its write working set W. Writes to a place beyond the first add
nothing, so that W (1 - exp(-w t / W)) has been written to: w t at the beginning, W in the end.
"""

from __future__ import annotations

import math

from vmenv.jit import jittable

BITS = 28  # of the fraction in which exp is computed: W in KiB x 2^28 stays within 63 bits for W up to 32 TiB
ONE = 1 << BITS
EXP_ONE = round(math.exp(-1.0) * ONE)
EXP_BITS = tuple(round(math.exp(-(2.0 ** -(k + 1))) * ONE) for k in range(BITS))  # of 1/2, 1/4, ...
MOST_EXPONENT = 20  # e^-20 is below half of 2^-28
MAX_WORKING_SET_MIB = 2**24
KIB_PER_MIB = 1024


@jittable
def dirtied_kib(working_set_mib: int, dirty_kib_s: int, service_us: int) -> int:
    """Returns W (1 - exp(-w t / W)) in KiB, rounded up, at most W: the distinct data written in a time.

    All in integers, the same on every machine: exp(-x) is the product of exp(-2^-k) over the bits of x, with 28 bits of fraction.

    Args:
        working_set_mib: W, at most MAX_WORKING_SET_MIB.
        dirty_kib_s: w.
        service_us: t.
    """
    whole = working_set_mib * KIB_PER_MIB
    if whole == 0 or dirty_kib_s == 0:
        return 0
    unit = whole * 1_000_000
    if service_us >= MOST_EXPONENT * unit // dirty_kib_s:
        return int(whole)
    written = dirty_kib_s * service_us
    rest = written % unit
    remains = ONE
    for _ in range(written // unit):
        remains = remains * EXP_ONE >> BITS
    for k in range(BITS):  # long division, a bit at a time
        rest *= 2
        if rest >= unit:
            rest -= unit
            remains = remains * EXP_BITS[k] >> BITS
    return int(whole - (whole * remains >> BITS))
