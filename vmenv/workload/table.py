"""The workload: one table of VMs and their phases, which every generator, trace reader and test writes."""

from __future__ import annotations

import functools
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple

import numpy as np

from vmenv.checks import LARGEST, check_names, with_known_names
from vmenv.errors import SpecError
from vmenv.host import columns as c
from vmenv.host.spec import Host
from vmenv.host.state import Ints
from vmenv.host.writes import MAX_WORKING_SET_MIB
from vmenv.workload.checks import check_on, check_tasks, checked_contention
from vmenv.workload.values import Same, constant, frozen, integers, repeated

LATEST_US = 2**53  # so that times are exact as floats too; 285 years


class Phase(NamedTuple):
    """A stretch of a VM's life: for `work_us` of service it demands the other four."""

    work_us: int
    cpu_millicores: int = 1000
    memory_mib: int = 0
    disk_kib_s: int = 0
    net_kib_s: int = 0


@dataclass(frozen=True, eq=False)
class Workload:
    """VMs (N of them, in any order) and their phases (P, those of one VM behind each other, VM after VM).

    Attributes:
        arrival_us: (N,) arrival times in microseconds.
        num_phases: (N,) phases of each VM, at least one.
        work_us: (P,) service needed, at a full grant, to get through the phase.
        cpu_millicores: (P,) demand of the phase on the CPU.
        memory_mib: (P,) memory that must be resident.
        disk_kib_s: (P,) demand on the disk that the VM is mapped to.
        net_kib_s: (P,) demand on the NIC that the VM is mapped to.
        weight: (N,) share and cost weights, default 1.
        priority: (N,) priorities, larger is more urgent, default 0.
        slo_us: (N,) response time objectives, 0: none, the default.
        image_mib: (N,) disk image, taken from the storage pool while the VM is present, default 0.
        estimate_us: (N,) what is known of the size beforehand, such as a requested time or the mean of its class, 0: nothing, the default.
        tenant: (N,) whose VM it is, default 0.
        vm_class: (N,) row and column of `contention`, default 0.
        kind: (N,) 0: a VM, the default; 1: a snapshot of one; 2: the compression of one's image; 3: its migration to elsewhere; 4: its
            restore from the newest complete snapshot or, without one, to the beginning. Maintenance tasks have one phase, migrations two,
            whose work the simulator fixes when they begin; the `work_us` that stands here is a guess, for what is computed beforehand.
        target: (N,) which VM a maintenance task is about, an index of this table; -1 for VMs, the default.
        dirty_kib_s: (N,) what a VM writes while it runs, default 0.
        working_set_mib: (N,) what it writes to over and over, default 0.
        saving_permille: (N,) thousandths of its image that compression saves, default 0: it cannot be compressed.
        emulated: (N,) 1: disk and NIC are emulated and cost CPU (`Host.exit_ns_per_kib`); 0: virtio, the default.
        contention: (C, C) thousandths of its speed that a VM of the row's class loses to each running VM of the column's; None: none.

    Raises:
        SpecError: A value is missing, not a whole number, or out of range, or a maintenance task is about no VM that came before it.
    """

    arrival_us: Ints
    num_phases: Ints
    work_us: Ints
    cpu_millicores: Ints
    memory_mib: Ints
    disk_kib_s: Ints
    net_kib_s: Ints
    weight: Ints
    priority: Ints
    slo_us: Ints
    image_mib: Ints
    estimate_us: Ints
    tenant: Ints
    vm_class: Ints
    kind: Ints
    target: Ints
    dirty_kib_s: Ints
    working_set_mib: Ints
    saving_permille: Ints
    emulated: Ints
    contention: Ints | None = None
    arrival_order: Ints = field(init=False)

    def __post_init__(self) -> None:
        for name, (least, most) in RANGES.items():
            object.__setattr__(self, name, integers(name, getattr(self, name), least, most))
        if self.num_vms == 0:
            raise SpecError("a workload has 0 VMs: give at least one")
        num_rows = {"VM": self.num_vms, "phase": int(self.num_phases.sum())}
        for name in RANGES:
            kind = "phase" if name in Phase._fields else "VM"
            length = len(getattr(self, name))
            if length != num_rows[kind]:
                raise SpecError(f"{name} has {length} entries: give {num_rows[kind]}, one a {kind}")
        object.__setattr__(self, "arrival_order", np.argsort(self.arrival_us, kind="stable"))
        if self.kind.any():
            check_tasks(self)
        if self.contention is not None:
            object.__setattr__(self, "contention", checked_contention(self))

    @classmethod
    @with_known_names("a workload")
    def from_arrays(
        cls,
        arrival_us: Any,
        work_us: Any,
        *,
        cpu_millicores: Any = 1000,
        memory_mib: Any = 0,
        disk_kib_s: Any = 0,
        net_kib_s: Any = 0,
        weight: Any = 1,
        priority: Any = 0,
        slo_us: Any = 0,
        image_mib: Any = 0,
        estimate_us: Any = 0,
        tenant: Any = 0,
        vm_class: Any = 0,
        kind: Any = 0,
        target: Any = -1,
        dirty_kib_s: Any = 0,
        working_set_mib: Any = 0,
        saving_permille: Any = 0,
        emulated: Any = 0,
        contention: Any = None,
    ) -> Workload:
        """Returns a workload with one phase a VM. Every argument but `contention` is a sequence of N whole numbers, or one number for all.

        Raises:
            SpecError: There is no such column, a value is not a whole number or out of range, or the lengths differ.
        """
        given = {name: value for name, value in locals().items() if name not in ("cls", "contention")}
        rows = {name: value for name, value in given.items() if type(value) is not int and np.ndim(value) > 0}
        length = max((len(value) for value in rows.values()), default=1)
        spread = {name: rows[name] if name in rows else repeated(value, length) for name, value in given.items()}
        columns: dict[str, Any] = {"num_phases": Same(1, length)} | spread
        return cls(**columns, contention=contention)

    @classmethod
    def from_phases(cls, arrival_us: Any, phases: Sequence[Iterable[Phase | Sequence[int]]], **columns: Any) -> Workload:
        """Returns a workload from a list of phases for each VM.

        Args:
            arrival_us: (N,) arrival times.
            phases: N lists of `Phase` (or of tuples in its order).
            **columns: Those that VMs have beside the arrival, `weight` to `contention`, as in `from_arrays`.

        Raises:
            SpecError: As `from_arrays`.
        """
        lists = [[Phase(*phase) for phase in vm] for vm in phases]
        rows = [phase for vm in lists for phase in vm]
        contention = columns.pop("contention", None)
        per_vm: dict[str, Any] = dict(_VM_DEFAULTS)
        check_names("a VM", columns, per_vm)
        per_vm.update(columns)
        everything: dict[str, Any] = {name: value if np.ndim(value) > 0 else [value] * len(lists) for name, value in per_vm.items()}
        everything |= {name: [getattr(row, name) for row in rows] for name in Phase._fields}
        return cls(arrival_us=arrival_us, num_phases=np.array([len(vm) for vm in lists], np.int64), **everything, contention=contention)

    @property
    def num_vms(self) -> int:
        """Number of VMs."""
        return len(self.arrival_us)

    @functools.cached_property
    def size_us(self) -> Ints:
        """(N,) work of each VM, all phases together."""
        return frozen(np.add.reduceat(self.work_us, self.first_phase))

    @functools.cached_property
    def first_phase(self) -> Ints:
        """(N,) index of each VM's first phase."""
        return frozen(np.cumsum(self.num_phases) - self.num_phases)

    @functools.cached_property
    def largest(self) -> dict[str, int]:
        """The largest demand of any phase, and the largest image, by name."""
        return {name: int(getattr(self, name).max()) for name in DEMANDS}

    def check_on(self, host: Host) -> None:
        """Checks that every phase and image could be held by the empty `host`.

        Raises:
            SpecError: One could not, so that it would wait for ever.
        """
        check_on(self, host)

    @property
    def num_classes(self) -> int:
        """Classes that contend; 0: nobody does."""
        return 0 if self.contention is None else len(self.contention)

    @property
    def is_vm(self) -> np.ndarray:
        """(N,) whether it is a VM rather than a maintenance task."""
        return self.kind == c.RUN

    @functools.cached_property
    def kernel_tables(self) -> tuple[Ints, Ints]:
        """The arrays that `vmenv.host.state.load` takes: VMs in order of arrival, and phases."""
        target = constant(c.NOBODY, self.num_vms)
        if self.kind.any():  # VM numbers are those in order of arrival
            target = np.where(self.kind > 0, np.argsort(self.arrival_order)[self.target], c.NOBODY)
        columns = {
            c.ARRIVAL_US: self.arrival_us,
            c.SIZE_US: self.size_us,
            c.WEIGHT: self.weight,
            c.PRIORITY: self.priority,
            c.SLO_US: self.slo_us,
            c.IMAGE_MIB: self.image_mib,
            c.ESTIMATE_US: self.estimate_us,
            c.TENANT: self.tenant,
            c.VM_CLASS: self.vm_class,
            c.KIND: self.kind,
            c.TARGET: target,
            c.DIRTY_KIB_S: self.dirty_kib_s,
            c.WORKING_SET_MIB: self.working_set_mib,
            c.SAVING: self.saving_permille,
            c.EMULATED: self.emulated,
            c.FIRST_PHASE: self.first_phase,
            c.PAST_PHASE: self.first_phase + self.num_phases,
        }
        vms = np.stack([columns[column] for column in range(c.FIRST_GIVEN, c.PAST_GIVEN)], axis=1)[self.arrival_order]
        of_phases = {
            c.CPU: self.cpu_millicores,
            c.DISK: self.disk_kib_s,
            c.NET: self.net_kib_s,
            c.MEMORY: self.memory_mib,
            c.PHASE_WORK_US: self.work_us,
        }
        phases = np.stack([of_phases[column] for column in range(c.NUM_PHASE_COLUMNS)], axis=1)
        return vms, phases


