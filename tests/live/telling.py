"""What the tests of the manager compare: how its VMs stand, and how far a scheduler came."""

from __future__ import annotations

from typing import Any

from vmenv.live.manager import Manager
from vmenv.live.status import Progress, Stop


def states(manager: Manager) -> list[str]:
    return [manager.vm_status(vm).state.value for vm in range(manager.num_vms)]


def progress_of(clock_us: int, num_decisions: int, stopped: Stop) -> Any:
    return Progress(clock_us, num_decisions, stopped)
