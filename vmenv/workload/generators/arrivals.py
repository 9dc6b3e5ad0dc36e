"""Arrival processes. Times are rounded down to whole microseconds."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from vmenv.host.state import Ints
from vmenv.jit import drawing


@drawing
def poisson_arrivals(rng: np.random.Generator, num_vms: int, rate_per_s: float) -> Ints:
    """Returns (num_vms,) arrival times of a Poisson process that starts at 0, in microseconds."""
    return np.floor(np.cumsum(rng.exponential(1e6 / rate_per_s, num_vms))).astype(np.int64)


@drawing
def mmpp_arrivals(rng: np.random.Generator, num_vms: int, rates_per_s: Sequence[float], means_s: Sequence[float]) -> Ints:
    """Returns (num_vms,) arrival times of a two-state Markov-modulated Poisson process that starts at 0 in equilibrium, in microseconds.

    The arrivals are those of a Poisson process of rate 1 on a clock that runs as fast as the rate of the hidden phase says.

    Source: Fischer and Meier-Hellstern, "The Markov-modulated Poisson process (MMPP) cookbook", Performance Evaluation 18, 1993.

    Args:
        rng: Source of randomness.
        num_vms: Number of arrivals.
        rates_per_s: Rate of the arrivals in each of the two phases; one may be 0.
        means_s: Mean of the exponential stays in each of them.
    """
    rates, means = np.array(rates_per_s), np.array(means_s)
    due = np.cumsum(rng.exponential(1.0, num_vms))
    phase = int(rng.random() * (means[0] + means[1]) >= means[0])
    # Pairs of stays that would suffice in the mean, over and over until they do suffice.
    num_pairs = int(due[-1] / (rates[0] * means[0] + rates[1] * means[1])) + 8
    order = (np.arange(2 * num_pairs) + phase) % 2
    ends, clock = np.zeros(1), np.zeros(1)
    while clock[-1] <= due[-1]:
        stays = means[order] * rng.standard_exponential(2 * num_pairs)
        ends = np.concatenate((ends, ends[-1] + np.cumsum(stays)))
        clock = np.concatenate((clock, clock[-1] + np.cumsum(stays * rates[order])))
    before = np.searchsorted(clock, due, side="right") - 1
    slope = (ends[before + 1] - ends[before]) / (clock[before + 1] - clock[before])
    return np.floor((slope * (due - clock[before]) + ends[before]) * 1e6).astype(np.int64)
