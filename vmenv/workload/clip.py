"""Fitting a workload to a smaller host than the one that it was measured on."""

from __future__ import annotations

import dataclasses

import numpy as np

from vmenv.host.spec import Host
from vmenv.workload.table import Workload


def clip_to(workload: Workload, host: Host) -> tuple[Workload, int]:
    """Lowers every demand to what `host` can give, so that no VM waits for ever for what the host does not have.

    A VM that wants more than the host has runs at the host's limit, for the same `work_us`: what it wanted beyond that is lost, not
    queued. The limit is that of the smallest disk and the smallest NIC, because a VM can be mapped to any of them. Phases that become
    equal stay apart. Disk images are not demands and stay as they are: `Workload.check_on` still refuses one that exceeds the pool.

    Args:
        workload: What was wanted.
        host: The host that it shall run on.

    Returns:
        The lowered workload, and the number of phases of which at least one demand was lowered.
    """
    limits = {
        "cpu_millicores": host.capacities[0],
        "memory_mib": host.memory_mib,
        "disk_kib_s": min(disk.bandwidth_kib_s for disk in host.disks),
        "net_kib_s": min(nic.bandwidth_kib_s for nic in host.nics),
    }
    above = np.stack([getattr(workload, name) > limit for name, limit in limits.items()])
    lowered = {name: np.minimum(getattr(workload, name), limit) for name, limit in limits.items()}
    return dataclasses.replace(workload, **lowered), int(above.any(axis=0).sum())
