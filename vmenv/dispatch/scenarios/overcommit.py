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
from typing import Any, NamedTuple

import numpy as np

from vmenv.checks import check_integer
from vmenv.dispatch.scenario import SCENARIOS
from vmenv.dispatch.scenarios import backup
from vmenv.episodes.scenario import CORE
from vmenv.errors import SpecError
from vmenv.host import columns as c
from vmenv.host.spec import Host
from vmenv.jit import drawing
from vmenv.workload.drawing import Columns


class Numbers(NamedTuple):
    """What `draw` needs to know."""

    backup: backup.Numbers
    failing: float
    restore_slo_us: int


@drawing
def draw(rng: np.random.Generator, p: Numbers, out: Columns) -> tuple[int, int, int]:
    """That of `backup`, and a restore each for some of the VMs."""
    before, n = backup.draw(rng, p.backup, out)[0], p.backup.num_vms
    if before > len(out.work_us):
        return before + n, before + n, 0
    fails, row = np.flatnonzero(rng.random(before)[:n] < p.failing), before
    after = rng.random(len(fails)) * 2 * out.work_us[:n][fails]
    for k in range(len(fails)):
        if row < len(out.work_us):
            i = fails[k]
            out.kind[row], out.target[row], out.arrival_us[row] = c.RESTORE, i, out.arrival_us[i] + int(after[k])
            out.work_us[row], out.cpu_millicores[row], out.disk_kib_s[row] = 1, 200, 200 * 1024
            out.slo_us[row], out.weight[row] = p.restore_slo_us, p.backup.snapshot_weight
        row += 1
    return row, row, 0


@SCENARIOS.register("overcommit")
@dataclass(frozen=True, kw_only=True)
class Overcommit(backup.Backup):
    """Thin provisioning and restores; the other parameters are those of `backup`, with fewer VMs at a higher load.

    Args:
        failing: Part of the VMs that have to be put back, at some moment up to twice the time after their arrival that they need alone.
        restore_slo_us: Time that a restore may take.
        rescue_us: Time after which space is added when all VMs stand for want of it.
    """

    summary = "a thin pool that promises more than it has, and updates that go wrong"
    tags = (CORE,)
    draw = staticmethod(draw)

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

    def numbers(self) -> Any:
        """See `draw`."""
        return Numbers(super().numbers(), float(self.failing), self.restore_slo_us)
