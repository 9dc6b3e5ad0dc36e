"""Gittins: the VM with the highest Gittins index goes first: the best ratio of completions to service that its age still promises.

At age a the index is the largest over b > a of P(size <= b | size > a) / E[min(size, b) - a | size > a]. The size law is given as a sample
of sizes: the law itself if it is discrete, a sample drawn from it, or the sizes seen so far (empirical Gittins).

Source: Gittins (1979), "Bandit processes and dynamic allocation indices", JRSS B 41; for the M/G/1 queue Aalto, Ayesta and Righter (2009).
Information: attained. Minimises the mean response time of the M/G/1 queue among policies that do not know sizes, pre-emption being free.
Fails when the law is wrong, and when a switch costs.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from vmenv.dispatch.scheduler import SCHEDULERS, Scheduler
from vmenv.errors import SpecError
from vmenv.host.state import Floats

MOST_AGES = 512


def gittins_index(sizes: Floats, ages: Floats) -> Floats:
    """Returns the index at each age for VMs whose sizes are equally likely to be any of `sizes`, 0 where no size is larger.

    The best b is always one of the sizes, so the maximum is over those. Those that come so soon that less than a twentieth of the
    VMs of this age would be done are left out: in a sample of a continuous law, how near the next size happens to be means nothing.
    """
    ordered = np.sort(np.asarray(sizes, np.float64))
    index = np.zeros(len(ages))
    for k, age in enumerate(ages):
        rest = ordered[ordered > age] - age
        if len(rest):
            done = np.arange(1, len(rest) + 1)
            served = np.cumsum(rest) + rest * (len(rest) - done)
            index[k] = (done / served)[math.ceil(len(rest) / 20) - 1 :].max()
    return index


@SCHEDULERS.register("gittins")
@dataclass(frozen=True, kw_only=True)
class Gittins(Scheduler):
    """The Gittins index policy.

    Args:
        sizes_us: The size law: equally likely sizes. The default is the law of `thrash`, by 400 of its quantiles.
    """

    information = "attained"
    source = "Gittins, JRSS B 41, 1979"
    keeps_keys = True

    sizes_us: Sequence[float] = ()

    def __post_init__(self) -> None:
        sizes = tuple(float(size) for size in (self.sizes_us if len(self.sizes_us) else _mixture_quantiles()))
        if not all(0 < size < np.inf for size in sizes):
            raise SpecError("Gittins.sizes_us holds a size that is not positive and finite: give sizes in microseconds")
        object.__setattr__(self, "sizes_us", sizes)
        super().__post_init__()

    def params(self, seed: int = 0) -> Floats:
        """Returns the number of ages K, K ages and K indices: the index is constant between the ages."""
        sizes = np.asarray(self.sizes_us)
        ages = np.unique(np.concatenate([[0.0], np.quantile(sizes, np.linspace(0.0, 1.0, MOST_AGES), method="lower")]))
        return np.concatenate([[len(ages)], ages, gittins_index(sizes, ages)])

    @staticmethod
    def key(vm: Any, host: Any, params: Any) -> tuple[float, float]:
        """Minus the index at the largest tabled age that is not above the service so far."""
        count = int(params[0])
        low, high = 0, count
        while high - low > 1:
            middle = (low + high) // 2
            if params[1 + middle] <= vm.attained_us:
                low = middle
            else:
                high = middle
        return -params[1 + count + low], 0.0


def _mixture_quantiles() -> Floats:
    """Returns 400 quantiles of .85 exponential(0.5 s) + .15 exponential(5 s), plus 10 ms."""
    grid = np.geomspace(1e3, 6e7, 20_000)
    below = 1.0 - 0.85 * np.exp(-grid / 5e5) - 0.15 * np.exp(-grid / 5e6)
    return 10_000.0 + np.interp((np.arange(400) + 0.5) / 400, below, grid)
