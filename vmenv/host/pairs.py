"""What a VM gains and costs beside those that run, by the table of contention or by what the run has shown of it.

`host` is the state of a run, or a view of the host: what has `neighbours`, `contention` and `pairs`.
"""

from __future__ import annotations

from typing import Any

from vmenv.host import columns as c
from vmenv.jit import jittable

TRIED_US = 10_000  # service of a pair after which what was seen counts half


@jittable
def shrunk_loss(a: int, b: int, host: Any, unseen: float, tried_us: float) -> float:
    """Returns the thousandths that class `a` seems to lose to a neighbour of class `b`: what was seen, shrunk towards `unseen`.

    What was seen counts half after `tried_us` of service of the pair.
    """
    seen_us = float(host.pairs[a, b, c.PAIR_US])
    lost = c.FULL_RATE * seen_us - float(host.pairs[a, b, c.PAIR_PROGRESS])
    return (lost + unseen * tried_us) / (seen_us + tried_us)


@jittable
def learned_own(a: int, host: Any) -> float:
    """Returns the thousandths of its speed that a VM of class `a` would seem to keep beside those that run."""
    return shrunk_own(a, host, 0.0, float(TRIED_US))


@jittable
def learned_harm(a: int, host: Any) -> float:
    """Returns the thousandths that those that run would seem to lose to a VM of class `a`, all together."""
    return shrunk_harm(a, host, 0.0, float(TRIED_US))


@jittable
def shrunk_own(a: int, host: Any, unseen: float, tried_us: float) -> float:
    """Returns what `learned_own` does, shrunk as in `shrunk_loss`."""
    kept = float(c.FULL_RATE)
    for b in range(host.neighbours.shape[0]):
        kept -= host.neighbours[b] * shrunk_loss(a, b, host, unseen, tried_us)
    return max(kept, float(c.LEAST_RATE))


@jittable
def shrunk_harm(a: int, host: Any, unseen: float, tried_us: float) -> float:
    """Returns what `learned_harm` does, shrunk as in `shrunk_loss`."""
    harm = 0.0
    for b in range(host.neighbours.shape[0]):
        harm += host.neighbours[b] * shrunk_loss(b, a, host, unseen, tried_us)
    return harm


@jittable
def shrunk_gain(a: int, host: Any, unseen: float, tried_us: float) -> float:
    """Returns what would seem to be gained by granting a VM of class `a`: its own progress less what the others lose."""
    return shrunk_own(a, host, unseen, tried_us) - shrunk_harm(a, host, unseen, tried_us)


@jittable
def learned_pair(a: int, b: int, host: Any) -> float:
    """Returns the thousandths that VMs of two classes would seem to get done together beyond what one gets done alone."""
    lost = shrunk_loss(a, b, host, 0.0, float(TRIED_US)) + shrunk_loss(b, a, host, 0.0, float(TRIED_US))
    return c.FULL_RATE - lost


@jittable
def told_gain(a: int, host: Any) -> float:
    """Returns the same by the table."""
    kept, harm = float(c.FULL_RATE), 0.0
    for b in range(host.neighbours.shape[0]):
        kept -= float(host.neighbours[b] * host.contention[a, b])
        harm += float(host.neighbours[b] * host.contention[b, a])
    return max(kept, float(c.LEAST_RATE)) - harm
