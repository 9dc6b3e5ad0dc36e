"""share_replay: windows of real traces, each VM with the CPU that it wanted, on a host that cannot always serve all of them.

What is evaluated is the future of what was learned from (`vmenv.episodes.windows`).
"""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass
from typing import Any

import numpy as np

from vmenv.checks import check_integer
from vmenv.episodes.scenario import REAL
from vmenv.episodes.windows import draw_window
from vmenv.errors import SpecError
from vmenv.host.spec import Disk, Host, Nic
from vmenv.share.scenario import SCENARIOS, ShareScenario, vcpu_limits
from vmenv.workload.lines import Progress
from vmenv.workload.table import Workload
from vmenv.workload.trace import TraceReport, check_takes, read_trace_with_report


@SCENARIOS.register("share_replay")
@dataclass(frozen=True, kw_only=True)
class ShareReplay(ShareScenario):
    """Real VMs on one host, a CPU quota each, set every five minutes. A VM's limit is its vCPUs; what it used beyond them is cut off.

    Args:
        path: A file of the trace, a folder of files, or a list of these.
        format: One of `vmenv.list_trace_formats()` whose reader has the options `start_s`, `duration_s` and `weigh_by_cores`.
        options: Further options of the format's reader, a dict such as {"memory_mib": 1024}.
        window_s: Length of an episode.
        cpus: Of the host.
        disk_kib_s: Of the host's disk.
        net_kib_s: Of the host's NIC.

    Raises:
        SpecError: A value is not allowed, or the format cuts no windows.
        TraceError: No such file is at `path`.
    """

    weight_is_vcpus = True
    summary = "windows of real traces (Bitbrains), a CPU quota each, set every five minutes"
    tags = (REAL,)

    path: Any = ""
    format: str = "bitbrains"
    options: Any = None
    window_s: int = 7_200
    cpus: int = 24
    disk_kib_s: int = 2_000_000
    net_kib_s: int = 1_250_000
    num_slots: int = 32

    def __post_init__(self) -> None:
        super().__post_init__()
        if not self.path:
            raise SpecError('share_replay has no path: give path="folder/of/bitbrains/files", files that you have fetched yourself')
        check_integer("window_s", self.window_s, least=1)
        check_takes(self.path, self.format, "start_s", "duration_s", "weigh_by_cores", given=self.options, called="options")

    def prepare(self, progress: Progress | None = None) -> None:
        """Reads the files, which the reader keeps."""
        self._read(duration_s=self.window_s, progress=progress)

    def build_host(self) -> Host:
        """One disk, one NIC."""
        return Host(cpus=self.cpus, disks=(Disk(bandwidth_kib_s=self.disk_kib_s),), nics=(Nic(bandwidth_kib_s=self.net_kib_s),))

    def draw_workload(self, rng: np.random.Generator, seed: int) -> Workload:
        """A window of the trace: by number, or, of those for training, one that starts anywhere."""
        _, report = self._read(duration_s=self.window_s)
        return draw_window(report, rng, seed, self.window_s, self._window)

    def _window(self, start_s: int) -> Workload:
        workload, _ = self._read(start_s=start_s, duration_s=self.window_s)
        most = np.repeat(vcpu_limits(workload), workload.num_phases)
        return dataclasses.replace(workload, cpu_millicores=np.minimum(workload.cpu_millicores, most))

    def _read(self, **options: Any) -> tuple[Workload, TraceReport]:
        return read_trace_with_report(self.path, self.format, weigh_by_cores=True, **(self.options or {}), **options)
