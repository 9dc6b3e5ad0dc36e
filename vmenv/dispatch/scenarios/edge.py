"""edge: a small host at the edge of a network: containers that are called in bursts, beside VMs that take seconds to start.

A call of a function that was not called for a while finds its container gone and reads the image from slow flash first, the layers that it
shares with all others excepted, if another call has just read them; within the keep-alive time it starts in milliseconds. A VM boots for
seconds and works for long. Two slow pCPUs, little memory and one flash device serve all of them.

Declared assumptions, as no public trace has both: the popularity of functions is Zipf's, their calls come in bursts (a Markov-modulated
Poisson process), and what a call takes is exponential. Most functions are called rarely, and containers are kept for a while after a call,
as in Azure (Shahrad et al., "Serverless in the wild", ATC 2020), here for seconds, since an episode is minutes. A call that comes later is
cold whatever the scheduler does: the times of the calls decide, not when they are served. What is paged is compressed.
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
from vmenv.host.spec import Disk, Host
from vmenv.jit import drawing
from vmenv.workload.drawing import Columns
from vmenv.workload.generators.arrivals import mmpp_arrivals

CPUS, SPEED = 2, 0.5  # a pCPU does half of what the work was measured on
MEMORY_MIB, FLASH_KIB_S, ZRAM_KIB_S = 2_048, 40 * 1024, 400 * 1024
NUM_FUNCTIONS, ZIPF = 24, 1.2
SHARED_KIB, OWN_KIB = 40 * 1024, (4 * 1024, 24 * 1024)  # of an image: layers that all have, and a function's own, from least to most
CALL_MS, CONTAINER_MIB, VM_MIB = (20.0, 400.0), (64, 192), (384, 640)  # a function's mean work and memory, from least to most
BOOT_KIB, BOOT_CPU_MS, VM_WORK_S = 96 * 1024, 1_500.0, 12.0
WARM_START_MS = 5.0
BURST, CALM_S, BURST_S = 6.0, 8.0, 2.0  # the rate in bursts / that in between, and how long either lasts
VMS_ONE_IN = 40
MEAN_CALL_S = (CALL_MS[1] - CALL_MS[0]) / math.log(CALL_MS[1] / CALL_MS[0]) / 1000  # of a law that is uniform in the logarithm


class Numbers(NamedTuple):
    """What `draw` needs to know."""

    num_vms: int
    rate_per_s: float
    keep_alive_us: int


@drawing
def draw(rng: np.random.Generator, p: Numbers, out: Columns) -> tuple[int, int, int]:
    """One call after another; a cold one and a VM have two phases, what is read and what is computed."""
    n, room = p.num_vms, len(out.work_us)
    if n > len(out.arrival_us) or 2 * n > room:
        return n, 2 * n, 0
    calm = p.rate_per_s * (CALM_S + BURST_S) / (CALM_S + BURST * BURST_S)
    arrivals = mmpp_arrivals(rng, n, (calm, BURST * calm), (CALM_S, BURST_S))
    popular = np.cumsum(np.arange(1, NUM_FUNCTIONS + 1) ** -ZIPF)
    mean_ms = CALL_MS[0] * (CALL_MS[1] / CALL_MS[0]) ** rng.random(NUM_FUNCTIONS)
    memory_mib = rng.integers(CONTAINER_MIB[0], CONTAINER_MIB[1] + 1, NUM_FUNCTIONS)
    own_kib = rng.integers(OWN_KIB[0], OWN_KIB[1] + 1, NUM_FUNCTIONS)
    last_us, shared_us = np.full(NUM_FUNCTIONS, -p.keep_alive_us - 1), -p.keep_alive_us - 1
    past = 0
    for i in range(n):
        is_vm = rng.random() * VMS_ONE_IN < 1.0
        function = min(NUM_FUNCTIONS - 1, int(np.searchsorted(popular, popular[-1] * rng.random())))
        drawn = rng.standard_exponential()
        now = arrivals[i]
        out.arrival_us[i] = now
        if is_vm:
            out.tenant[i] = NUM_FUNCTIONS
            mib = int(rng.integers(VM_MIB[0], VM_MIB[1] + 1))
            past = _add_read(out, past, BOOT_KIB, BOOT_CPU_MS, mib)
            past = _add_work(out, past, 1000.0 * VM_WORK_S * drawn, mib)
            out.num_phases[i] = 2
            continue
        out.tenant[i] = function
        out.estimate_us[i] = max(1, int(1000 * mean_ms[function] / SPEED))
        cold = now - last_us[function] > p.keep_alive_us
        if cold:
            kib = own_kib[function] + (SHARED_KIB if now - shared_us > p.keep_alive_us else 0)
            past = _add_read(out, past, kib, WARM_START_MS, memory_mib[function])
            shared_us = now
        past = _add_work(out, past, WARM_START_MS + mean_ms[function] * drawn, memory_mib[function])
        out.num_phases[i] = 2 if cold else 1
        last_us[function] = now
    return n, past, 0


@drawing
def _add_read(out: Columns, row: int, kib: int, cpu_ms: float, mib: int) -> int:
    """Adds a phase that reads from flash, as fast as that is or, if it takes longer, as the CPU can take it in; returns the next row."""
    alone_us = kib * 1_000_000 // FLASH_KIB_S
    work_us = max(1, alone_us, int(1000 * cpu_ms / SPEED))
    out.work_us[row], out.memory_mib[row] = work_us, mib
    out.cpu_millicores[row] = max(50, int(1000 * (1000 * cpu_ms / SPEED) / work_us))
    out.disk_kib_s[row] = kib * 1_000_000 // work_us
    return row + 1


@drawing
def _add_work(out: Columns, row: int, cpu_ms: float, mib: int) -> int:
    """Adds a phase that computes on one pCPU; returns the next row."""
    out.work_us[row], out.memory_mib[row] = max(1, int(1000 * cpu_ms / SPEED)), mib
    return row + 1


@SCENARIOS.register("edge")
@dataclass(frozen=True, kw_only=True)
class Edge(DispatchScenario):
    """Calls of functions in bursts, cold and warm, and a few VMs.

    Args:
        load: Of the CPU by calls and VMs, without starts: rate x mean work / pCPUs.
        num_vms: Calls and VMs of an episode.
        keep_alive_us: A container is kept for so long after its function was last called.
        quantum_us: Time slice.
        switch_us: Cost of a switch.
    """

    summary = "a small host: functions called in bursts, cold ones read their image from slow flash, beside VMs that boot for seconds"
    tags = (REAL,)
    draw = staticmethod(draw)

    load: float = 0.7
    num_vms: int = 300
    keep_alive_us: int = 10_000_000
    quantum_us: int = 20_000
    switch_us: int = 200
    objective: str = "mean_slowdown"
    num_slots: int = 48
    time_scale_us: int = 500_000

    def __post_init__(self) -> None:
        super().__post_init__()
        if not self.load > 0:
            raise SpecError(f"load is {self.load}: give a number above 0")
        for name in ("num_vms", "keep_alive_us"):
            check_integer(name, getattr(self, name), least=1, most=10**12)

    def build_host(self) -> Host:
        """Two pCPUs, 2 GiB, one flash device, and what is paged is compressed."""
        disk = Disk(bandwidth_kib_s=FLASH_KIB_S)
        return Host(
            cpus=CPUS, memory_mib=MEMORY_MIB, disks=(disk,), quantum_us=self.quantum_us, switch_us=self.switch_us, swap_kib_s=ZRAM_KIB_S
        )

    def numbers(self) -> Numbers:
        """See `draw`."""
        vms = 1 / VMS_ONE_IN
        mean_s = ((1 - vms) * (MEAN_CALL_S + WARM_START_MS / 1000) + vms * VM_WORK_S) / SPEED
        return Numbers(self.num_vms, self.load * CPUS / mean_s, self.keep_alive_us)
