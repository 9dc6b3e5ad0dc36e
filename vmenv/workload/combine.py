"""Workloads made of workloads: several as one, and one with more or without its maintenance tasks."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from typing import Any

import numpy as np

from vmenv.host.state import Ints
from vmenv.workload.table import Phase, Workload

_COLUMNS = tuple(field.name for field in dataclasses.fields(Workload) if field.init and field.name != "contention")


def join(works: Sequence[Workload]) -> Workload:
    """Returns one workload with the VMs of all, one behind the other.

    Raises:
        SpecError: There are none.
    """
    return Workload(**{name: np.concatenate([np.empty(0, np.int64), *(getattr(work, name) for work in works)]) for name in _COLUMNS})


def add_tasks(work: Workload, kind: int, target: Sequence[int] | Ints, arrival_us: Sequence[int] | Ints, **columns: Any) -> Workload:
    """Returns a workload with more maintenance tasks of one kind, behind what is there.

    Args:
        work: What is there.
        kind: As in `Workload`.
        target: (K,) which VM each is about, an index of `work`.
        arrival_us: (K,) when each is due.
        **columns: What tasks have beside, as in `Workload.from_arrays`.

    Raises:
        SpecError: A value is out of range, or a task is about no VM that came before it.
    """
    if len(target) == 0:
        return work
    tasks = Workload.from_arrays(arrival_us, 1, **columns)
    joined = {name: np.concatenate([getattr(work, name), getattr(tasks, name)]) for name in _COLUMNS}
    joined["kind"][work.num_vms :], joined["target"][work.num_vms :] = kind, target
    return Workload(**joined, contention=work.contention)


def without_tasks(work: Workload) -> Workload:
    """Returns the VMs of a workload alone, in its order.

    Raises:
        SpecError: There are none.
    """
    of_phases = work.is_vm.repeat(work.num_phases)
    kept = {name: getattr(work, name)[of_phases if name in Phase._fields else work.is_vm] for name in _COLUMNS}
    return Workload(**kept, contention=work.contention)
