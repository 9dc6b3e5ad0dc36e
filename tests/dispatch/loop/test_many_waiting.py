"""Where thousands wait, schedulers whose keys stay pick from what is kept of blocks and groups: the same VM as by computing every key."""

from __future__ import annotations

from typing import Any, ClassVar

import numpy as np
import pytest

import vmenv
from vmenv.dispatch.loop.rollout import MANY_SLOTS
from vmenv.dispatch.loop.view import HostView, VmView
from vmenv.host import columns as c

NUM_VMS = 5_000


class ByClass(vmenv.Scheduler):
    """Few keys, so that most are ties, and among those the last to come first; some are infinite."""

    information: ClassVar[str] = "demands"
    source: ClassVar[str] = "made up"
    keeps_keys: ClassVar[bool] = True
    waits_on_purpose: ClassVar[bool] = True

    @staticmethod
    def key(vm: VmView, host: HostView, params: Any) -> tuple[float, float]:
        if vm.priority == 3 and vm.attained_us > 0:
            return np.inf, 0.0
        return float(vm.priority), float(-vm.number // 7)


class ByClassAnew(ByClass):
    """The same, every key computed at every decision."""

    keeps_keys: ClassVar[bool] = False


class LasAnew(vmenv.Scheduler):
    """`las`, every key computed at every decision."""

    information: ClassVar[str] = "attained"
    source: ClassVar[str] = "vmenv.dispatch.schedulers.las"

    @staticmethod
    def key(vm: VmView, host: HostView, params: Any) -> tuple[float, float]:
        return float(vm.attained_us), 0.0


@pytest.mark.parametrize("mixed", [False, True], ids=["alike", "mixed"])
@pytest.mark.parametrize(
    ("kept", "anew"), [("las", LasAnew()), (ByClass(), ByClassAnew()), (ByClass(backfill=False), ByClassAnew(backfill=False))]
)
def test_who_is_first_of_many(kept: Any, anew: Any, mixed: bool) -> None:
    """All come within some milliseconds, more than a group of blocks holds."""
    rng = np.random.default_rng(5)
    assert NUM_VMS > MANY_SLOTS
    assert NUM_VMS > c.BLOCK * c.BLOCK, "several groups"
    demands = {
        "cpu_millicores": rng.integers(100, 4_000, NUM_VMS) if mixed else 1_000,
        "memory_mib": rng.integers(16, 4_096, NUM_VMS) if mixed else 64,
        "disk_kib_s": rng.integers(0, 50_000, NUM_VMS) if mixed else 0,
        "priority": rng.integers(0, 4, NUM_VMS),
    }
    work = vmenv.Workload.from_arrays(np.sort(rng.integers(0, 5_000, NUM_VMS)), rng.integers(1_000, 25_000, NUM_VMS), **demands)
    host = vmenv.Host(cpus=8, memory_mib=12_000_000)
    most = 20_000_000  # with infinite keys some never come to their end
    runs = [vmenv.simulate(host, work, scheduler, horizon_us=most) for scheduler in (kept, anew)]
    assert runs[0].num_decisions > 500
    assert runs[0].digest() == runs[1].digest()


def test_nobody_demands_less_than_the_least() -> None:
    """Where less is free than the least that anybody ever demanded, nobody is looked at: a VM that demands less comes and is granted."""
    manager = vmenv.Manager(vmenv.Host(cpus=1), interpreted=True)
    manager.create([vmenv.Phase(50_000, 700, 100)])
    manager.create([vmenv.Phase(50_000, 400, 100)])
    manager.schedule("las", until_us=10_000)
    assert manager.state.run[c.LEAST_CPU] == 400
    third = manager.create([vmenv.Phase(5_000, 300, 100)])
    manager.schedule("las", until_us=12_000)
    assert manager.state.run[c.LEAST_CPU] == 300
    assert manager.vm_status(third).state == "running"
