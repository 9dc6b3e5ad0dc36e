"""Azure's trace for packing of 2020: requests for VMs of 14 days, and what each type of VM takes of each type of machine, in SQLite.

Source: O. Hadary et al., "Protean: VM allocation service at scale", OSDI 2020, CC-BY; https://github.com/Azure/AzurePublicDataset,
AzureTracesForPacking2020.md (829aa9b), with the schema: table vm (vmId, tenantId, vmTypeId, priority, starttime, endtime), table vmType
(id, vmTypeId, machineId, core, memory, hdd, ssd, nic).

What is odd in it: sizes are shares of a machine, for each type of machine that the VM may run on: `machine_id` chooses one, and
`machine_cores` and `machine_memory_mib` must say its size; times are days, negative for VMs that were there before; who has no end lived
for longer than the 90 days at which ends are capped, and is taken to end there; priority 0 is the high one.
"""

from __future__ import annotations

import contextlib
import sqlite3
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar

import numpy as np

from vmenv.checks import check_integer
from vmenv.errors import TraceError
from vmenv.workload.lines import size_of, tellers
from vmenv.workload.trace import TRACE_FORMATS
from vmenv.workload.traces._jobs import JobReader, Jobs
from vmenv.workload.traces._samples import SECOND_US, Counts
from vmenv.workload.traces._sniffing import first_bytes

DAY_S, CAP_DAYS, MOST_DAYS = 86_400, 90, 36_500
MAGIC = b"SQLite format 3\0"
QUERY = """
    SELECT vm.rowid, vm.tenantId, vm.priority, vm.starttime, vm.endtime, type.core, type.memory
    FROM vm LEFT JOIN (SELECT vmTypeId, max(core) AS core, max(memory) AS memory FROM vmType {where} GROUP BY vmTypeId) AS type
    ON vm.vmTypeId = type.vmTypeId ORDER BY vm.rowid
"""


@TRACE_FORMATS.register("azure_packing2020")
@dataclass(frozen=True, kw_only=True)
class AzurePacking2020(JobReader):
    """Makes a VM of each request: the shares of a machine that its type takes, for as long as it lived.

    A type that the chosen type of machine does not run is left out, and counted among those that did not run.

    Args:
        machine_cores: Cores of a machine; None: not known, read as 1.
        machine_memory_mib: Memory of a machine; None: not known, read as 0.
        machine_id: Which type of machine the shares are of; None: for each VM that on which it takes the most.
        first_job: As in `JobReader`, as are the others. Seconds count from the beginning of the recording.

    Raises:
        SpecError: A value is not allowed.
    """

    suffixes: ClassVar[tuple[str, ...]] = (".sqlite", ".db", ".sqlite3")
    job: ClassVar[str] = "VM"
    declared: ClassVar[Mapping[str, str]] = {
        "machine_cores": "the cores of a machine, of which the trace tells shares",
        "machine_memory_mib": "its memory, 0 for none",
    }

    machine_cores: int | None = None
    machine_memory_mib: int | None = None
    machine_id: int | None = None

    def __post_init__(self) -> None:
        super().__post_init__()
        for name, least, most in (("machine_cores", 1, 10_000), ("machine_memory_mib", 0, 2**25), ("machine_id", 0, 2**31 - 1)):
            if getattr(self, name) is not None:
                check_integer(name, getattr(self, name), least, most)

    @classmethod
    def sniff(cls, files: Sequence[Path]) -> bool:
        """Returns whether it is a database with the two tables."""
        if first_bytes(files[0], len(MAGIC)) != MAGIC:
            return False
        with contextlib.suppress(sqlite3.Error), contextlib.closing(_opened(files[0])) as database:
            tables = {name.lower() for (name,) in database.execute("SELECT name FROM sqlite_master WHERE type = 'table'")}
            return {"vm", "vmtype"} <= tables
        return False

    def jobs(self, files: Sequence[Path]) -> Jobs:
        """Returns the VMs.

        Raises:
            TraceError: There is more than one file, it is no such database, or a row is malformed.
        """
        if len(files) != 1:
            raise TraceError(f"{len(files)} files are given: give one, each is a trace of its own")
        file, (tell,) = files[0], tellers(files, self.progress)
        kept, faults = [], []
        tenants: dict[object, int] = {}
        try:
            with contextlib.closing(_opened(file)) as database:
                where = "" if self.machine_id is None else f"WHERE machineId = {self.machine_id:d}"
                for row in database.execute(QUERY.format(where=where)):
                    fault = _fault(row)
                    if fault and not self.skip_bad_rows:
                        raise TraceError(
                            f"{file}: table vm, row {row[0]}: {fault}; correct the row, or skip such rows by skip_bad_rows=True"
                        )
                    if fault:
                        faults.append(fault)
                        continue
                    _, tenant, priority, start, end, core, memory = row
                    number = tenants.setdefault(tenant, len(tenants))
                    kept.append((number, priority, start, np.nan if end is None else end, core or 0.0, memory or 0.0))
        except (sqlite3.Error, OverflowError, UnicodeError) as error:
            raise TraceError(f"{file}: cannot be read ({error}): give the trace's SQLite file, with vm and vmType") from error
        tell(size_of(file))
        if not kept:
            raise TraceError(f"{file} holds no request for a VM: give another file")
        tenant, priority, start, end, core, memory = np.array(kept, np.float64).T
        until = np.where(np.isnan(end), CAP_DAYS, end)
        lived = (until > start) & (core > 0)
        if not lived.any():
            raise TraceError(f"{file} holds no VM that lived on such a machine: give another machine_id or file")
        return Jobs(
            submit_us=np.rint(start[lived] * (DAY_S * SECOND_US)).astype(np.int64),
            columns={
                "work_us": np.rint((until - start)[lived] * (DAY_S * SECOND_US)).astype(np.int64).clip(1),
                "cpu_millicores": np.ceil(np.round(core[lived] * (self.machine_cores or 1) * 1000, 6)).astype(np.int64),
                "memory_mib": np.ceil(np.round(memory[lived] * (self.machine_memory_mib or 0), 6)).astype(np.int64),
                "tenant": tenant[lived].astype(np.int64),
                "priority": np.where(priority[lived] == 0, 1, 0),
            },
            first_s=int(np.floor(start.min() * DAY_S)),
            last_s=int(start.max() * DAY_S),
            counts=Counts(rows=len(kept) + len(faults), bad=len(faults), off=int((~lived).sum())),
            oddities={
                "VMs that were there before the recording began": int((start < 0).sum()),
                f"VMs without an end, taken to end after {CAP_DAYS} days": int(np.isnan(end).sum()),
                "VMs of types that the machine does not run": int((core == 0).sum()),
            },
        )


def _opened(file: Path) -> sqlite3.Connection:
    return sqlite3.connect(f"{file.absolute().as_uri()}?mode=ro&immutable=1", uri=True)


def _fault(row: tuple[object, ...]) -> str:
    """Returns what is wrong with a row, "" if nothing is."""
    _, _, priority, start, end, core, memory = row
    if priority not in (0, 1):
        return f"priority is {priority!r}: it must be 0 or 1"
    for name, days in (("starttime", start), ("endtime", end)):
        sound = isinstance(days, (int, float)) and abs(days) <= MOST_DAYS
        if not sound and not (days is None and name == "endtime"):
            return f"{name} is {days!r}: it must be a number of days, {MOST_DAYS} at most"
    for name, share in (("core", core), ("memory", memory)):
        if share is not None and not (isinstance(share, (int, float)) and 0 <= share <= 1):
            return f"{name} of its type is {share!r}: it must be a share of a machine, 0 to 1"
    return ""
