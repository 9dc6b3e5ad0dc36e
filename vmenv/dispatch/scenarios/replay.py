"""replay: windows of real traces. Every VM of the window is present from its first sample on and repeats what it did, compressed in time.

A sample's interval is a phase's work and its usage the phase's demand, so the host is shared by VMs whose demands change all the time.
The episode's seed chooses where the window starts, unless `start_s` says it: what is evaluated is the future of what policies learn from
(`vmenv.episodes.windows`).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from vmenv.checks import check_bool, check_integer
from vmenv.dispatch.scenario import SCENARIOS, DispatchScenario
from vmenv.episodes.scenario import REAL
from vmenv.episodes.windows import check_apart, choose_vms, draw_window
from vmenv.errors import SpecError
from vmenv.host.spec import Disk, Host, Nic
from vmenv.workload.clip import clip_to
from vmenv.workload.combine import take_vms
from vmenv.workload.lines import Progress
from vmenv.workload.table import Workload
from vmenv.workload.trace import TraceReport, check_takes, read_trace_with_report


@SCENARIOS.register("replay")
@dataclass(frozen=True, kw_only=True)
class Replay(DispatchScenario):
    """Real VMs on one host. Demands above the host's capacity are cut to it (`vmenv.workload.clip`).

    Args:
        path: A file of the trace, a folder of files, or a list of these.
        format: One of `vmenv.list_trace_formats()` whose reader cuts windows (`start_s`, `duration_s`, `compression`).
        options: Further options of the format's reader, a dict such as {"memory_mib": 1024}; what a trace does not tell and a host must
            know, its reader asks for here.
        window_s: Length of an episode in the trace's own time.
        start_s: Where the window starts, in the trace's seconds (mostly Unix seconds); None: the seed decides.
        num_vms: So many VMs of the window play, drawn by the seed; None: all.
        apart: Whether training has other VMs than validation and evaluation; a hash of a VM's file says which it is.
        compression: A sample's interval is divided by this: 300 makes 1 s of 5 minutes.
        cpus: Of the host.
        memory_mib: Of the host.
        disk_kib_s: Of the host's disk.
        net_kib_s: Of the host's NIC.
        quantum_us: Time slice.
        switch_us: Cost of a switch.
        swap_kib_s: Paging speed.

    Raises:
        SpecError: A value is not allowed, the format cuts no windows, or what it does not tell is not given in `options`.
        TraceError: No such file is at `path`.
    """

    summary = "windows of real traces, VMs whose demands change all the time"
    tags = (REAL,)

    path: Any = ""
    format: str = "bitbrains"
    options: Any = None
    window_s: int = 3_600
    start_s: int | None = None
    num_vms: int | None = None
    apart: bool = False
    compression: int = 300
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
        if not self.path:
            raise SpecError('replay has no path: give path="folder/of/bitbrains/files", files that you have fetched yourself')
        check_integer("window_s", self.window_s, least=1)
        if self.num_vms is not None:
            check_integer("num_vms", self.num_vms, least=1)
        check_bool("apart", self.apart)
        check_takes(self.path, self.format, "start_s", "duration_s", "compression", given=self.options, called="options")

    def prepare(self, progress: Progress | None = None) -> None:
        """Reads the files, which the reader keeps."""
        report = self._read_all(progress)
        if self.apart:
            check_apart(report)

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

    def draw_workload(self, rng: np.random.Generator, seed: int) -> Workload:
        """A window of the trace: by number, or, of those for training, one that starts anywhere."""
        if self.start_s is not None:
            return self._window(rng, seed, self.start_s)
        return draw_window(self._read_all(), rng, seed, self.window_s, lambda start_s: self._window(rng, seed, start_s))

    def _window(self, rng: np.random.Generator, seed: int, start_s: int) -> Workload:
        workload, report = self._read(start_s=start_s, duration_s=self.window_s, compression=self.compression)
        chosen = choose_vms(report, rng, seed, self.num_vms, self.apart)
        return clip_to(workload if len(chosen) == workload.num_vms else take_vms(workload, chosen), self.build_host())[0]

    def _read_all(self, progress: Progress | None = None) -> TraceReport:
        return self._read(duration_s=self.window_s, progress=progress)[1]

    def _read(self, **window: Any) -> tuple[Workload, TraceReport]:
        return read_trace_with_report(self.path, self.format, **(self.options or {}), **window)
