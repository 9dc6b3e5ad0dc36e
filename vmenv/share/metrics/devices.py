"""What the devices did: demand that was lost or waited, time at which they were in use or idle."""

from __future__ import annotations

from typing import TYPE_CHECKING

from vmenv.share import columns as c
from vmenv.share.metric import METRICS

if TYPE_CHECKING:
    from vmenv.share.run import ShareRun


@METRICS.register("steal_us")
def steal_us(run: ShareRun) -> float:
    """CPU demand that was lost, as time of the whole CPU."""
    return float(run.in_us(c.DEV_LOST)[0])


@METRICS.register("unmet_us")
def unmet_us(run: ShareRun) -> float:
    """The same, summed over all devices."""
    return float(run.in_us(c.DEV_LOST).sum())


@METRICS.register("backlog_us")
def backlog_us(run: ShareRun) -> float:
    """What waits on all devices, as the time to drain it, a mean over time."""
    return run.waited_us2 / max(1, run.clock_us)


@METRICS.register("active_us")
def active_us(run: ShareRun) -> float:
    """Time of the whole CPU that was granted."""
    return float(run.in_us(c.DEV_GRANTED)[0])


@METRICS.register("idle_us")
def idle_us(run: ShareRun) -> float:
    """Time of the whole CPU that nobody had."""
    return float(run.in_us(c.DEV_IDLE)[0])
