"""What came out of one run."""

from __future__ import annotations

import functools
import hashlib
from dataclasses import dataclass

import numpy as np

from vmenv.dispatch.metric import METRICS
from vmenv.episodes.metric import measure
from vmenv.host import columns as c
from vmenv.host.spec import Host
from vmenv.host.state import Ints, State
from vmenv.workload.table import Workload

_GRANT_COLUMNS = {
    "slot": c.LOG_SLOT,
    "grant_us": c.LOG_GRANT_US,
    "service_us": c.LOG_SERVICE_US,
    "end_us": c.LOG_END_US,
    "phase": c.LOG_PHASE,
    "disk_device": c.LOG_DISK_DEVICE,
    "nic_device": c.LOG_NIC_DEVICE,
}


class _Column:
    """A column of `Run.outcomes` as an attribute of the run."""

    def __init__(self, column: int) -> None:
        self._column = column

    def __get__(self, run: Run, kind: type[Run]) -> Ints:
        return run.outcomes[:, self._column]


@dataclass(frozen=True, eq=False)
class Run:
    """The outcome of one run. Arrays are (num_vms,) int64 in the workload's own order.

    Attributes:
        host: The host it ran on.
        workload: What arrived.
        arrival_us: Arrival times.
        admission_us: When the VM got a slot, -1 if it did not.
        completion_us: When it was done, -1 if it was not.
        attained_us: Service it had.
        overhead_us: Start costs (switches, reloads, paging) it paid.
        wait_us: Time it was present without a grant.
        num_grants: Grants it had.
        num_switches: Grants that cost a switch.
        paged_in_mib: Memory that was paged in for it.
        contended_us: Service that its neighbours took from it: on the clock, less the progress that it made.
        copy_us: Start costs that were copies on write, for snapshots that were not complete.
        lost_us: Service that restores took back, and that had to be done again.
        stored_mib: Of a snapshot task, what it keeps of the pool; of a compression, what it saved.
        added_mib: To a thin pool, because all VMs that were left stood for want of space.
        end_us: When the run ended.
        num_decisions: Decisions of the run.
        cost: The objective's cost over the whole run.
        rows: Which VM each row of `raw` is.
        raw: (len(rows), NUM_OUTCOME_COLUMNS) what the run has written down of them; `outcomes` has it in the workload's order.
        devices: (NUM_DEVICE_COLUMNS, D) the devices' books, see `vmenv.host.columns`.
        destroyed_us: When the VM was destroyed by a command before its work was done, -1 if it was not. Only `vmenv.Manager` does that.
        grants: If recorded, one row a grant in order of their ends: vm, slot, grant_us (start), service_us (start cost paid), end_us,
            phase, disk_device, nic_device.
    """

    host: Host
    workload: Workload
    rows: Ints
    raw: Ints
    added_mib: int
    end_us: int
    num_decisions: int
    cost: float
    devices: Ints
    events: tuple[int, int]
    destroyed_us: Ints
    grants: dict[str, Ints] | None = None

    @classmethod
    def read(cls, s: State, host: Host, workload: Workload, rows: Ints | None = None, destroyed_us: Ints | None = None) -> Run:
        """Returns the outcome of a run, which must have been closed, and must not change any more.

        Args:
            s: The run.
            host: The host.
            workload: What arrived.
            rows: Which VM of the workload each row of the run's tables is; None: all of them, in order of arrival. A VM without a row was
                destroyed before it was admitted.
            destroyed_us: (num_vms,) as the attribute; None: none was.
        """
        rows = workload.arrival_order if rows is None else rows
        return cls(
            host=host,
            workload=workload,
            rows=rows,
            raw=s.outcomes[: len(rows)],
            added_mib=int(s.run[c.ADDED_MIB]),
            end_us=int(s.run[c.CLOCK_US]),
            num_decisions=int(s.run[c.NUM_DECISIONS]),
            cost=float(s.costs[c.COST]),
            devices=s.devices.T.copy(),
            events=(int(s.run[c.DIGEST_A]), int(s.run[c.DIGEST_B])),
            destroyed_us=np.full(workload.num_vms, -1, np.int64) if destroyed_us is None else destroyed_us,
            grants=_grants(s, workload),
        )

    @functools.cached_property
    def outcomes(self) -> Ints:
        """(num_vms, PAST_OUTCOME) all that is told of the VMs, with the columns of `vmenv.host.columns`. Made at the first look."""
        outcomes = np.zeros((self.num_vms, c.PAST_OUTCOME), np.int64)
        outcomes[:, c.ARRIVAL_US] = self.workload.arrival_us
        outcomes[:, c.COMPLETION_US] = outcomes[:, c.ADMISSION_US] = -1
        outcomes[self.rows, c.PAST_GIVEN :] = self.raw
        return outcomes

    arrival_us = _Column(c.ARRIVAL_US)
    admission_us = _Column(c.ADMISSION_US)
    completion_us = _Column(c.COMPLETION_US)
    attained_us = _Column(c.ATTAINED_US)
    overhead_us = _Column(c.OVERHEAD_US)
    num_grants = _Column(c.NUM_GRANTS)
    num_switches = _Column(c.NUM_SWITCHES)
    paged_in_mib = _Column(c.PAGED_IN_MIB)
    contended_us = _Column(c.CONTENDED_US)
    copy_us = _Column(c.COPY_US)
    lost_us = _Column(c.LOST_US)
    stored_mib = _Column(c.STORED_MIB)

    @functools.cached_property
    def wait_us(self) -> Ints:
        """(num_vms,) time it was present without a grant."""
        return self.response_us - self.outcomes[:, c.GRANTED_US]

    @property
    def num_vms(self) -> int:
        """Number of VMs of the workload, arrived or not."""
        return self.workload.num_vms

    @functools.cached_property
    def arrived(self) -> np.ndarray:
        """(num_vms,) whether it is a VM, no maintenance task, and arrived before the run ended: what metrics of VMs look at."""
        return self.workload.is_vm & self.due

    @functools.cached_property
    def due(self) -> np.ndarray:
        """(num_vms,) whether the VM or maintenance task arrived before the run ended, and before it was destroyed."""
        return (self.arrival_us <= self.end_us) & ((self.destroyed_us < 0) | (self.destroyed_us >= self.arrival_us))

    @functools.cached_property
    def completed(self) -> np.ndarray:
        """(num_vms,) whether the VM was done before the run ended."""
        return self.completion_us >= 0

    @functools.cached_property
    def response_us(self) -> Ints:
        """(num_vms,) time from arrival to completion, or to destruction or the end of the run where that came first (0 before arrival)."""
        return _left_us(self.end_us, self.arrival_us, self.completion_us, self.destroyed_us) - self.arrival_us

    def metrics(self) -> dict[str, float]:
        """Returns every registered metric by name."""
        return measure(METRICS, self)

    def digest(self) -> str:
        """Returns a hex digest of every decision and event, of the outcome, and of the host: equal runs have equal digests."""
        digest = hashlib.sha256(repr((self.host.describe(), self.events, self.end_us, self.num_decisions)).encode())
        for column in (self.completion_us, self.attained_us, self.overhead_us, self.num_grants, self.num_switches, self.paged_in_mib):
            digest.update(np.ascontiguousarray(column, "<i8").tobytes())
        if (self.destroyed_us >= 0).any():  # otherwise it is what it was before VMs could be destroyed
            digest.update(np.ascontiguousarray(self.destroyed_us, "<i8").tobytes())
        return digest.hexdigest()


def _left_us(end_us: int, arrival_us: Ints, completion_us: Ints, destroyed_us: Ints) -> Ints:
    """Returns (num_vms,) when each VM was gone, or when the run ended, its arrival at the earliest."""
    gone_us = np.where(completion_us >= 0, completion_us, np.where(destroyed_us >= 0, destroyed_us, end_us))
    return np.maximum(gone_us, arrival_us)


def _grants(s: State, workload: Workload) -> dict[str, Ints] | None:
    length = s.log.shape[0]
    if length == 0:
        return None
    logged = int(s.run[c.NUM_LOGGED])
    order = np.arange(max(0, logged - length), logged) % length
    columns = {name: s.log[order, column] for name, column in _GRANT_COLUMNS.items()}
    return {"vm": workload.arrival_order[s.log[order, c.LOG_VM]], **columns}
