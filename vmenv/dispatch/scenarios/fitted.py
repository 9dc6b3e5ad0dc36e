"""fitted: VMs drawn from a model that was fitted to a trace (`vmenv.workload.fit`), as `replay` plays the trace itself.

A sample is a phase: the time between two samples is its work, what the VM used its demand. Where VMs come and go in the trace they do here;
else they are all there from the beginning.
"""

from __future__ import annotations

import functools
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from vmenv.checks import check_integer
from vmenv.dispatch.scenario import SCENARIOS, DispatchScenario
from vmenv.episodes.scenario import REAL
from vmenv.errors import SpecError
from vmenv.host.spec import Disk, Host, Nic
from vmenv.jit import drawing
from vmenv.workload.drawing import Columns
from vmenv.workload.generators.usage import cores_of, draw_batch_times, draw_use, draw_vm, life_us_of
from vmenv.workload.model import Laws, WorkloadModel

DAY_US = 86_400_000_000


class Numbers(NamedTuple):
    """What `draw` needs to know: the model, and what the host has."""

    laws: Laws
    interval_us: int
    num_vms: int
    window_us: int
    compression: int
    faster: float
    cpus: int
    memory_mib: int
    disk_kib_s: int
    net_kib_s: int


@drawing
def draw(rng: np.random.Generator, p: Numbers, out: Columns) -> tuple[int, int, int]:
    """VMs with a phase for each sample in the window."""
    n, rows, room = p.num_vms, len(out.arrival_us), len(out.work_us)
    begins_us = int(rng.integers(0, DAY_US))
    arrivals, batches = np.zeros(n, np.int64), np.zeros(n, np.int64)
    if p.laws.batches[0] > 0:
        arrivals, batches = draw_batch_times(rng, p.laws, n, begins_us, p.interval_us, p.faster)
    past = 0
    for i in range(n):
        vm = draw_vm(rng, p.laws)
        life_us, cores = min(life_us_of(p.laws, vm), p.window_us), min(cores_of(vm), p.cpus)
        length = max(1, (life_us + p.interval_us - 1) // p.interval_us)
        used = draw_use(rng, p.laws, vm, length, begins_us + arrivals[i], p.interval_us)
        if i < rows and past + length <= room:
            out.arrival_us[i], out.tenant[i] = arrivals[i] // p.compression, batches[i]
            out.weight[i], out.num_phases[i] = cores, length
            for k in range(length):
                work_us = min(p.interval_us, life_us - k * p.interval_us)
                out.work_us[past + k] = max(1, work_us // p.compression)
                out.cpu_millicores[past + k] = min(max(1, int(np.ceil(1000 * cores * used[k, 0]))), 1000 * p.cpus)
                out.memory_mib[past + k] = min(int(np.ceil(used[k, 1])), p.memory_mib)
                out.disk_kib_s[past + k] = min(int(np.ceil(used[k, 2])), p.disk_kib_s)
                out.net_kib_s[past + k] = min(int(np.ceil(used[k, 3])), p.net_kib_s)
        past += length
    return n, past, 0


@SCENARIOS.register("fitted")
@dataclass(frozen=True, kw_only=True)
class Fitted(DispatchScenario):
    """VMs of a fitted model on one host. Demands above what the host has are cut to it.

    Args:
        path: File that `WorkloadModel.save` wrote.
        num_vms: VMs of an episode.
        window_s: What of a VM's life is played at the most, in the trace's own time.
        compression: A sample's interval is divided by this: 300 makes 1 s of 5 minutes.
        faster: Arrivals / those of the trace, where VMs come and go: a trace of a data centre has more than one host's.
        cpus: Of the host.
        memory_mib: Of the host.
        disk_kib_s: Of the host's disk.
        net_kib_s: Of the host's NIC.
        quantum_us: Time slice.
        switch_us: Cost of a switch.
        swap_kib_s: Paging speed.

    Raises:
        SpecError: A value is not allowed, or no model is at `path`.
    """

    summary = "VMs drawn from a model that was fitted to a trace"
    tags = (REAL,)
    draw = staticmethod(draw)

    path: str = ""
    num_vms: int = 24
    window_s: int = 3_600
    compression: int = 300
    faster: float = 1.0
    cpus: int = 8
    memory_mib: int = 16_384
    disk_kib_s: int = 200_000
    net_kib_s: int = 125_000
    quantum_us: int = 100_000
    switch_us: int = 1_000
    swap_kib_s: int = 2_000_000
    objective: str = "mean_slowdown"
    num_slots: int = 64

    def __post_init__(self) -> None:
        super().__post_init__()
        for name in ("num_vms", "window_s", "compression"):
            check_integer(name, getattr(self, name), least=1, most=10**9)
        if not self.faster > 0:
            raise SpecError(f"faster is {self.faster}: give a number above 0")
        if self._model.interval_us // self.compression < 1:
            raise SpecError(f"compression is {self.compression}: give no more than the {self._model.interval_us} us between two samples")

    @functools.cached_property
    def _model(self) -> WorkloadModel:
        return WorkloadModel.of(self.path, "fitted")

    def build_host(self) -> Host:
        """One disk, one NIC."""
        return Host(
            cpus=self.cpus,
            memory_mib=self.memory_mib,
            disks=(Disk(bandwidth_kib_s=self.disk_kib_s),),
            nics=(Nic(bandwidth_kib_s=self.net_kib_s),),
            quantum_us=self.quantum_us,
            switch_us=self.switch_us,
            swap_kib_s=self.swap_kib_s,
        )

    def numbers(self) -> Numbers:
        """See `draw`."""
        return Numbers(
            self._model.laws,
            self._model.interval_us,
            self.num_vms,
            self.window_s * 1_000_000,
            self.compression,
            float(self.faster),
            self.cpus,
            self.memory_mib,
            self.disk_kib_s,
            self.net_kib_s,
        )
