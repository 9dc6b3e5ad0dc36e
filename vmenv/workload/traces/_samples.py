"""From samples of what VMs used to phases of VMs: the engine of all formats that tell usage over time, and its options."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar, NamedTuple

import numpy as np
from numpy.typing import NDArray

from vmenv.checks import LARGEST, check_bool, check_integer
from vmenv.errors import TraceError
from vmenv.host.state import Floats, Ints
from vmenv.workload.table import LATEST_US, Workload, default_columns
from vmenv.workload.trace import TraceReader, TraceReport
from vmenv.workload.traces._kept import opened_once

SECOND_US = 1_000_000


class Samples(NamedTuple):
    """S samples, those of a VM behind each other and in order of time."""

    vm: NDArray[np.int32]  # (S,) whose they are, not descending
    time_us: Ints  # (S,)
    stop_us: Ints  # (S,) what a sample without a close next one stands for ends here at the latest: a row that says off, or its own end
    demands: NDArray[np.int32]  # (S, 4): cpu_millicores, memory_mib, disk_kib_s, net_kib_s
    cores: NDArray[np.int32]  # (S,)


class Counts(NamedTuple):
    """How many rows were what."""

    rows: int = 0
    bad: int = 0
    repeated: int = 0
    off: int = 0


class Source(NamedTuple):
    """A trace that has been opened: windows of samples can be had from it."""

    window: Callable[[int, int], Samples]  # (start_us, past_us): the samples from `start_us` on and before `past_us`, or more
    first_us: int
    last_us: int
    counts: Counts
    files: Sequence[Path]  # the file of VM k, or the only one
    oddities: Mapping[str, int] = {}
    num_bytes: int = 0  # of memory that it keeps


@dataclass(frozen=True, kw_only=True)
class SampleReader(TraceReader):
    """A format whose rows tell what a VM used at a time: samples in a window of time become phases, usage becomes their demand.

    A sample stands for the time until the VM's next one. Where that is more than `max_gap_s` away, or there is none, it stands for the
    time until the row that says off, and for `max_gap_s` at the most; never beyond the window. After a gap or a time off the VM simply
    continues with its next sample: the trace's service, and not its pauses, is replayed. Adjacent samples with the same demands are one
    phase. A VM arrives with its first sample in the window; one without a sample in the window is left out.

    Demands are rounded up to whole units (after 6 digits, which drops floating noise), work and arrivals to whole microseconds.

    Args:
        start_s: Start of the window in the trace's seconds; None: the earliest sample.
        duration_s: Length of the window.
        compression: Time in the trace per time in the workload: 300 makes one second of 300 s.
        max_gap_s: The time that a sample stands for at the most.
        skip_bad_rows: Whether malformed rows are skipped and counted instead of stopping the read.
        weigh_by_cores: Whether a VM's weight is the largest number of cores that it has in the window, instead of 1.

    Raises:
        SpecError: A value is not a whole number of the allowed size, or `skip_bad_rows` or `weigh_by_cores` is not a bool.
    """

    seconds: ClassVar[str] = "seconds since the trace began"

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

    @abstractmethod
    def open(self, files: Sequence[Path]) -> Source:
        """Returns the trace in `files`.

        Raises:
            TraceError: A file cannot be read, or holds no sample.
        """

    def read(self, files: Sequence[Path]) -> tuple[Workload, TraceReport]:
        """Returns the VMs of `files` in the window, and what was made of these.

        Raises:
            TraceError: A file cannot be read or has a malformed row, or no VM has a sample in the window.
        """
        source = opened_once(self, files, lambda: self._opened(files))
        first_s, last_s = source.first_us // SECOND_US, source.last_us // SECOND_US
        start_s = first_s if self.start_s is None else self.start_s
        samples, num_repeated = without_repeated(source.window(start_s * SECOND_US, (start_s + self.duration_s) * SECOND_US))
        inside = (samples.time_us >= start_s * SECOND_US) & (samples.time_us < (start_s + self.duration_s) * SECOND_US)
        if not inside.any():
            raise TraceError(
                f"no VM has a sample within duration_s={self.duration_s} from start_s={start_s}: the files cover {first_s} to {last_s} "
                f"({self.seconds}), give a window in there"
            )
        kept = samples.vm[inside]
        kept = kept[np.flatnonzero(np.diff(kept, prepend=-1))]
        each = len(source.files) > 1
        report = TraceReport(
            files=tuple(source.files[vm if each else 0] for vm in kept.tolist()),
            left_out=tuple(file for vm, file in enumerate(source.files) if vm not in set(kept.tolist())) if each else (),
            start_s=start_s,
            first_s=first_s,
            last_s=last_s,
            num_rows=source.counts.rows,
            num_bad_rows=source.counts.bad,
            num_repeated_rows=source.counts.repeated + num_repeated,
            num_off_rows=source.counts.off,
            oddities=dict(source.oddities) | gaps_in(samples, self.max_gap_s),
        )
        return self._workload(samples, inside, start_s * SECOND_US), report

    def _opened(self, files: Sequence[Path]) -> tuple[Source, int]:
        source = self.open(files)
        return source, source.num_bytes

    def _workload(self, samples: Samples, inside: NDArray[np.bool_], start_us: int) -> Workload:
        past_us, longest_us = start_us + self.duration_s * SECOND_US, self.max_gap_s * SECOND_US
        next_us = next_of_vm(samples)
        close = next_us - samples.time_us <= longest_us
        # A row that says off between two close samples is a VM listed twice, and no end.
        end_us = np.where(close, next_us, np.minimum(samples.stop_us, samples.time_us + longest_us))
        span_us = (np.minimum(end_us, past_us) - samples.time_us)[inside]
        vm, demands = samples.vm[inside], samples.demands[inside]

        new_vm = np.diff(vm, prepend=-1) != 0
        changes = new_vm.copy()
        changes[1:] |= (demands[1:] != demands[:-1]).any(axis=1)
        borders, starts = np.flatnonzero(changes), np.flatnonzero(new_vm)
        arrival_us = -(-(samples.time_us[inside][starts] - start_us) // self.compression)
        weight = np.ones(len(starts), np.int64)
        if self.weigh_by_cores:
            weight = np.maximum(1, np.maximum.reduceat(samples.cores[inside], starts)).astype(np.int64)
        cpu, memory, disk, net = demands[borders].T.astype(np.int64)
        return Workload(
            arrival_us=arrival_us,
            num_phases=np.diff(np.append(np.searchsorted(borders, starts), len(borders))),
            work_us=-(-np.add.reduceat(span_us, borders) // self.compression),
            cpu_millicores=cpu,
            memory_mib=memory,
            disk_kib_s=disk,
            net_kib_s=net,
            **(default_columns(len(starts)) | {"weight": weight}),
        )


def without_repeated(samples: Samples) -> tuple[Samples, int]:
    """Returns samples of which no two are of the same VM and time, the first of such, and how many are left out."""
    new = (samples.vm[1:] != samples.vm[:-1]) | (samples.time_us[1:] != samples.time_us[:-1])
    if new.all():
        return samples, 0
    kept = np.append(True, new)
    return Samples(*(column[kept] for column in samples)), int((~kept).sum())


def next_of_vm(samples: Samples) -> Ints:
    """Returns (S,) the time of the same VM's next sample, and a time after all where there is none."""
    next_us = np.append(samples.time_us, LATEST_US)[1:]
    next_us[np.append(samples.vm[1:] != samples.vm[:-1], True)[: len(next_us)]] = LATEST_US
    return next_us


