"""What the host did: how long, how busy, at what overhead."""

from __future__ import annotations

from typing import TYPE_CHECKING

from vmenv.dispatch.metric import METRICS
from vmenv.host import columns as c
from vmenv.host.books import booked

if TYPE_CHECKING:
    from vmenv.dispatch.run import Run


@METRICS.register("makespan_us")
def makespan_us(run: Run) -> float:
    """When the run ended."""
    return float(run.end_us)


@METRICS.register("cpu_utilization")
def cpu_utilization(run: Run) -> float:
    """Fraction of the CPU's capacity that served VMs, start costs not counted."""
    return _share_of_cpu(run, c.SERVED)


@METRICS.register("cpu_overhead")
def cpu_overhead(run: Run) -> float:
    """Fraction of the CPU's capacity held during start costs (switches and paging)."""
    return _share_of_cpu(run, c.OVERHEAD)


def _share_of_cpu(run: Run, column: int) -> float:
    held, all_of_it = booked(run.devices.T, c.CPU, column), int(run.devices[c.CAPACITY, c.CPU]) * run.end_us
    return float(held) / float(all_of_it) if run.end_us else 0.0


@METRICS.register("num_switches")
def num_switches(run: Run) -> float:
    """Context switches, all VMs together."""
    return float(run.num_switches.sum())


@METRICS.register("paged_in_mib")
def paged_in_mib(run: Run) -> float:
    """Memory paged in, all VMs together."""
    return float(run.paged_in_mib.sum())
