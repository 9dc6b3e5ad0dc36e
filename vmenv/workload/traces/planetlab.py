"""PlanetLab: the CPU use of slices on a thousand hosts, ten days of March and April 2011, one file a VM and day.

Source: A. Beloglazov and R. Buyya, "Optimal online deterministic algorithms and adaptive heuristics for energy and performance efficient
dynamic consolidation of virtual machines in cloud data centers", Concurrency and Computation 24(13), 2012, from the data of CoMon;
https://github.com/beloglazov/planetlab-workload-traces (344ffdb).

What the files are: no header and no timestamps, 288 whole percents from 0 to 100, five minutes apart. The names have no ending and may
hold spaces. A host and slice has a file in the folder of each day that it was there: files of several days in one list are as many VMs,
all of them from time 0 on. Nothing is told about the size of anything, memory, disk or network.
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


@TRACE_FORMATS.register("planetlab")
@dataclass(frozen=True, kw_only=True)
class PlanetLab(EvenReader):
    """Makes a VM of each file: so many percent of `cores`, and `memory_mib` all the time.

    The options are those of `EvenReader`.
    """

    columns: ClassVar[tuple[str, ...]] = ("CPU utilisation",)
    most_percent: ClassVar[tuple[float, ...]] = (100.0,)
    declared: ClassVar[Mapping[str, str]] = {"memory_mib": "the memory that every VM has, 0 for none"}

    @classmethod
    def sniff(cls, files: Sequence[Path]) -> bool:
        """Returns whether the file has whole percents, one a line, and a name without an ending."""
        return "." not in files[0].name.removesuffix(".gz") and cls.looks_even(files)

    def demands(self, rows: Floats) -> Floats:
        """Returns (R, 4) what rows mean."""
        nothing = np.zeros(len(rows))
        return np.stack([rows[:, 0] * (self.cores * 10), nothing + (self.memory_mib or 0), nothing, nothing], axis=1)
