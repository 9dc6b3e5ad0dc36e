"""share_spells: VMs that are idle, and busy for a while, on a host that cannot serve all of them; a CPU quota each, set every five minutes.

The laws are those of the Bitbrains trace (GWA-T-12; 500 VMs) as measured for this project: sizes in vCPUs; a mean usage that is Lomax;
busy spells whose length is lognormal with a median of 22 minutes, idle ones with a median of 74; in a spell, nearly all that the VM has.
Declared assumptions: which part of the VMs has spells at all, that half the variance of the logarithm of their lengths lies between VMs and
half within each (so that a VM's past tells of its future), and that nothing but the CPU is scarce.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from vmenv.checks import check_integer
from vmenv.errors import SpecError
from vmenv.host.spec import Host
from vmenv.host.state import Floats, Ints
from vmenv.share.scenario import SCENARIOS, ShareScenario, vcpu_limits
from vmenv.workload.generators.choices import draw_from
from vmenv.workload.table import Workload, default_columns

VCPUS, VCPU_PROBABILITIES = (1, 2, 4, 6, 8), (0.458, 0.188, 0.230, 0.004, 0.112)  # 16 and 32 (.8 % of all) left out: larger than the host
MEAN_SHAPE, MEAN_SCALE = 0.924, 1.335  # Lomax, in per cent of the VM's capacity
BUSY_MINUTES, IDLE_MINUTES = (3.08, 1.41), (4.31, 2.32)  # lognormal
BUSY_QUANTILES, BUSY_LEVELS = (0.0, 0.25, 0.5, 0.75, 1.0), (0.5, 0.71, 0.98, 1.0, 1.0)  # of its capacity; more than all counts as all
BETWEEN = 0.5  # part of that variance that lies between VMs
SAMPLE_US = 300_000_000
WANDERS, CORRELATION = 0.5, 0.6  # standard deviation and autocorrelation at 5 minutes of the logarithm of the usage outside spells


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

    def draw_workload(self, rng: np.random.Generator, seed: int) -> Workload:
        """A phase is five minutes of one VM."""
        n, length = self.num_vms, self.num_samples
        vcpus = draw_from(rng, VCPUS, n, VCPU_PROBABILITIES)
        usage = _wandering(rng, np.minimum(0.5, rng.pareto(MEAN_SHAPE, n) * MEAN_SCALE / 100), length)
        for vm in np.flatnonzero(rng.random(n) < self.bursty):
            level = _spells(rng, length)
            usage[vm] = np.where(level > 0, level, usage[vm])
        demands = np.ceil(usage * 1000 * vcpus[:, None]).astype(np.int64)
        return Workload(
            arrival_us=np.zeros(n, np.int64),
            num_phases=np.full(n, length),
            work_us=np.full(n * length, SAMPLE_US),
            cpu_millicores=demands.ravel(),
            **{name: np.zeros(n * length, np.int64) for name in ("memory_mib", "disk_kib_s", "net_kib_s")},
            **(default_columns(n) | {"weight": vcpus}),
        )

    def limits(self, workload: Workload) -> Ints:
        """Its vCPUs, which are its weight."""
        return vcpu_limits(workload)


def _wandering(rng: np.random.Generator, means: Floats, length: int) -> Floats:
    """Returns (N, length) usages with these means, whose logarithms are autoregressive, at most 1."""
    steps = rng.normal(0.0, WANDERS, (len(means), length))
    walk = np.empty_like(steps)
    walk[:, 0] = steps[:, 0]
    for k in range(1, length):
        walk[:, k] = CORRELATION * walk[:, k - 1] + np.sqrt(1 - CORRELATION**2) * steps[:, k]
    return np.minimum(1.0, means[:, None] * np.exp(walk - WANDERS**2 / 2))


def _spells(rng: np.random.Generator, length: int) -> Floats:
    """Returns (length,) the level of busy spells, 0 in idle ones, of a VM that is looked at long after it began."""
    level = np.zeros(length)
    own = [mean + np.sqrt(BETWEEN) * spread * rng.standard_normal() for mean, spread in (IDLE_MINUTES, BUSY_MINUTES)]
    spreads = [np.sqrt(1 - BETWEEN) * spread for _, spread in (IDLE_MINUTES, BUSY_MINUTES)]
    minutes = -float(rng.uniform(0, 5 * length))  # it began some time before
    busy = bool(rng.random() < 0.5)
    while minutes < 5 * length:
        ends = minutes + max(5.0, float(rng.lognormal(own[busy], spreads[busy])))
        if busy:
            height = float(np.interp(rng.random(), BUSY_QUANTILES, BUSY_LEVELS))
            level[max(0, int(minutes // 5)) : max(0, int(ends // 5))] = height
        minutes, busy = ends, not busy
    return level
