"""Workloads made of workloads: several as one, and one without its maintenance tasks."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence

import numpy as np

from vmenv.workload.table import Phase, Workload

_COLUMNS = tuple(field.name for field in dataclasses.fields(Workload) if field.init and field.name != "contention")


def join(works: Sequence[Workload]) -> Workload:
    """Returns one workload with the VMs of all, one behind the other.

    Raises:
        SpecError: There are none.
    """
    return Workload(**{name: np.concatenate([np.empty(0, np.int64), *(getattr(work, name) for work in works)]) for name in _COLUMNS})


def without_tasks(work: Workload) -> Workload:
    """Returns the VMs of a workload alone, in its order.

    Raises:
        SpecError: There are none.
    """
    of_phases = work.is_vm.repeat(work.num_phases)
    kept = {name: getattr(work, name)[of_phases if name in Phase._fields else work.is_vm] for name in _COLUMNS}
    return Workload(**kept, contention=work.contention)
