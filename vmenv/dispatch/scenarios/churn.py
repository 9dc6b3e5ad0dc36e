"""churn: VMs that come in batches and mostly live for minutes, some for days, as in Azure, at one host that cannot hold all of them.

The laws are those of Azure's trace of 2017 (E. Cortez et al., "Resource Central", SOSP 2017; arrivals and lifetimes as S. Bergsma et al.,
SOSP 2021, made them ready), as measured for this project: the batches of 300 s are negative binomial, by the hour of the day; their sizes
follow Zipf's law; of 82 % of them all VMs have one flavour; lifetimes are a mixture of two lognormals. Sizes and mean use of the CPU are
Bitbrains'. Declared assumptions: that a VM's life is work, which takes longer where it has to wait, what a VM uses is steady, flavours have
2 GiB a vCPU, and the rate is that at which one host has the load.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from vmenv.checks import check_integer
from vmenv.dispatch.scenario import SCENARIOS, DispatchScenario
from vmenv.episodes.scenario import REAL
from vmenv.errors import SpecError
from vmenv.host.spec import Host
from vmenv.jit import drawing
from vmenv.workload.drawing import Columns
from vmenv.workload.generators.choices import draw_from

INTERVAL_S = 300
BATCHES_R, BATCHES_P = 10.7, 0.169
BATCHES = BATCHES_R * (1 - BATCHES_P) / BATCHES_P  # in an interval, in the whole data centre
LEAST_HOUR, LEAST, MOST_HOUR, MOST = 3, 0.61, 14, 1.42  # of the profile of a day, which is a cosine between them in the logarithm
ZIPF, MOST_IN_BATCH = 1.963, 16
ONE_FLAVOUR = 0.82
SHORT, SHORT_LAW, LONG_LAW = 0.742, (7.005, 0.591), (9.225, 2.055)  # logarithms of seconds
MOST_LIFE_S = 10 * 86_400
VCPUS, VCPU_PROBABILITIES = (1, 2, 4, 8), (0.458, 0.188, 0.230, 0.112)
MEMORY_MIB_A_VCPU = 2_048
MEAN_SHAPE, MEAN_SCALE, LEAST_USE = 0.924, 1.335, 0.05  # Lomax, in per cent; nobody is there without using anything


class Numbers(NamedTuple):
    """What `draw` needs to know."""

    num_vms: int
    thinner: float
    compression: int
    cpus: int


@drawing
def lifetime_s(rng: np.random.Generator) -> float:
    """Returns how long a VM lives."""
    short = rng.random() < SHORT
    drawn = rng.standard_normal()
    log_s = SHORT_LAW[0] + SHORT_LAW[1] * drawn if short else LONG_LAW[0] + LONG_LAW[1] * drawn
    return min(MOST_LIFE_S, max(1.0, math.exp(log_s)))


@drawing
def level_at(hour: float) -> float:
    """Returns batches at an hour of the day / their mean."""
    since = (hour - LEAST_HOUR) % 24.0
    rising = MOST_HOUR - LEAST_HOUR
    part = since / rising if since < rising else (24.0 - since) / (24.0 - rising)
    height = 0.5 - 0.5 * math.cos(math.pi * part)
    return math.exp(math.log(LEAST) + height * (math.log(MOST) - math.log(LEAST)))


@drawing
def draw(rng: np.random.Generator, p: Numbers, out: Columns) -> tuple[int, int, int]:
    """Batches until there are enough VMs."""
    n = p.num_vms
    if n > len(out.work_us):
        return n, n, 0
    zipf = np.arange(1, MOST_IN_BATCH + 1) ** -ZIPF
    sizes = np.cumsum(zipf) / zipf.sum()
    begins_s = 86_400.0 * rng.random()
    come = batch = interval = 0
    while come < n:
        mean = p.thinner * level_at((begins_s + interval * INTERVAL_S) / 3_600.0 % 24.0)
        for _ in range(rng.poisson(mean * rng.standard_gamma(BATCHES_R) / BATCHES_R)):
            at_s = interval * INTERVAL_S + INTERVAL_S * rng.random()
            size = 1 + int(np.searchsorted(sizes, rng.random()))
            same = rng.random() < ONE_FLAVOUR
            vcpus = draw_from(rng, VCPUS, size, VCPU_PROBABILITIES)
            for k in range(size):
                use = max(LEAST_USE, min(1.0, MEAN_SCALE / 100 * (math.exp(rng.standard_exponential() / MEAN_SHAPE) - 1.0)))
                life_s = lifetime_s(rng)
                if come < n:
                    has = min(vcpus[0] if same else vcpus[k], p.cpus)
                    out.arrival_us[come] = int(at_s * 1e6) // p.compression
                    out.work_us[come] = max(1, int(life_s * 1e6) // p.compression)
                    out.cpu_millicores[come] = max(1, math.ceil(1000 * has * use))
                    out.memory_mib[come] = MEMORY_MIB_A_VCPU * has
                    out.tenant[come] = batch
                    come += 1
            batch += 1
        interval += 1
    return n, n, 0


@SCENARIOS.register("churn")
@dataclass(frozen=True, kw_only=True)
class Churn(DispatchScenario):
    """Batches of VMs on one host, whose memory is what they come for: most use little of the CPU that they have.

    Args:
        load: Of the memory: arrival rate x mean lifetime x mean memory / what the host has.
        num_vms: VMs of an episode.
        compression: Time in Azure / time in the episode.
        cpus: Of the host.
        memory_mib: Of the host.
        quantum_us: Time slice.
        swap_kib_s: Paging speed.
    """

    summary = "batches of VMs that live for minutes or days, as Azure's come, at a host that is short of memory"
    tags = (REAL,)
    draw = staticmethod(draw)

    load: float = 0.8
    num_vms: int = 200
    compression: int = 600
    cpus: int = 16
    memory_mib: int = 65_536
    quantum_us: int = 250_000
    switch_us: int = 1_000
    swap_kib_s: int = 2_000_000
    objective: str = "mean_slowdown"
    num_slots: int = 48
    time_scale_us: int = 2_000_000

    def __post_init__(self) -> None:
        super().__post_init__()
        if not self.load > 0:
            raise SpecError(f"load is {self.load}: give a number above 0")
        for name in ("num_vms", "compression", "cpus"):
            check_integer(name, getattr(self, name), least=1, most=10**9)
        check_integer("memory_mib", self.memory_mib, least=MEMORY_MIB_A_VCPU * min(self.cpus, max(VCPUS)))

    def build_host(self) -> Host:
        """Neither disk nor NIC is scarce."""
        return Host(
            cpus=self.cpus,
            memory_mib=self.memory_mib,
            quantum_us=self.quantum_us,
            switch_us=self.switch_us,
            swap_kib_s=self.swap_kib_s,
        )

    def numbers(self) -> Numbers:
        """See `draw`."""
        chances = np.array(VCPU_PROBABILITIES) / sum(VCPU_PROBABILITIES)
        mean_mib = MEMORY_MIB_A_VCPU * float(chances @ np.minimum(VCPUS, self.cpus))
        zipf = np.arange(1, MOST_IN_BATCH + 1) ** -ZIPF
        mean_size = float(zipf @ np.arange(1, MOST_IN_BATCH + 1) / zipf.sum())
        vms_per_s = self.load * self.memory_mib / (mean_mib * mean_lifetime_s())
        return Numbers(self.num_vms, vms_per_s * INTERVAL_S / mean_size, self.compression, self.cpus)


def mean_lifetime_s() -> float:
    """Returns the mean of a mixture of lognormals that are cut off at the longest life.

    E[min(X, c)] = exp(m + s^2 / 2) F((ln c - m - s^2) / s) + c (1 - F((ln c - m) / s)), F being the standard normal distribution.
    """
    found = 0.0
    for share, (m, s) in ((SHORT, SHORT_LAW), (1 - SHORT, LONG_LAW)):
        below, past = ((math.log(MOST_LIFE_S) - m - shift) / s for shift in (s * s, 0.0))
        found += share * (math.exp(m + s * s / 2) * _normal_cdf(below) + MOST_LIFE_S * (1 - _normal_cdf(past)))
    return found


def _normal_cdf(z: float) -> float:
    return 0.5 * math.erfc(-z / math.sqrt(2))
