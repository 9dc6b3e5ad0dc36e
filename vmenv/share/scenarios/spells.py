"""share_spells: VMs that are idle, and busy for a while, on a host that cannot serve all of them; a CPU quota each, set every five minutes.

The laws are those of the Bitbrains trace (GWA-T-12; 500 VMs) as measured for this project: sizes in vCPUs; a mean usage that is Lomax;
busy spells whose length is lognormal with a median of 22 minutes, idle ones with a median of 74; in a spell, nearly all that the VM has.
Declared assumptions: which part of the VMs has spells at all, that half the variance of the logarithm of their lengths lies between VMs and
half within each (so that a VM's past tells of its future), and that nothing but the CPU is scarce.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from vmenv.checks import check_integer
from vmenv.episodes.scenario import CORE
from vmenv.errors import SpecError
from vmenv.host.spec import Host
from vmenv.host.state import Floats
from vmenv.jit import drawing
from vmenv.share.scenario import SCENARIOS, ShareScenario
from vmenv.workload.drawing import Columns
from vmenv.workload.generators.choices import draw_from

VCPUS, VCPU_PROBABILITIES = (1, 2, 4, 6, 8), (0.458, 0.188, 0.230, 0.004, 0.112)  # 16 and 32 (.8 % of all) left out: larger than the host
MEAN_SHAPE, MEAN_SCALE = 0.924, 1.335  # Lomax, in per cent of the VM's capacity
BUSY_MINUTES, IDLE_MINUTES = (3.08, 1.41), (4.31, 2.32)  # lognormal
BUSY_QUANTILES, BUSY_LEVELS = (0.0, 0.25, 0.5, 0.75, 1.0), (0.5, 0.71, 0.98, 1.0, 1.0)  # of its capacity; more than all counts as all
BETWEEN = 0.5  # part of that variance that lies between VMs
OF_VM, OF_SPELL = math.sqrt(BETWEEN), math.sqrt(1 - BETWEEN)
SAMPLE_US = 300_000_000
WANDERS, CORRELATION = 0.5, 0.6  # standard deviation and autocorrelation at 5 minutes of the logarithm of the usage outside spells
NEW = math.sqrt(1 - CORRELATION**2)


class Numbers(NamedTuple):
    """What `draw` needs to know."""

    num_vms: int
    num_samples: int
    bursty: float


@drawing
def draw(rng: np.random.Generator, p: Numbers, out: Columns) -> tuple[int, int, int]:
    """A phase is five minutes of one VM."""
    n, length = p.num_vms, p.num_samples
    if n <= len(out.weight) and n * length <= len(out.work_us):
        out.weight[:n] = draw_from(rng, VCPUS, n, VCPU_PROBABILITIES)
        means = np.minimum(0.5, rng.pareto(MEAN_SHAPE, n) * MEAN_SCALE / 100)
        usage = _wandering(rng, means, length)
        bursty = rng.random(n)
        for vm in range(n):
            if bursty[vm] < p.bursty:
                _add_spells(rng, usage[vm])
            out.cpu_millicores[vm * length : (vm + 1) * length] = np.ceil(usage[vm] * 1000 * out.weight[vm]).astype(np.int64)
        out.num_phases[:n] = length
        out.work_us[: n * length] = SAMPLE_US
    return n, n * length, 0


@drawing
def _wandering(rng: np.random.Generator, means: Floats, length: int) -> Floats:
    """Returns (N, length) usages with these means, whose logarithms are autoregressive, at most 1."""
    usage = rng.normal(0.0, WANDERS, (len(means), length))
    for k in range(1, length):
        usage[:, k] = CORRELATION * usage[:, k - 1] + NEW * usage[:, k]
    for vm in range(len(means)):
        for k in range(length):  # numpy's exponential function is faster, but each processor has its own
            usage[vm, k] = min(1.0, means[vm] * math.exp(usage[vm, k] - WANDERS**2 / 2))
    return usage


@drawing
def _add_spells(rng: np.random.Generator, usage: Floats) -> None:
    """Writes busy spells over the usage of a VM that is looked at long after it began."""
    length = len(usage)
    own_idle = IDLE_MINUTES[0] + OF_VM * IDLE_MINUTES[1] * rng.standard_normal()
    own_busy = BUSY_MINUTES[0] + OF_VM * BUSY_MINUTES[1] * rng.standard_normal()
    minutes = -rng.uniform(0, 5 * length)  # it began some time before
    busy = rng.random() < 0.5
    while minutes < 5 * length:
        own, spread = (own_busy, BUSY_MINUTES[1]) if busy else (own_idle, IDLE_MINUTES[1])
        ends = minutes + max(5.0, rng.lognormal(own, OF_SPELL * spread))
        if busy:
            usage[max(0, int(minutes // 5)) : max(0, min(length, int(min(ends, 5.0 * length) // 5)))] = _draw_level(rng)
        minutes, busy = ends, not busy


@drawing
def _draw_level(rng: np.random.Generator) -> float:
    """Returns how much of its capacity a VM uses in a spell: its quantiles are interpolated."""
    drawn, k = rng.random(), 0
    while BUSY_QUANTILES[k + 1] <= drawn:
        k += 1
    slope = (BUSY_LEVELS[k + 1] - BUSY_LEVELS[k]) / (BUSY_QUANTILES[k + 1] - BUSY_QUANTILES[k])
    return float(slope * (drawn - BUSY_QUANTILES[k]) + BUSY_LEVELS[k])


@SCENARIOS.register("share_spells")
@dataclass(frozen=True, kw_only=True)
class ShareSpells(ShareScenario):
    """Busy and idle spells.

    Args:
        num_vms: VMs, present from the beginning to the end.
        cpus: Of the host.
        bursty: Part of the VMs that have spells.
        num_samples: Length of an episode, in five minutes.
    """

    summary = "VMs with busy spells on an overcommitted host, a CPU quota each, set every five minutes"
    tags = (CORE,)

    draw = staticmethod(draw)
    weight_is_vcpus = True

    num_vms: int = 24
    cpus: int = 16
    bursty: float = 0.5
    num_samples: int = 144
    num_slots: int = 24
    interval_us: int = SAMPLE_US

    def __post_init__(self) -> None:
        super().__post_init__()
        check_integer("num_vms", self.num_vms, least=1, most=self.num_slots)
        check_integer("num_samples", self.num_samples, least=1, most=10**6)
        if not 0 <= self.bursty <= 1:
            raise SpecError(f"bursty is {self.bursty}: give a number from 0 to 1")

    def build_host(self) -> Host:
        """Only its pCPUs are scarce."""
        return Host(cpus=self.cpus)

    def numbers(self) -> Numbers:
        """See `draw`."""
        return Numbers(self.num_vms, self.num_samples, float(self.bursty))
