"""Rigid parallel jobs after Lublin and Feitelson: how many processors, for how long, and when.

Source: Lublin and Feitelson, "The workload on parallel supercomputers: modeling the characteristics of rigid jobs", Journal of Parallel and
Distributed Computing 63, 2003. The numbers are those that the authors' program (m_lublin99) has for jobs of both kinds together, batch and
interactive; it draws the gamma distributions in another way, so that the jobs are others of the same laws.
"""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np

from vmenv.host.state import Floats, Ints
from vmenv.jit import drawing

SERIAL, POWERS = 0.244, 0.576  # probability of one processor, and of a power of two beyond that
SMALLEST, SMALL = 0.8, 0.86  # log2 of the smallest parallel job, and how likely sizes are below the middle
MIDDLE_BELOW = 2.5  # by which the middle is below log2 of the largest; the authors allow 1.5 to 3.5
SHORT_SHAPE, SHORT_SCALE, LONG_SHAPE, LONG_SCALE = 4.2, 0.94, 312.0, 0.03  # of the logarithm of the run time in seconds
SHORT_A_PROCESSOR, SHORT_ALWAYS = -0.0054, 0.78  # a job is short with a probability that falls with its size
MOST_LOG_RUN_S, MOST_LOG_GAP_S = 12.0, 13.0
GAP_SHAPE, GAP_SCALE = 10.2303 * 1.0225, 0.4871  # of the logarithm of the time between arrivals in seconds, at a constant pace
DAY_SHAPE, DAY_SCALE = 8.1737, 3.9631  # of a gamma law over the half hours from 5 in the morning on, whose parts are the pace of the day
BUCKETS, FIRST_BUCKET, BUCKET_S = 48, 11, 1_800.0


class Rigid(NamedTuple):
    """(num_jobs,) arrival times and run times in microseconds, and processors."""

    arrival_us: Ints
    work_us: Ints
    processors: Ints


def paces_of_day() -> Floats:
    """Returns (BUCKETS,) how fast jobs come in each half hour from midnight on, 1 in the mean."""
    paces = np.zeros(BUCKETS)
    for bucket in range(FIRST_BUCKET, FIRST_BUCKET + BUCKETS):
        ends = (_gamma_cdf((bucket + side) / DAY_SCALE, DAY_SHAPE) for side in (-0.5, 0.5))
        paces[(bucket - 1) % BUCKETS] = -next(ends) + next(ends)
    return paces / paces.mean()


def _gamma_cdf(x: float, shape: float) -> float:
    """Returns the regularised lower incomplete gamma function, by its series, all of whose terms are positive."""
    term = total = 1.0 / shape
    n = shape
    while term > total * 1e-17:
        n += 1.0
        term *= x / n
        total += term
    return total * math.exp(shape * math.log(x) - x - math.lgamma(shape))


@drawing
def rigid_jobs(rng: np.random.Generator, num_jobs: int, num_processors: int, pace: float, paces: Floats) -> Rigid:
    """Returns jobs of the model.

    Args:
        rng: Source of randomness.
        num_jobs: How many.
        num_processors: Of the machine, of which the largest jobs take all.
        pace: How many times as fast they come as the authors' do. The course of the day stays.
        paces: See `paces_of_day`.
    """
    arrival_us, work_us, processors = np.zeros(num_jobs, np.int64), np.zeros(num_jobs, np.int64), np.ones(num_jobs, np.int64)
    largest = math.log2(num_processors)
    middle, smallest = max(0.0, largest - MIDDLE_BELOW), min(SMALLEST, largest)
    bucket, paid, start_s = 0, 0.0, 0.0  # the pace of how much of the half hour that began then has been used up
    for k in range(num_jobs):
        gap = rng.gamma(GAP_SHAPE, GAP_SCALE)
        while gap > MOST_LOG_GAP_S:
            gap = rng.gamma(GAP_SHAPE, GAP_SCALE)
        paid += math.exp(gap) / BUCKET_S / pace
        while paid > paces[bucket]:
            paid -= paces[bucket]
            bucket = (bucket + 1) % BUCKETS
            start_s += BUCKET_S
        arrival_us[k] = int(start_s + BUCKET_S * paid / paces[bucket]) * 1_000_000

        kind = rng.random()
        if kind > SERIAL and num_processors > 1:
            low, high = (smallest, middle) if rng.random() <= SMALL else (middle, largest)
            size = low + rng.random() * (high - low)
            if kind <= SERIAL + POWERS:
                size = math.floor(size + 0.5)
            processors[k] = min(num_processors, max(1, math.floor(2.0**size + 0.5)))

        short = min(1.0, max(0.0, SHORT_A_PROCESSOR * processors[k] + SHORT_ALWAYS))
        shape, scale = (SHORT_SHAPE, SHORT_SCALE) if rng.random() <= short else (LONG_SHAPE, LONG_SCALE)
        log_run_s = rng.gamma(shape, scale)
        while log_run_s > MOST_LOG_RUN_S:
            log_run_s = rng.gamma(shape, scale)
        work_us[k] = max(1, int(math.exp(log_run_s))) * 1_000_000
    return Rigid(arrival_us, work_us, processors)
