"""Arrival processes. Times are rounded down to whole microseconds."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from vmenv.host.state import Ints


def poisson_arrivals(rng: np.random.Generator, num_vms: int, rate_per_s: float) -> Ints:
    """Returns (num_vms,) arrival times of a Poisson process that starts at 0, in microseconds."""
    return np.floor(np.cumsum(rng.exponential(1e6 / rate_per_s, num_vms))).astype(np.int64)


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
    rates, means = np.asarray(rates_per_s, np.float64), np.asarray(means_s, np.float64)
    due = np.cumsum(rng.exponential(1.0, num_vms))
    phase = int(rng.random() * means.sum() >= means[0])
    # Pairs of stays that would suffice in the mean, over and over until they do suffice.
    num_pairs = int(due[-1] / (rates @ means)) + 8
    order = np.tile([phase, 1 - phase], num_pairs)
    ends, clock = np.zeros(1), np.zeros(1)
    while clock[-1] <= due[-1]:
        stays = rng.exponential(means[order])
        ends = np.concatenate([ends, ends[-1] + np.cumsum(stays)])
        clock = np.concatenate([clock, clock[-1] + np.cumsum(stays * rates[order])])
    return np.floor(np.interp(due, clock, ends) * 1e6).astype(np.int64)
