"""Azure's public VM trace of 2017 as Huawei has made it ready: arrivals in batches, flavours and lifetimes.

Source: S. Bergsma, T. Zeyl, A. Senderovich, J. C. Beck, "Generating complex, realistic cloud workloads using recurrent neural networks",
SOSP 2021; https://github.com/huaweicloud/trace_generation_rnn (fa856db), resources/traces and resources/maps, INPUT.md; from E. Cortez et
al., "Resource Central", SOSP 2017, CC-BY 4.0.

What the files are: a line every 300 s, `300 g,|,b,m,|`, in some files with a comma at its end: flavours of the VMs that came since the
line before, and "|" behind each batch, which is of one tenant. A second file has the same lines with lifetimes: U and the number of a bin
for a VM that ended, C for one that was there at the end of the recording, which the file's name says (`v1.dev.c2100000.txt`). Two small
maps say what flavours and bins are. The recorded lifetimes are multiples of 300 s, so that those of bin 0 are under 300 s.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar

import numpy as np

from vmenv.errors import SpecError, TraceError
from vmenv.workload.files import PathLike
from vmenv.workload.lines import size_of, tellers
from vmenv.workload.trace import TRACE_FORMATS
from vmenv.workload.traces._azure_lines import Arrivals, flavours_in, is_flavour_line, lifetimes_in, read_lines
from vmenv.workload.traces._jobs import JobReader, Jobs
from vmenv.workload.traces._samples import SECOND_US, Counts
from vmenv.workload.traces._sniffing import first_lines

FLAVOURS, INTERVALS = "flav_map.txt", "v1.interval_map.txt"


@TRACE_FORMATS.register("azure_arrivals")
@dataclass(frozen=True, kw_only=True)
class AzureArrivals(JobReader):
    """Makes a VM of each arrival: its flavour's vCPUs and memory for its lifetime; those of a batch have the batch's number as tenant.

    A lifetime is the middle of its bin, 150 s for bin 0. That of a VM that was there at the end is what it had lived until then. All
    that came between two lines come at the time of the second.

    Args:
        lifetimes: The file of lifetimes; None: the one beside the file of flavours that has its name and ".c" with digits.
        maps: Folder of flav_map.txt and v1.interval_map.txt; None: that of the trace, or one beside it called maps or common.
        first_job: As in `JobReader`, as are the others.

    Raises:
        SpecError: A value is not allowed.
    """

    suffixes: ClassVar[tuple[str, ...]] = (".txt",)
    job: ClassVar[str] = "VM"

    lifetimes: PathLike | None = None
    maps: PathLike | None = None

    def __post_init__(self) -> None:
        super().__post_init__()
        for name in ("lifetimes", "maps"):
            if not isinstance(getattr(self, name), (str, Path, type(None))):
                raise SpecError(f"{name} is {getattr(self, name)!r}: give a path")

    @classmethod
    def sniff(cls, files: Sequence[Path]) -> bool:
        """Returns whether a file has a time and letters on its first line."""
        return any(is_flavour_line(first_lines(file, 1)[0]) for file in files[:100])

    def further_files(self, files: Sequence[Path]) -> Sequence[Path]:
        """Returns the files of lifetimes and maps."""
        flavours = self._flavours(files)
        folder = self._maps(flavours)
        return self._lifetimes(flavours), folder / FLAVOURS, folder / INTERVALS

    def jobs(self, files: Sequence[Path]) -> Jobs:
        """Returns all VMs.

        Raises:
            TraceError: A file is missing, two do not belong together, a line is malformed, or there is no VM.
        """
        file = self._flavours(files)
        lifetimes, *maps = self.further_files(files)
        sizes, spans_s = flavours_in(maps[0]), lifetimes_in(maps[1])
        tell = tellers([file, lifetimes], self.progress)
        found = Arrivals([], [], [], [], [])
        rows = bad = 0
        for line in read_lines(file, lifetimes, sizes, spans_s, self.max_unpacked_bytes, tell):
            rows += 1
            if isinstance(line, Arrivals):
                found.take(line)
            elif self.skip_bad_rows:
                bad += 1
            else:
                raise TraceError(f"{line}; correct the line, or skip such lines by skip_bad_rows=True")
        tell[1](size_of(lifetimes))
        if not found.time_s:
            raise TraceError(f"{file} holds no VM: give a file of flavours, {FLAVOURS} tells what these are")
        time_us = np.array(found.time_s, np.int64) * SECOND_US
        return Jobs(
            submit_us=time_us,
            columns={
                "work_us": np.rint(np.array(found.life_s) * SECOND_US).astype(np.int64),
                "cpu_millicores": np.array([size[0] for size in found.sizes], np.int64),
                "memory_mib": np.array([size[1] for size in found.sizes], np.int64),
                "tenant": np.cumsum(np.array(found.new_batch, np.int64)) - 1,
            },
            first_s=min(found.time_s),
            last_s=max(found.time_s),
            counts=Counts(rows=rows, bad=bad),
            oddities={
                "VMs that were there at the end, so that they may have lived on": sum(found.was_there),
                "VMs that lived for less than 300 s": int((np.array(found.life_s) < 300).sum()),
            },
        )

    def _flavours(self, files: Sequence[Path]) -> Path:
        """Returns the file of flavours among those that are given: the only one, or the only one with lifetimes beside it."""
        found = [file for file in files if is_flavour_line(first_lines(file, 1)[0])]
        if len(found) > 1:
            found = [file for file in found if _partners(file)]
        if len(found) != 1:
            names = ", ".join(file.name for file in found) or "none"
            raise TraceError(f"{files[0].parent} must hold one file of flavours, and has {names}: give the path of the file")
        return found[0]

    def _lifetimes(self, file: Path) -> Path:
        if self.lifetimes is not None:
            return Path(self.lifetimes)
        partners = _partners(file)
        if len(partners) != 1:
            has = "none" if not partners else ", ".join(partner.name for partner in partners)
            raise TraceError(f"{file}: of files of lifetimes ({file.name.split('.txt')[0]}.c*.txt) there is {has}: give lifetimes=path")
        return partners[0]

    def _maps(self, file: Path) -> Path:
        folders = [file.parent, *(file.parent.parent / name for name in ("maps", "common"))] if self.maps is None else [Path(self.maps)]
        for folder in folders:
            if (folder / FLAVOURS).is_file() and (folder / INTERVALS).is_file():
                return folder
        raise TraceError(f"{file}: {FLAVOURS} and {INTERVALS} are not in {', '.join(map(str, folders))}: give maps=folder")


def _partners(file: Path) -> list[Path]:
    stem = file.name.removesuffix(".gz").removesuffix(".txt")
    names = (other for other in file.parent.iterdir() if other.name.startswith(f"{stem}.c"))
    return sorted(other for other in names if other.name.removesuffix(".gz").removeprefix(f"{stem}.c").removesuffix(".txt").isdecimal())