_VM_DEFAULTS = {
    "weight": 1,
    "priority": 0,
    "slo_us": 0,
    "image_mib": 0,
    "estimate_us": 0,
    "tenant": 0,
    "vm_class": 0,
    "kind": c.RUN,
    "target": -1,
    "dirty_kib_s": 0,
    "working_set_mib": 0,
    "saving_permille": 0,
    "emulated": 0,
}


DEMANDS = ("cpu_millicores", "memory_mib", "disk_kib_s", "net_kib_s", "image_mib")
RANGES = {
    "arrival_us": (0, LATEST_US),
    "num_phases": (1, LARGEST),
    "work_us": (1, LATEST_US),
    "weight": (1, LARGEST),
    "priority": (-LARGEST, LARGEST),
    "slo_us": (0, LATEST_US),
    "estimate_us": (0, LATEST_US),
    "tenant": (0, LARGEST),
    "vm_class": (0, LARGEST),
    "kind": (c.RUN, c.RESTORE),
    "target": (-1, LARGEST),
    "dirty_kib_s": (0, LARGEST),
    "working_set_mib": (0, MAX_WORKING_SET_MIB),
    "saving_permille": (0, 999),
    "emulated": (0, 1),
} | dict.fromkeys(DEMANDS, (0, LARGEST))


def default_columns(num_vms: int) -> dict[str, Ints]:
    """Returns (num_vms,) the default of every column of VMs that has one."""
    return {name: np.full(num_vms, value, np.int64) for name, value in _VM_DEFAULTS.items()}
