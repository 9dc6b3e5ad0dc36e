"""GWA-T-12 Bitbrains: one file for each VM of a hosting company, a row every 300 s.

Source: S. Shen, V. van Beek, A. Iosup, "Statistical Characterization of Business-Critical Workloads Hosted in Cloud Datacenters",
CCGrid 2015; http://gwa.ewi.tudelft.nl/datasets/gwa-t-12-bitbrains.

Where the files differ from what they say, and what is done about it:
- The separator is ";" and a tab, so names and numbers are stripped.
- The timestamps are Unix seconds, although the header says ms.
- A timestamp can be repeated: the row with the larger CPU capacity counts (ties: the first). Rows out of order are sorted, stably.
- CPU capacity 0 means that the VM is off: such a row is no sample.
- Usage above 100 % of the capacity is real and is kept, and so is memory usage above the memory provisioned.
- Cores and capacity may change from row to row, so each row is taken with its own.
- KB is read as KiB: the memory sizes are whole MiB only so.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar

import numpy as np

from vmenv.errors import TraceError
from vmenv.workload.lines import tellers
from vmenv.workload.trace import TRACE_FORMATS
from vmenv.workload.traces._bitbrains_files import looks_like_bitbrains, read_samples
from vmenv.workload.traces._samples import Counts, SampleReader, Samples, Source, in_memory


@TRACE_FORMATS.register("bitbrains")
@dataclass(frozen=True, kw_only=True)
class Bitbrains(SampleReader):
    """Makes one VM of each file: its samples in a window of time are its phases, its usage is their demand.

    Millicores = usage / capacity x cores x 1,000; the memory *used*; disk read + write; network received + transmitted.

    The same VM has a file in each month's folder: files of several months in one list are as many VMs.

    Args:
        start_s: Start of the window in Unix seconds; None: the earliest sample of any file.
        duration_s: As in `SampleReader`, as are the others.
    """

    suffixes: ClassVar[tuple[str, ...]] = (".csv",)
    seconds: ClassVar[str] = "Unix seconds"

    @classmethod
    def sniff(cls, files: Sequence[Path]) -> bool:
        """Returns whether the first line names the columns."""
        return looks_like_bitbrains(files[0])

    def open(self, files: Sequence[Path]) -> Source:
        """Returns the samples of all files.

        Raises:
            TraceError: A file cannot be read, has another header or a malformed row, or none has a sample.
        """
        tell = tellers(files, self.progress)
        vms = [read_samples(file, self.skip_bad_rows, self.max_unpacked_bytes, tell[k]) for k, file in enumerate(files)]
        if not any(len(vm.time_us) for vm in vms):
            raise TraceError(f"none of the {len(files)} files has a sample of a VM that is on: give files with some, first is {files[0]}")
        samples = Samples(
            vm=np.repeat(np.arange(len(vms), dtype=np.int32), [len(vm.time_us) for vm in vms]),
            time_us=np.concatenate([vm.time_us for vm in vms]),
            stop_us=np.concatenate([vm.next_row_us for vm in vms]),
            demands=np.concatenate([vm.demands for vm in vms]),
            cores=np.concatenate([vm.cores for vm in vms]),
        )
        counts = Counts(
            rows=sum(vm.num_rows for vm in vms),
            bad=sum(vm.num_bad_rows for vm in vms),
            repeated=sum(vm.num_repeated_rows for vm in vms),
            off=sum(vm.num_off_rows for vm in vms),
        )
        odd = {
            "samples above the CPU capacity": int((samples.demands[:, 0] > 1000 * samples.cores.astype(np.int64)).sum()),
            "VMs whose number of cores changes": sum(len(vm.cores) > 0 and vm.cores.min() < vm.cores.max() for vm in vms),
        }
        odd = {what: int(number) for what, number in odd.items() if number}
        return in_memory(samples, counts, files, odd)._replace(num_bytes=0)  # the files' samples are kept already, and are these
