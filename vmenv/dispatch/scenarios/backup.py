"""backup: a night in which every VM is due for a snapshot now and then, the pool fills up, and the VMs want to go on.

Snapshots that wait are late, and what is written to VMs meanwhile costs them copies; snapshots that run take the disk and the CPU from VMs.
Images can be compressed for CPU time, which lets those in that wait for pool space. What to run when, a policy has to find out.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from vmenv.checks import check_integer
from vmenv.dispatch.scenario import SCENARIOS, DispatchScenario
from vmenv.errors import SpecError
from vmenv.host import columns as c
from vmenv.host.spec import Disk, Host
from vmenv.workload.generators.arrivals import poisson_arrivals
from vmenv.workload.generators.choices import draw_from
from vmenv.workload.generators.sizes import hyperexponential_sizes
from vmenv.workload.table import Workload

ZSTD_PERMILLE = 655  # 1 - 1 / 2.896, what zstd publishes for level 1 on the Silesia corpus


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

    def draw_workload(self, rng: np.random.Generator, seed: int) -> Workload:
        """VMs; for each, snapshots after exponential times while it might still be there, and a compression right after its arrival."""
        n, capacity = self.num_vms, 4_000
        cpu = rng.integers(500, 1501, n)
        mean_us = SHORT * MEANS_US[0] + (1 - SHORT) * MEANS_US[1]
        arrivals = poisson_arrivals(rng, n, self.load * capacity / (mean_us * 1000) * 1e6)
        sizes = hyperexponential_sizes(rng, n, MEANS_US, (SHORT, 1 - SHORT))
        image = draw_from(rng, IMAGES_MIB, n, (0.5, 0.3, 0.2)).astype(np.int64)
        saving = np.where(rng.random(n) < self.compressible, ZSTD_PERMILLE, 0)
        vms = {
            "cpu_millicores": cpu,
            "disk_kib_s": rng.integers(0, 60 * 1024, n),
            "image_mib": image,
            "saving_permille": saving,
            "dirty_kib_s": rng.integers(10, 200, n) * 1024,
            "working_set_mib": image // 4,
        }
        due = [self._snapshots(rng, int(arrivals[i]), int(sizes[i])) for i in range(n)]
        snapshots = np.concatenate(due)
        of = np.repeat(np.arange(n), [len(times) for times in due])
        compressed = np.flatnonzero(saving)
        kind = np.concatenate([np.full(n, c.RUN), np.full(len(of), c.SNAPSHOT), np.full(len(compressed), c.COMPRESS)])
        is_snapshot = kind == c.SNAPSHOT
        columns: dict[str, Any] = {name: np.concatenate([values, np.zeros(len(kind) - n, np.int64)]) for name, values in vms.items()}
        columns["cpu_millicores"][n:] = np.where(is_snapshot[n:], 200, 1000)
        columns["disk_kib_s"][n:] = np.where(is_snapshot[n:], 200 * 1024, 0)
        guess = np.concatenate([image[of] * 1024 * 1_000_000 // 4 // (200 * 1024), image[compressed] * 1024 * 1_000_000 // 498_046])
        known = np.maximum(1, guess)  # of tasks by the image, of VMs the mean alone
        return Workload.from_arrays(
            np.concatenate([arrivals, snapshots, arrivals[compressed]]),
            np.concatenate([sizes, known]),
            estimate_us=np.concatenate([np.full(n, round(mean_us)), known]),
            kind=kind,
            target=np.concatenate([np.full(n, -1), of, compressed]),
            slo_us=np.where(is_snapshot, self.snapshot_slo_us, 0),
            weight=np.where(is_snapshot, self.snapshot_weight, 1),
            **columns,
        )

    def _snapshots(self, rng: np.random.Generator, arrival_us: int, size_us: int) -> np.ndarray:
        """Returns when snapshots of a VM are due: some time after its arrival, up to three times the time that it needs alone."""
        gaps = rng.exponential(self.snapshot_every_us, 1 + 6 * size_us // self.snapshot_every_us)
        times = arrival_us + np.cumsum(np.maximum(1.0, gaps)).astype(np.int64)
        return times[times < arrival_us + 3 * size_us]


MEANS_US, SHORT = (500_000, 8_000_000), 0.7
IMAGES_MIB = (256, 512, 1024)
LEAST_IMAGES = 2.5  # the largest image must fit
MEAN_IMAGE_MIB = 0.5 * 256 + 0.3 * 512 + 0.2 * 1024
