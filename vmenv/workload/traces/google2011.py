"""Google ClusterData2011 as HiPro-IT has put it together: CPU and memory of a job's tasks in a day, summed up as if they were a VM.

Source: https://github.com/HiPro-IT/CPU-and-Memory-resource-usage-from-Google-Cluster-Data (327b8ce), made of the task usage of
https://github.com/google/cluster-data (ClusterData2011_2); N. T. Hieu, M. Di Francesco, A. Ylä-Jääski, "Virtual machine consolidation
with multiple usage prediction for energy-efficient cloud data centers", IEEE Transactions on Services Computing 13(1), 2020.

What the files are: no header, two floats a line, percent of the CPU and of the memory, 288 rows five minutes apart; the name is
vm_JOB_DAY. Memory can be above 100 %. Who made it kept VMs that use between 5 and 90 % only, so that idle ones are missing. What 100 % are
is not told.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar

import numpy as np

from vmenv.host.state import Floats
from vmenv.workload.trace import TRACE_FORMATS
from vmenv.workload.traces._even import EvenReader


@TRACE_FORMATS.register("google2011")
@dataclass(frozen=True, kw_only=True)
class Google2011(EvenReader):
    """Makes a VM of each file: so many percent of `cores` and of `memory_mib`.

    The options are those of `EvenReader`.
    """

    columns: ClassVar[tuple[str, ...]] = ("CPU utilisation", "memory utilisation")
    most_percent: ClassVar[tuple[float, ...]] = (1_000.0, 1_000.0)
    declared: ClassVar[Mapping[str, str]] = {"memory_mib": "what 100 % of the memory are, 0 for none"}

    @classmethod
    def sniff(cls, files: Sequence[Path]) -> bool:
        """Returns whether the file has two percents a line and is named as those of this trace are."""
        return files[0].name.startswith("vm_") and cls.looks_even(files)

    def demands(self, rows: Floats) -> Floats:
        """Returns (R, 4) what rows mean."""
        nothing = np.zeros(len(rows))
        return np.stack([rows[:, 0] * (self.cores * 10), rows[:, 1] * ((self.memory_mib or 0) / 100), nothing, nothing], axis=1)
