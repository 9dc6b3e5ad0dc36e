"""From a workload back to what was sampled: for each VM its use of CPU, memory, disk and network at even distances in time."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from vmenv.host.state import Floats, Ints
from vmenv.workload.table import Workload


class Series(NamedTuple):
    """What the VMs of a workload used, sample after sample and VM after VM.

    Attributes:
        interval_us: The time of a sample.
        length: (N,) samples of each VM.
        used: (S, 4) CPU as a part of the VM's vCPUs, memory in MiB, disk and network in KiB/s.
        cores: (N,) vCPUs: the VM's weight.
    """

    interval_us: int
    length: Ints
    used: Floats
    cores: Ints

    def of(self, vm: int) -> Floats:
        """Returns (length, 4) what a VM used."""
        past = int(self.length[: vm + 1].sum())
        return self.used[past - int(self.length[vm]) : past]


def series_of(workload: Workload, interval_us: int | None = None) -> Series:
    """Returns the samples of a workload that a trace reader has made: a phase is one sample or several equal ones.

    Args:
        workload: Its weights are numbers of vCPUs (`weigh_by_cores=True`), or 1.
        interval_us: The time of a sample; None: the commonest length of a phase.
    """
    lengths, how_often = np.unique(workload.work_us, return_counts=True)
    interval = int(lengths[how_often.argmax()]) if interval_us is None else interval_us
    times = np.maximum(1, np.rint(workload.work_us / interval)).astype(np.int64)
    past = np.cumsum(workload.num_phases)
    count = np.add.reduceat(times, past - workload.num_phases)
    cores = np.maximum(1, workload.weight)
    capacity = 1000.0 * np.repeat(cores, workload.num_phases)
    used = np.stack([workload.cpu_millicores / capacity, workload.memory_mib, workload.disk_kib_s, workload.net_kib_s], axis=1)
    return Series(interval, count, np.repeat(used.astype(np.float64), times, axis=0), cores)
