"""overcommit: the night of `backup` on a thin pool that promises far more than it has, and updates that go wrong.

VMs take space as they write, so that all of them get in, and stand when there is none left: a policy that lets all of them write a little
fills the pool, and then they stand for long. Ends, compression and nothing else make room, until somebody adds some. Some VMs have to be
put back to their newest snapshot, or to their beginning if none is complete by then: what a late snapshot costs is work done twice.

With a smaller pool or more VMs, such jams make up nearly all of the mean: at 3 images and 150 VMs, three episodes of a hundred made nine
tenths of what round robin costs.
"""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass

import numpy as np

from vmenv.checks import check_integer
from vmenv.dispatch.scenario import SCENARIOS
from vmenv.dispatch.scenarios.backup import Backup
from vmenv.errors import SpecError
from vmenv.host import columns as c
from vmenv.host.spec import Host
from vmenv.workload.combine import add_tasks
from vmenv.workload.table import Workload


@SCENARIOS.register("overcommit")
@dataclass(frozen=True, kw_only=True)
class Overcommit(Backup):
    """Thin provisioning and restores; the other parameters are those of `backup`, with fewer VMs at a higher load.

    Args:
        failing: Part of the VMs that have to be put back, at some moment up to twice the time after their arrival that they need alone.
        restore_slo_us: Time that a restore may take.
        rescue_us: Time after which space is added when all VMs stand for want of it.
    """

    summary = "a thin pool that promises more than it has, and updates that go wrong"

    load: float = 0.8
    num_vms: int = 60
    pool_images: float = 4.0
    failing: float = 0.3
    restore_slo_us: int = 500_000
    rescue_us: int = 500_000

    def __post_init__(self) -> None:
        super().__post_init__()
        if not 0 <= self.failing <= 1:
            raise SpecError(f"failing is {self.failing}: give a number from 0 to 1")
        check_integer("restore_slo_us", self.restore_slo_us, least=1)
        check_integer("rescue_us", self.rescue_us, least=1)

    def build_host(self) -> Host:
        """That of `backup`, thin."""
        return dataclasses.replace(super().build_host(), provisioning="thin", rescue_us=self.rescue_us)

    def draw_workload(self, rng: np.random.Generator, seed: int) -> Workload:
        """That of `backup`, and a restore each for some of the VMs."""
        work = super().draw_workload(rng, seed)
        fails = np.flatnonzero(work.is_vm & (rng.random(work.num_vms) < self.failing))
        after = rng.random(len(fails)) * 2 * work.size_us[fails]
        due_us = work.arrival_us[fails] + after.astype(np.int64)
        demand = {"cpu_millicores": 200, "disk_kib_s": 200 * 1024}
        return add_tasks(work, c.RESTORE, fails, due_us, slo_us=self.restore_slo_us, weight=self.snapshot_weight, **demand)
