"""What of a workload is checked column against column, and against the host that it is to run on."""

from __future__ import annotations

import functools
from typing import TYPE_CHECKING

import numpy as np

from vmenv.errors import SpecError
from vmenv.host import columns as c
from vmenv.host.spec import Host
from vmenv.host.state import Ints

if TYPE_CHECKING:
    from vmenv.workload.table import Workload


def check_on(work: Workload, host: Host) -> None:
    """Checks that every phase and image could be held by the empty `host`.

    Raises:
        SpecError: One could not, so that it would wait for ever.
    """
    limits = _limits(host)
    if not work.emulated.any() and all(work.largest[name] <= limit for name, limit in limits.items()):
        return
    exits = work.emulated.repeat(work.num_phases) * -(-(work.disk_kib_s + work.net_kib_s) * host.exit_ns_per_kib // 1_000_000)
    for name, limit in limits.items():
        values = getattr(work, name) + (exits if name == "cpu_millicores" else 0)
        if name == "image_mib" and host.provisioning == "thin":  # what it can come to take
            values = np.where(work.dirty_kib_s > 0, np.minimum(values, work.working_set_mib), 0)
        worst = int(values.argmax())
        if values[worst] > limit:
            vm = worst if name == "image_mib" else int(np.searchsorted(work.first_phase, worst, side="right")) - 1
            raise SpecError(
                f"VM {vm} demands {name}={values[worst]}, more than the host's {limit}: it would never run. "
                "Lower the demand or give the host more"
            )


def limits_of(host: Host) -> Ints:
    """Returns (NUM_DEMANDS + 1,) what a phase may demand, and how large an image may be."""
    limits = _limits(host)
    return np.array([limits[name] for name in ("cpu_millicores", "disk_kib_s", "net_kib_s", "memory_mib", "image_mib")], np.int64)


@functools.lru_cache(maxsize=16)
def _limits(host: Host) -> dict[str, int]:
    """Returns what a phase may demand, and how large an image may be.

    A VM is mapped by demand, not by size, so it must fit the smallest device that it could be mapped to.
    """
    capacities = host.capacities
    disks, nics = capacities[1 : 1 + len(host.disks)], capacities[1 + len(host.disks) :]
    return {
        "cpu_millicores": capacities[0],
        "memory_mib": host.memory_mib,
        "disk_kib_s": min(disks),
        "net_kib_s": min(nics),
        "image_mib": host.pool_mib,
    }


def check_tasks(work: Workload) -> None:
    """Checks what maintenance tasks are about, and of how many phases they are.

    Raises:
        SpecError: One is about no VM that came before it, or has phases or an image that it cannot have.
    """
    rank = np.argsort(work.arrival_order)
    for i in np.flatnonzero(work.kind):
        target = work.target[i]
        if not 0 <= target < work.num_vms or work.kind[target] != c.RUN or rank[target] > rank[i]:
            raise SpecError(f"target[{i}] is {target}: a maintenance task needs the index of a VM that arrives before it")
        phases = 2 if work.kind[i] == c.MIGRATE else 1
        if work.num_phases[i] != phases or work.image_mib[i]:
            given = f"{work.num_phases[i]} phases and image_mib={work.image_mib[i]}"
            raise SpecError(f"maintenance task {i} has {given}: give {phases} and 0")
        if work.kind[i] == c.RESTORE and ((work.kind == c.MIGRATE) & (work.target == target)).any():
            raise SpecError(f"maintenance task {i} restores VM {target}, which another one migrates: give one of the two")
        if work.kind[i] == c.MIGRATE and work.net_kib_s[work.first_phase[i]] == 0:
            raise SpecError(f"maintenance task {i} migrates with net_kib_s=0: give the bandwidth that it takes")


def checked_contention(work: Workload) -> Ints:
    """Returns (C, C) the table of contention as read-only int64.

    Raises:
        SpecError: It is no square of whole numbers from 0 to 1000, or a class has no row in it.
    """
    table = np.array(work.contention)
    if table.ndim != 2 or table.shape[0] != table.shape[1] or table.dtype.kind not in "iu" or table.min() < 0 or table.max() > 1000:
        raise SpecError(f"contention is {work.contention!r}: give a square of whole numbers from 0 to 1000, a row and a column a class")
    if work.vm_class.max() >= len(table):
        raise SpecError(f"vm_class holds {work.vm_class.max()}: contention has {len(table)} classes, give 0 to {len(table) - 1}")
    table = table.astype(np.int64)
    table.flags.writeable = False
    return table
