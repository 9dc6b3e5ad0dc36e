"""neighbours: VMs of a few classes on two pCPUs that share a cache; who disturbs whom is hidden, and another table in every episode.

A policy that does not look puts together what should be kept apart, and at this load its queue grows for as long as the episode lasts. What
pairs get done can be seen, so that the table can be learned while it matters. `pairing` and `pairing_idle` are told it, and neither is a
bound.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from vmenv.checks import check_integer
from vmenv.dispatch.scenario import SCENARIOS, DispatchScenario
from vmenv.episodes.scenario import CORE
from vmenv.errors import SpecError
from vmenv.host.spec import Host
from vmenv.jit import drawing
from vmenv.workload.drawing import Columns
from vmenv.workload.generators.arrivals import poisson_arrivals
from vmenv.workload.generators.choices import draw_order
from vmenv.workload.generators.sizes import exponential_sizes


class Numbers(NamedTuple):
    """What `draw` needs to know."""

    num_vms: int
    num_classes: int
    bad: float
    much: int
    little: int
    rate_per_s: float
    mean_us: float


@drawing
def draw(rng: np.random.Generator, p: Numbers, out: Columns) -> tuple[int, int, int]:
    """The table first, then arrivals, sizes and classes."""
    n, k = p.num_vms, p.num_classes
    if n <= len(out.work_us) and k <= len(out.contention):
        draw_table(rng, p, out)
        out.arrival_us[:n] = poisson_arrivals(rng, n, p.rate_per_s)
        out.work_us[:n] = exponential_sizes(rng, n, p.mean_us)
        out.vm_class[:n] = rng.integers(0, k, n)
        out.tenant[:n] = out.vm_class[:n]
    return n, n, k


@drawing
def draw_table(rng: np.random.Generator, p: Numbers, out: Columns) -> None:
    """Bad pairs are bad both ways; every class has a good one, so that there is something to choose."""
    k = p.num_classes
    drawn, bad = rng.random((k, k)), np.zeros((k, k), np.int64)
    for a in range(k):
        for b in range(a, k):
            bad[a, b] = bad[b, a] = drawn[a, b] < p.bad
    partner = draw_order(rng, k)
    for a in range(k):
        bad[partner[a], partner[a - 1]] = bad[partner[a - 1], partner[a]] = 0
    amount = rng.random((k, k))
    for a in range(k):
        for b in range(k):
            out.contention[a, b] = int(p.much * (1 + amount[a, b]) / 2) if bad[a, b] else int(p.little * amount[a, b])


@SCENARIOS.register("neighbours")
@dataclass(frozen=True, kw_only=True)
class Neighbours(DispatchScenario):
    """Contention by classes. The class of a VM shows as its tenant; the table does not.

    Args:
        load: Arrival rate x mean work / pCPUs, as if nobody disturbed anybody.
        num_classes: Classes of VMs.
        bad: Part of the pairs of classes that disturb each other much.
        much: Most of what is lost to a bad neighbour, in thousandths; half of it is the least.
        little: Most of what is lost to a good one.
        mean_us: Mean of the exponential sizes.
        num_vms: VMs of an episode.
    """

    summary = "two pCPUs that disturb each other by the classes of their VMs; the table is hidden and drawn anew for every episode"
    tags = (CORE,)
    draw = staticmethod(draw)

    load: float = 0.72
    num_classes: int = 4
    bad: float = 0.6
    much: int = 700
    little: int = 100
    mean_us: int = 500_000
    num_vms: int = 400
    num_slots: int = 96
    time_scale_us: int = 1_000_000

    def __post_init__(self) -> None:
        super().__post_init__()
        if not self.load > 0:
            raise SpecError(f"load is {self.load}: give a number above 0")
        if not 0 <= self.bad <= 1:
            raise SpecError(f"bad is {self.bad}: give a number from 0 to 1")
        for name, most in (("num_classes", 16), ("mean_us", 2**53), ("num_vms", 2**31 - 1)):
            check_integer(name, getattr(self, name), least=1, most=most)
        for name in ("much", "little"):
            check_integer(name, getattr(self, name), most=1000)

    def build_host(self) -> Host:
        """Two pCPUs, quanta of 50 ms; nothing else is short."""
        return Host(cpus=2, quantum_us=50_000, switch_us=100)

    def numbers(self) -> Numbers:
        """See `draw`."""
        rate_per_s = self.load * 2 / self.mean_us * 1e6
        return Numbers(self.num_vms, self.num_classes, float(self.bad), self.much, self.little, rate_per_s, float(self.mean_us))
