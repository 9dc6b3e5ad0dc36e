"""Workloads made of workloads: several as one, and one with more or without its maintenance tasks."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

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


def take_vms(work: Workload, which: Ints) -> Workload:
    """Returns some VMs of a workload without maintenance tasks, in its order.

    Args:
        work: The workload.
        which: (K,) indices of VMs, ascending.

    Raises:
        SpecError: There are none.
    """
    taken = np.zeros(work.num_vms, np.bool_)
    taken[which] = True
    return _kept(work, taken)


def without_tasks(work: Workload) -> Workload:
    """Returns the VMs of a workload alone, in its order.

    Raises:
        SpecError: There are none.
    """
    return _kept(work, work.is_vm)


def _kept(work: Workload, taken: NDArray[np.bool_]) -> Workload:
    of_phases = taken.repeat(work.num_phases)
    kept = {name: getattr(work, name)[of_phases if name in Phase._fields else taken] for name in _COLUMNS}
    return Workload(**kept, contention=work.contention)
