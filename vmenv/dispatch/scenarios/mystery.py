"""mystery: VMs of several labels whose sizes have modes that nobody is told, drawn anew for every episode.

One pCPU. The label of a VM is its tenant, which all may see; what sizes the VMs of a label have must be found out from those that have
come to their end. Knowing it is worth much: a VM that has passed the mode of the short ones is a long one. No fixed threshold fits all
labels and episodes.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from vmenv.checks import check_integer
from vmenv.dispatch.scenario import SCENARIOS, DispatchScenario
from vmenv.errors import SpecError
from vmenv.host.spec import Host
from vmenv.host.state import Floats
from vmenv.workload.generators.arrivals import poisson_arrivals
from vmenv.workload.table import Workload

SHORT = (0.05, 1.0)  # the short mode of a label, log-uniform, before all sizes are scaled to their mean
LONG_FACTOR = (8.0, 16.0)  # the long mode over the short one, log-uniform
SHORT_SHARE = (0.80, 0.95)  # VMs of a label that are short
SPREAD = 0.1  # sizes of a mode are uniform within this fraction of it


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

    def draw_workload(self, rng: np.random.Generator, seed: int) -> Workload:
        """The law of each label, then labels, modes and sizes, then Poisson arrivals at the load."""
        short, factor = _log_uniform(rng, SHORT, self.num_labels), _log_uniform(rng, LONG_FACTOR, self.num_labels)
        share = rng.uniform(*SHORT_SHARE, self.num_labels)
        mean = np.mean(short * (share + (1.0 - share) * factor))
        label = rng.integers(0, self.num_labels, self.num_vms)
        mode = self.mean_us / mean * short[label] * np.where(rng.random(self.num_vms) < share[label], 1.0, factor[label])
        return Workload.from_arrays(
            arrival_us=poisson_arrivals(rng, self.num_vms, self.load * 1e6 / self.mean_us),
            work_us=np.rint(mode * rng.uniform(1.0 - SPREAD, 1.0 + SPREAD, self.num_vms)).astype(np.int64),
            tenant=label,
        )


def _log_uniform(rng: np.random.Generator, ends: tuple[float, float], number: int) -> Floats:
    return np.exp(rng.uniform(np.log(ends[0]), np.log(ends[1]), number))
