"""share_fitted: VMs drawn from a model that was fitted to a trace (`vmenv.workload.fit`), as `share_replay` plays the trace itself."""

from __future__ import annotations

import functools
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from vmenv.checks import check_integer
from vmenv.episodes.scenario import REAL
from vmenv.errors import SpecError
from vmenv.host.spec import Disk, Host, Nic
from vmenv.jit import drawing
from vmenv.share.scenario import SCENARIOS, ShareScenario
from vmenv.workload.drawing import Columns
from vmenv.workload.generators.usage import cores_of, draw_use, draw_vm
from vmenv.workload.model import Laws, WorkloadModel

DAY_US = 86_400_000_000


class Numbers(NamedTuple):
    """What `draw` needs to know."""

    laws: Laws
    interval_us: int
    num_vms: int
    length: int
    cpus: int


@drawing
def draw(rng: np.random.Generator, p: Numbers, out: Columns) -> tuple[int, int, int]:
    """VMs that are there for the whole window, a phase for each sample."""
    n, length = p.num_vms, p.length
    if n > len(out.weight) or n * length > len(out.work_us):
        return n, n * length, 0
    begins_us = int(rng.integers(0, DAY_US))
    for i in range(n):
        vm = draw_vm(rng, p.laws)
        cores = min(cores_of(vm), p.cpus)
        used = draw_use(rng, p.laws, vm, length, begins_us, p.interval_us)
        out.weight[i], out.num_phases[i] = cores, length
        for k in range(length):
            out.cpu_millicores[i * length + k] = max(1, int(np.ceil(1000 * cores * min(1.0, used[k, 0]))))
            out.disk_kib_s[i * length + k] = int(np.ceil(used[k, 2]))
            out.net_kib_s[i * length + k] = int(np.ceil(used[k, 3]))
    out.work_us[: n * length] = p.interval_us
    return n, n * length, 0


@SCENARIOS.register("share_fitted")
@dataclass(frozen=True, kw_only=True)
class ShareFitted(ShareScenario):
    """VMs of a fitted model, a CPU quota each. A VM's limit is its vCPUs.

    Args:
        path: File that `WorkloadModel.save` wrote.
        num_vms: VMs, present from the beginning to the end.
        window_s: Length of an episode.
        cpus: Of the host.
        disk_kib_s: Of the host's disk.
        net_kib_s: Of the host's NIC.

    Raises:
        SpecError: A value is not allowed, or no model is at `path`.
    """

    weight_is_vcpus = True
    summary = "VMs drawn from a model that was fitted to a trace, a CPU quota each, set every five minutes"
    tags = (REAL,)
    draw = staticmethod(draw)

    path: str = ""
    num_vms: int = 24
    window_s: int = 7_200
    cpus: int = 16
    disk_kib_s: int = 2_000_000
    net_kib_s: int = 1_250_000
    num_slots: int = 24

    def __post_init__(self) -> None:
        super().__post_init__()
        check_integer("num_vms", self.num_vms, least=1, most=self.num_slots)
        check_integer("window_s", self.window_s, least=1, most=10**9)
        if self.window_s * 1_000_000 < self._model.interval_us:
            raise SpecError(f"window_s is {self.window_s}: give at least the {self._model.interval_us / 1e6:g} s between two samples")

    @functools.cached_property
    def _model(self) -> WorkloadModel:
        return WorkloadModel.of(self.path, "share_fitted")

    def build_host(self) -> Host:
        """One disk, one NIC."""
        return Host(cpus=self.cpus, disks=(Disk(bandwidth_kib_s=self.disk_kib_s),), nics=(Nic(bandwidth_kib_s=self.net_kib_s),))

    def numbers(self) -> Numbers:
        """See `draw`."""
        length = self.window_s * 1_000_000 // self._model.interval_us
        return Numbers(self._model.laws, self._model.interval_us, self.num_vms, length, self.cpus)