def gaps_in(samples: Samples, max_gap_s: int) -> dict[str, int]:
    """Returns what is odd about the times of samples: how many gaps there are, and how long the longest is."""
    next_us = next_of_vm(samples)
    gap_us = np.where(next_us < LATEST_US, next_us - samples.time_us, 0)
    long = gap_us > max_gap_s * SECOND_US
    if not long.any():
        return {}
    return {f"gaps of more than {max_gap_s} s": int(long.sum()), "seconds in the longest gap": int(gap_us.max()) // SECOND_US}


def whole_demands(exact: Floats) -> Floats:
    """Returns demands rounded up to whole units, without the noise of floats."""
    return np.asarray(np.ceil(np.round(exact, 6)))


def in_memory(samples: Samples, counts: Counts, files: Sequence[Path], oddities: Mapping[str, int] | None = None) -> Source:
    """Returns a trace whose samples are all there.

    Raises:
        TraceError: There are none.
    """
    if len(samples.time_us) == 0:
        raise TraceError(f"none of the {len(files)} files has a sample of a VM that is on: give files with some, first is {files[0]}")
    first_us, last_us = int(samples.time_us.min()), int(samples.time_us.max())
    num_bytes = sum(column.nbytes for column in samples)
    return Source(lambda start_us, past_us: samples, first_us, last_us, counts, files, oddities or {}, num_bytes)


def checked_demands(demands: Floats, where: str) -> NDArray[np.int32]:
    """Returns whole demands as int32.

    Raises:
        TraceError: One is not finite, negative, or more than a workload can hold.
    """
    if demands.size and not ((demands >= 0) & (demands <= LARGEST)).all():
        raise TraceError(f"{where}: a demand is negative or above {LARGEST}: check the units and sizes that the options say")
    return demands.astype(np.int32)
