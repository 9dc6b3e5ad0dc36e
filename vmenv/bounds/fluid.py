"""One machine of speed 1 that any number of jobs may share: the two schedules that bound the host's from below."""

from __future__ import annotations

import heapq

import numpy as np

from vmenv.host.state import Floats


def srpt_completions(release: Floats, volume: Floats) -> Floats:
    """Returns (N,) the completion times of shortest remaining volume first, whose sum is the least possible.

    Args:
        release: (N,) when each job comes.
        volume: (N,) how much it needs; 0: it is done when it comes.
    """
    completion = release.copy()
    _play(release, volume, None, completion)
    return completion


def busy_times(release: Floats, volume: Floats, weight: Floats) -> Floats:
    """Returns (N,) the mean of the instants at which each job is served, highest weight / volume first: the least weighted sum of them.

    Jobs without volume or weight are left out and get their release.

    Args:
        release: (N,) when each job comes.
        volume: (N,) how much it needs.
        weight: (N,) how much its busy time counts.
    """
    moment = np.zeros_like(release)
    counts = (volume > 0) & (weight > 0)
    priority = np.divide(-weight, volume, out=np.zeros_like(weight), where=counts)
    _play(np.where(counts, release, np.inf), volume, priority, moment)
    return np.where(counts, np.divide(moment, volume, out=np.zeros_like(moment), where=counts), release)


def _play(release: Floats, volume: Floats, priority: Floats | None, out: Floats) -> None:
    """Serves the job with the least priority; without priorities that with the least volume left.

    `out` gets the completion times, or with priorities the integral over time of t x speed of each job.
    """
    order = np.argsort(release, kind="stable")
    coming = [(float(release[j]), int(j)) for j in order if release[j] < np.inf and volume[j] > 0]
    left = volume.tolist()
    present: list[tuple[float, int]] = []
    k, now = 0, 0.0
    while k < len(coming) or present:
        if not present:
            now = max(now, coming[k][0])
        while k < len(coming) and coming[k][0] <= now:
            j = coming[k][1]
            heapq.heappush(present, (left[j] if priority is None else float(priority[j]), j))
            k += 1
        _, j = present[0]
        until = min(now + left[j], coming[k][0]) if k < len(coming) else now + left[j]
        served = until - now
        if priority is not None:
            out[j] += served * (now + until) / 2
        if until == now + left[j]:
            heapq.heappop(present)
            left[j] = 0.0
            if priority is None:
                out[j] = until
        else:
            left[j] -= served
            if priority is None:
                heapq.heapreplace(present, (left[j], j))
        now = until
