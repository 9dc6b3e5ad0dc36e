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
from typing import ClassVar, NamedTuple

import numpy as np
from numpy.typing import NDArray

from vmenv.checks import check_bool, check_integer
from vmenv.errors import TraceError
from vmenv.host.state import Ints
from vmenv.workload.lines import tellers
from vmenv.workload.table import LATEST_US, Workload, default_columns
from vmenv.workload.trace import TRACE_FORMATS, TraceReader, TraceReport
from vmenv.workload.traces._bitbrains_files import SECOND_US, Samples, read_samples


@TRACE_FORMATS.register("bitbrains")
@dataclass(frozen=True, kw_only=True)
class Bitbrains(TraceReader):
    """Makes one VM of each file: its samples in a window of time are its phases, its usage is their demand.

    A sample stands for the time until the file's next sample. Where that is more than `max_gap_s` away, or there is none, it stands
    for the time until the row that says off, and for `max_gap_s` at the most; never beyond the window. After a gap or a time off the
    VM simply continues with its next sample: the trace's service, and not its pauses, is replayed. Adjacent samples with the same
    demands are one phase. A VM arrives with its first sample in the window; one without a sample in the window is left out.

    Demands are rounded up to whole units (after 6 digits, which drops floating noise): millicores = usage / capacity x cores x 1,000;
    the memory *used*; disk read + write; network received + transmitted. Work and arrivals are rounded up to whole microseconds.

    The same VM has a file in each month's folder: files of several months in one list are as many VMs.

    Args:
        start_s: Start of the window in Unix seconds; None: the earliest sample of any file.
        duration_s: Length of the window.
        compression: Time in the trace per time in the workload: 300 makes one second of the usual 300 s.
        max_gap_s: The time that a sample stands for at the most.
        skip_bad_rows: Whether malformed rows are skipped and counted instead of stopping the read.
        weigh_by_cores: Whether a VM's weight is the largest number of cores that it has in the window, instead of 1.

    Raises:
        SpecError: A value is not a whole number of the allowed size, or `skip_bad_rows` or `weigh_by_cores` is not a bool.
    """

    suffixes: ClassVar[tuple[str, ...]] = (".csv",)

    start_s: int | None = None
    duration_s: int = 86_400
    compression: int = 1
    max_gap_s: int = 600
    skip_bad_rows: bool = False
    weigh_by_cores: bool = False

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.start_s is not None:
            object.__setattr__(self, "start_s", check_integer("start_s", self.start_s))
        for name in ("duration_s", "compression", "max_gap_s"):
            object.__setattr__(self, name, check_integer(name, getattr(self, name), least=1))
        for name in ("skip_bad_rows", "weigh_by_cores"):
            check_bool(name, getattr(self, name))

    def read(self, files: Sequence[Path]) -> tuple[Workload, TraceReport]:
        """Returns the VMs of `files`, and what was made of these.

        Raises:
            TraceError: A file cannot be read, has another header or a malformed row, or no VM has a sample in the window.
        """
        tell = tellers(files, self.progress)
        vms = {k: read_samples(file, self.skip_bad_rows, self.max_unpacked_bytes, tell[k]) for k, file in enumerate(files)}
        seen = [vm for vm in vms.values() if len(vm.time_us)]
        if not seen:
            raise TraceError(f"none of the {len(files)} files has a sample of a VM that is on: give files with some, first is {files[0]}")
        first_s = min(int(vm.time_us[0]) for vm in seen) // SECOND_US
        last_s = max(int(vm.time_us[-1]) for vm in seen) // SECOND_US
        start_s = first_s if self.start_s is None else self.start_s

        pieces = {number: self._phases(vm, start_s * SECOND_US) for number, vm in vms.items()}
        kept = [number for number, piece in pieces.items() if len(piece.work_us)]
        if not kept:
            raise TraceError(
                f"no VM has a sample within duration_s={self.duration_s} from start_s={start_s}: the files cover {first_s} to {last_s} "
                "(Unix seconds), give a window in there"
            )
        report = TraceReport(
            files=tuple(files[number] for number in kept),
            left_out=tuple(file for number, file in enumerate(files) if number not in set(kept)),
            start_s=start_s,
            first_s=first_s,
            last_s=last_s,
            num_rows=sum(vm.num_rows for vm in vms.values()),
            num_bad_rows=sum(vm.num_bad_rows for vm in vms.values()),
            num_repeated_rows=sum(vm.num_repeated_rows for vm in vms.values()),
            num_off_rows=sum(vm.num_off_rows for vm in vms.values()),
        )
        return _workload([pieces[number] for number in kept]), report

    def _phases(self, vm: Samples, start_us: int) -> _Phases:
        """Returns the phases of `vm` in the window that starts at `start_us`."""
        past_us = start_us + self.duration_s * SECOND_US
        longest_us = self.max_gap_s * SECOND_US
        next_us = np.append(vm.time_us, LATEST_US)[1:]
        close = next_us - vm.time_us <= longest_us
        # A row that says off between two close samples is a VM listed twice, and no end.
        end_us = np.where(close, next_us, np.minimum(vm.next_row_us, vm.time_us + longest_us))

        inside = (vm.time_us >= start_us) & (vm.time_us < past_us)
        span_us = (np.minimum(end_us, past_us) - vm.time_us)[inside]
        demands = vm.demands[inside]
        if len(demands) == 0:
            return _Phases(0, span_us, demands, 1)
        changes = np.flatnonzero((demands[1:] != demands[:-1]).any(axis=1)) + 1
        borders = np.concatenate(([0], changes))
        work_us = -(-np.add.reduceat(span_us, borders) // self.compression)
        arrival_us = -(-(int(vm.time_us[inside][0]) - start_us) // self.compression)
        weight = max(1, int(vm.cores[inside].max())) if self.weigh_by_cores else 1
        return _Phases(arrival_us, work_us, demands[borders], weight)


class _Phases(NamedTuple):
    arrival_us: int
    work_us: Ints  # (P,)
    demands: NDArray[np.int32]  # (P, 4)
    weight: int


def _workload(vms: list[_Phases]) -> Workload:
    demands = np.concatenate([vm.demands for vm in vms])
    return Workload(
        arrival_us=np.array([vm.arrival_us for vm in vms], np.int64),
        num_phases=np.array([len(vm.work_us) for vm in vms], np.int64),
        work_us=np.concatenate([vm.work_us for vm in vms]),
        cpu_millicores=demands[:, 0],
        memory_mib=demands[:, 1],
        disk_kib_s=demands[:, 2],
        net_kib_s=demands[:, 3],
        **(default_columns(len(vms)) | {"weight": np.array([vm.weight for vm in vms], np.int64)}),
    )
