"""Alibaba cluster-trace-gpu-v2023 ("openb"): 8,152 pods of a cluster with shared GPUs, what they asked for and when they were there.

Source: Q. Weng et al., "Beware of fragmentation: scheduling GPU-sharing workloads with fragmentation gradient descent", USENIX ATC 2023;
https://github.com/alibaba/clusterdata, cluster-trace-gpu-v2023/csv/openb_pod_list_*.csv (7a6c496).

What the file holds, and what is done about it: times are seconds since the trace began, sorted by creation; a pod that was never
scheduled (`scheduled_time` is empty) did not run and is left out; a pod without memory takes none; pods that were there at the end have
the last second as their deletion, so that their run is cut off there; GPUs are no resource of the host, and who asked for some is
counted.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar

import numpy as np

from vmenv.errors import TraceError
from vmenv.workload.trace import TRACE_FORMATS
from vmenv.workload.traces._columns import Column, Layout
from vmenv.workload.traces._jobs import JobReader, Jobs
from vmenv.workload.traces._samples import SECOND_US, Counts
from vmenv.workload.traces._table import has_columns, numbers, read_table

LATEST_S = 2.0**31
LAYOUT = Layout(
    (
        Column("cpu_milli", most=10.0**6),
        Column("memory_mib", most=2.0**25),
        Column("num_gpu", most=1_000),
        Column("qos", is_text=True, may_miss=True),
        Column("creation_time", most=LATEST_S),
        Column("deletion_time", most=LATEST_S, may_miss=True),
        Column("scheduled_time", most=LATEST_S, may_miss=True),
    )
)
BEST_EFFORT = "BE"


@TRACE_FORMATS.register("alibaba_gpu2023")
@dataclass(frozen=True, kw_only=True)
class AlibabaGpu2023(JobReader):
    """Makes a VM of each pod that ran: it comes when it is created, and its work is the time from its scheduling to its deletion.

    What it demands is what it asked for, CPU and memory. Best-effort pods have priority 0, all others 1. The options are those of
    `JobReader`.
    """

    suffixes: ClassVar[tuple[str, ...]] = (".csv",)
    job: ClassVar[str] = "pod that ran"

    @classmethod
    def sniff(cls, files: Sequence[Path]) -> bool:
        """Returns whether the header has the columns."""
        return has_columns(files[0], LAYOUT)

    def jobs(self, files: Sequence[Path]) -> Jobs:
        """Returns the pods that ran.

        Raises:
            TraceError: There is more than one file, a row is malformed, or no pod ran.
        """
        if len(files) != 1:
            raise TraceError(f"{len(files)} files are given: give one list of pods, the others are samples of the same")
        table = read_table(files, LAYOUT, self.skip_bad_rows, self.max_unpacked_bytes, self.progress)
        pods = table.whole()
        created, deleted, scheduled = (numbers(pods, name) for name in ("creation_time", "deletion_time", "scheduled_time"))
        ran = deleted > scheduled  # False where one of them is missing
        if not ran.any():
            raise TraceError(f"{files[0]} holds no pod that ran, only {len(created)} that never did: give another list")
        best_effort = np.array(pods["qos"].to_pylist(), dtype=object) == BEST_EFFORT
        at_end = ran & (deleted == np.nanmax(deleted))
        return Jobs(
            submit_us=np.rint(created[ran] * SECOND_US).astype(np.int64),
            columns={
                "work_us": np.rint((deleted - scheduled)[ran] * SECOND_US).astype(np.int64).clip(1),
                "cpu_millicores": np.ceil(numbers(pods, "cpu_milli")[ran]).astype(np.int64),
                "memory_mib": np.ceil(numbers(pods, "memory_mib")[ran]).astype(np.int64),
                "priority": np.where(best_effort[ran], 0, 1),
            },
            first_s=int(created.min()),
            last_s=int(created.max()),
            counts=Counts(rows=table.num_rows, bad=table.num_bad, off=int((~ran).sum())),
            oddities={
                "pods that were never scheduled": int(np.isnan(scheduled).sum()),
                "pods without memory": int((numbers(pods, "memory_mib") == 0).sum()),
                "pods that were there at the end, so that they may have run on": int(at_end.sum()),
                "pods that asked for a GPU, of which the host has none": int((numbers(pods, "num_gpu") > 0).sum()),
            },
        )
