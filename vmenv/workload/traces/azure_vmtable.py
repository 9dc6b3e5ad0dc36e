"""Azure's public VM traces of 2017 (V1) and 2019 (V2): the table of VMs, when each was created and deleted, its size and use.

Source: E. Cortez et al., "Resource Central", SOSP 2017, CC-BY 4.0; https://github.com/Azure/AzurePublicDataset, AzurePublicDatasetV1.md
(65de6ed) and AzurePublicDatasetV2.md (7a0f818): vmtable.csv, which has no header. `azure_readings` reads what VMs used over time.

What is odd in it: cores and memory are buckets in V2, the last of which has no end (">24", ">64"): the number in it counts, and such VMs
are counted; VMs that were deleted with the last time of the trace may have lived on; those created and deleted at the same time did not
live.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar

import numpy as np

from vmenv.errors import SpecError, TraceError, suggestion
from vmenv.workload.trace import TRACE_FORMATS
from vmenv.workload.traces._azure_table import LAYOUT, amounts_in, check_amounts, is_vmtable
from vmenv.workload.traces._jobs import JobReader, Jobs
from vmenv.workload.traces._samples import SECOND_US, Counts
from vmenv.workload.traces._table import numbers, read_table

SHARES = {"all": "", "avg": "avgcpu", "p95": "p95maxcpu", "max": "maxcpu"}
GIB_MIB = 1024


@TRACE_FORMATS.register("azure_vmtable")
@dataclass(frozen=True, kw_only=True)
class AzureVmTable(JobReader):
    """Makes a VM of each row: it comes when it was created, and works for as long as it lived, with its memory all the time.

    A deployment's VMs have its number as tenant, in the order of the table.

    Args:
        cpu: What a VM demands: "all" of its cores, or what it used of them: "avg", the 95th percentile of the maxima "p95", or "max".
        first_job: As in `JobReader`, as are the others.

    Raises:
        SpecError: A value is not allowed.
    """

    suffixes: ClassVar[tuple[str, ...]] = (".csv",)
    job: ClassVar[str] = "VM"

    cpu: str = "all"

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.cpu not in SHARES:
            raise SpecError(f"cpu is {self.cpu!r}: {suggestion(self.cpu, SHARES)}")

    @classmethod
    def sniff(cls, files: Sequence[Path]) -> bool:
        """Returns whether the only file is a table of VMs."""
        return len(files) == 1 and is_vmtable(files[0])

    def jobs(self, files: Sequence[Path]) -> Jobs:
        """Returns the VMs of the table.

        Raises:
            TraceError: There is more than one file, a row is malformed, or no VM lived.
        """
        if len(files) != 1:
            raise TraceError(f"{len(files)} files are given: give the table of VMs, or format azure_readings for what they used over time")
        table = read_table(files, LAYOUT, self.skip_bad_rows, self.max_unpacked_bytes, self.progress)
        vms = table.whole()
        created, deleted = numbers(vms, "vmcreated"), numbers(vms, "vmdeleted")
        cores, open_cores = amounts_in(vms["vmcorecountbucket"])
        memory, open_memory = amounts_in(vms["vmmemorybucket"])
        check_amounts(files[0], cores, memory)
        lived = deleted > created
        if not lived.any():
            raise TraceError(f"{files[0]} holds no VM that lived, only {len(lived)} that were deleted at once: give another table")
        column = SHARES[self.cpu]
        used = numbers(vms, column) / 100 if column else np.ones(len(cores))
        tenant = vms["deploymentid"].combine_chunks().dictionary_encode().indices.to_numpy()
        return Jobs(
            submit_us=np.rint(created[lived] * SECOND_US).astype(np.int64),
            columns={
                "work_us": np.rint((deleted - created)[lived] * SECOND_US).astype(np.int64).clip(1),
                "cpu_millicores": np.ceil(np.round((cores * used)[lived] * 1000, 6)).astype(np.int64),
                "memory_mib": np.ceil(memory[lived] * GIB_MIB).astype(np.int64),
                "tenant": tenant[lived].astype(np.int64),
            },
            first_s=int(created.min()),
            last_s=int(created.max()),
            counts=Counts(rows=table.num_rows, bad=table.num_bad, off=int((~lived).sum())),
            oddities={
                "VMs that were there at the end, so that they may have lived on": int((deleted == deleted.max()).sum()),
                "VMs in the last bucket of cores or memory, which has no end": int((open_cores | open_memory).sum()),
            },
        )
