"""mystery: VMs of several labels whose sizes have modes that nobody is told, drawn anew for every episode.

One pCPU. The label of a VM is its tenant, which all may see; what sizes the VMs of a label have must be found out from those that have
come to their end. Knowing it is worth much: a VM that has passed the mode of the short ones is a long one. No fixed threshold fits all
labels and episodes.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from vmenv.checks import check_integer
from vmenv.dispatch.scenario import SCENARIOS, DispatchScenario
from vmenv.episodes.scenario import CORE
from vmenv.errors import SpecError
from vmenv.host.spec import Host
from vmenv.host.state import Floats
from vmenv.jit import drawing
from vmenv.workload.drawing import Columns
from vmenv.workload.generators.arrivals import poisson_arrivals

SHORT = (0.05, 1.0)  # the short mode of a label, log-uniform, before all sizes are scaled to their mean
LONG_FACTOR = (8.0, 16.0)  # the long mode over the short one, log-uniform
SHORT_SHARE = (0.80, 0.95)  # VMs of a label that are short
SPREAD = 0.1  # sizes of a mode are uniform within this fraction of it


@drawing
def _log_uniform(rng: np.random.Generator, ends: tuple[float, float], number: int) -> Floats:
    drawn = rng.uniform(math.log(ends[0]), math.log(ends[1]), number)
    for k in range(number):
        drawn[k] = math.exp(drawn[k])  # of numpy's, which are faster, each processor has its own
    return drawn


class Numbers(NamedTuple):
    """What `draw` needs to know."""

    num_vms: int
    num_labels: int
    rate_per_s: float
    mean_us: float


@drawing
def draw(rng: np.random.Generator, p: Numbers, out: Columns) -> tuple[int, int, int]:
    """The law of each label, then labels, modes and sizes, then Poisson arrivals at the load."""
    n = p.num_vms
    if n <= len(out.work_us):
        short, factor = _log_uniform(rng, SHORT, p.num_labels), _log_uniform(rng, LONG_FACTOR, p.num_labels)
        share = rng.uniform(SHORT_SHARE[0], SHORT_SHARE[1], p.num_labels)
        total = 0.0
        for k in range(p.num_labels):  # numpy's sum is not in this order, and so not the same in the last bit
            total += short[k] * (share[k] + (1.0 - share[k]) * factor[k])
        mean = total / p.num_labels
        label = rng.integers(0, p.num_labels, n)
        is_short = rng.random(n) < share[label]
        mode = p.mean_us / mean * short[label] * (is_short * 1.0 + (1.0 - is_short) * factor[label])
        out.tenant[:n] = label
        out.arrival_us[:n] = poisson_arrivals(rng, n, p.rate_per_s)
        out.work_us[:n] = np.rint(mode * rng.uniform(1.0 - SPREAD, 1.0 + SPREAD, n)).astype(np.int64)
    return n, n, 0


@SCENARIOS.register("mystery")
@dataclass(frozen=True, kw_only=True)
class Mystery(DispatchScenario):
    """Hidden multi-modal sizes.

    Args:
        load: Arrival rate x mean size.
        num_labels: Labels, equally frequent.
        mean_us: Mean size.
        quantum_us: Time slice.
        num_vms: VMs of an episode.
    """

    summary = "hidden multi-modal sizes, a law for each label, redrawn for every episode"
    tags = (CORE,)
    draw = staticmethod(draw)

    load: float = 0.8
    num_labels: int = 2
    mean_us: int = 200_000
    quantum_us: int = 20_000
    num_vms: int = 500
    num_slots: int = 64
    time_scale_us: int = 200_000

    def __post_init__(self) -> None:
        super().__post_init__()
        if not self.load > 0:
            raise SpecError(f"load is {self.load}: give a number above 0")
        check_integer("num_labels", self.num_labels, least=1, most=8)
        check_integer("mean_us", self.mean_us, least=1)
        check_integer("num_vms", self.num_vms, least=1)

    def build_host(self) -> Host:
        """One pCPU; switching is free."""
        return Host(cpus=1, quantum_us=self.quantum_us)

    def numbers(self) -> Numbers:
        """See `draw`."""
        return Numbers(self.num_vms, self.num_labels, self.load * 1e6 / self.mean_us, float(self.mean_us))
