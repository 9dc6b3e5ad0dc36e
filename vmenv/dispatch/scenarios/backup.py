"""backup: a night in which every VM is due for a snapshot now and then, the pool fills up, and the VMs want to go on.

Snapshots that wait are late, and what is written to VMs meanwhile costs them copies; snapshots that run take the disk and the CPU from VMs.
Images can be compressed for CPU time, which lets those in that wait for pool space. What to run when, a policy has to find out.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar, NamedTuple

import numpy as np

from vmenv.checks import check_integer
from vmenv.dispatch.scenario import SCENARIOS, DispatchScenario
from vmenv.episodes.scenario import CORE
from vmenv.errors import SpecError
from vmenv.host import columns as c
from vmenv.host.spec import Disk, Host
from vmenv.jit import drawing
from vmenv.workload.drawing import Columns, Draw
from vmenv.workload.generators.arrivals import poisson_arrivals
from vmenv.workload.generators.choices import draw_from
from vmenv.workload.generators.sizes import hyperexponential_sizes

MEANS_US, SHORT = (500_000, 8_000_000), 0.7
IMAGES_MIB = (256, 512, 1024)
LEAST_IMAGES = 2.5  # the largest image must fit
MEAN_IMAGE_MIB = 0.5 * 256 + 0.3 * 512 + 0.2 * 1024
ZSTD_PERMILLE = 655  # 1 - 1 / 2.896, what zstd publishes for level 1 on the Silesia corpus


class Numbers(NamedTuple):
    """What `draw` needs to know."""

    num_vms: int
    rate_per_s: float
    mean_us: int
    compressible: float
    snapshot_every_us: int
    snapshot_slo_us: int
    snapshot_weight: int


@drawing
def draw(rng: np.random.Generator, p: Numbers, out: Columns) -> tuple[int, int, int]:
    """VMs; for each, snapshots after exponential times while it might still be there, and a compression right after its arrival."""
    n, room = p.num_vms, len(out.work_us)
    if n > room:
        return n, n, 0
    out.cpu_millicores[:n] = rng.integers(500, 1501, n)
    out.arrival_us[:n] = poisson_arrivals(rng, n, p.rate_per_s)
    out.work_us[:n] = hyperexponential_sizes(rng, n, MEANS_US, (SHORT, 1 - SHORT))
    out.image_mib[:n] = draw_from(rng, IMAGES_MIB, n, (0.5, 0.3, 0.2))
    out.saving_permille[:n] = ZSTD_PERMILLE * (rng.random(n) < p.compressible)
    out.disk_kib_s[:n] = rng.integers(0, 60 * 1024, n)
    out.dirty_kib_s[:n] = rng.integers(10, 200, n) * 1024
    out.working_set_mib[:n] = out.image_mib[:n] // 4
    out.estimate_us[:n] = p.mean_us  # of tasks what the image says, of VMs the mean alone
    row = n
    for i in range(n):
        past_us = out.arrival_us[i] + 3 * out.work_us[i]  # up to three times the time that it needs alone
        for after_us in np.cumsum(np.maximum(1.0, rng.exponential(p.snapshot_every_us, 1 + 6 * out.work_us[i] // p.snapshot_every_us))):
            due_us = out.arrival_us[i] + int(after_us)
            if due_us < past_us:
                if row < room:
                    _add_task(out, row, c.SNAPSHOT, i, due_us, out.image_mib[i] * 1024 * 1_000_000 // 4 // (200 * 1024))
                    out.cpu_millicores[row], out.disk_kib_s[row] = 200, 200 * 1024
                    out.slo_us[row], out.weight[row] = p.snapshot_slo_us, p.snapshot_weight
                row += 1
    for i in range(n):
        if out.saving_permille[i] > 0:
            if row < room:
                _add_task(out, row, c.COMPRESS, i, out.arrival_us[i], out.image_mib[i] * 1024 * 1_000_000 // 498_046)
            row += 1
    return row, row, 0


@drawing
def _add_task(out: Columns, row: int, kind: int, target: int, due_us: int, work_us: int) -> None:
    out.kind[row], out.target[row], out.arrival_us[row] = kind, target, due_us
    out.work_us[row] = out.estimate_us[row] = max(1, work_us)


@SCENARIOS.register("backup")
@dataclass(frozen=True, kw_only=True)
class Backup(DispatchScenario):
    """Snapshots, compression and a pool that is short. The costs of a late snapshot and of slow VMs are weighed by `snapshot_weight`.

    Args:
        load: Of the CPU by VMs: arrival rate x mean work x mean demand / capacity.
        num_vms: VMs of an episode.
        snapshot_every_us: Mean time between two snapshots of a VM.
        snapshot_slo_us: Time that a snapshot may take.
        snapshot_weight: What a snapshot costs that takes twice its time, in slowdowns.
        pool_images: Pool / mean image.
        compressible: Part of the VMs whose image compresses as zstd's published corpus does; the others not at all.
    """

    summary = "snapshots that are due and a pool that fills up, against the slowdown of VMs"
    tags = (CORE,)
    draw: ClassVar[Draw] = staticmethod(draw)

    load: float = 0.6
    num_vms: int = 150
    snapshot_every_us: int = 4_000_000
    snapshot_slo_us: int = 1_500_000
    snapshot_weight: int = 10
    pool_images: float = 10.0
    compressible: float = 0.7
    objective: str = "slowdown_and_lateness"
    num_slots: int = 48
    time_scale_us: int = 1_000_000

    def __post_init__(self) -> None:
        super().__post_init__()
        if not self.load > 0 or not self.pool_images >= LEAST_IMAGES:
            raise SpecError(f"load is {self.load}, pool_images {self.pool_images}: give a load above 0, and {LEAST_IMAGES} images or more")
        if not 0 <= self.compressible <= 1:
            raise SpecError(f"compressible is {self.compressible}: give a number from 0 to 1")
        for name in ("num_vms", "snapshot_every_us", "snapshot_slo_us", "snapshot_weight"):
            check_integer(name, getattr(self, name), least=1)

    def build_host(self) -> Host:
        """Four pCPUs, quanta of 100 ms, one disk of 400 MiB/s, and a pool of so many mean images; a snapshot of each VM is kept."""
        pool = round(self.pool_images * MEAN_IMAGE_MIB)
        disk = Disk(bandwidth_kib_s=400 * 1024, capacity_mib=pool)
        return Host(cpus=4, memory_mib=65_536, quantum_us=100_000, switch_us=1_000, disks=(disk,), snapshots_kept=1)

    def numbers(self) -> Numbers:
        """See `draw`."""
        mean_us = SHORT * MEANS_US[0] + (1 - SHORT) * MEANS_US[1]
        capacity = 1000 * self._host.cpus
        return Numbers(
            self.num_vms,
            self.load * capacity / (mean_us * 1000) * 1e6,
            round(mean_us),
            float(self.compressible),
            self.snapshot_every_us,
            self.snapshot_slo_us,
            self.snapshot_weight,
        )
