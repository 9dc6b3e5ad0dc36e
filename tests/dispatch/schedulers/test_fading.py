"""Fading: keys by hand, LAS as its special case, and what a full pool turns round."""

from __future__ import annotations

from math import log
from typing import Any

import numpy as np
import pytest

from vmenv.dispatch.loop.view import HostView, VmView
from vmenv.dispatch.simulation import simulate
from vmenv.episodes.schedulers import make_scheduler
from vmenv.errors import SpecError
from vmenv.host import columns as c
from vmenv.host.spec import Disk, Host
from vmenv.workload import Workload

HOST = HostView(
    **dict.fromkeys(HostView._fields, None)
    | {"now_us": 1_000, "pool_mib": 120, "pool_free_mib": 30, "memory_mib": 100, "capacity": np.array([2_000, 100, 300])}
)
VM = VmView(
    **dict.fromkeys(VmView._fields, 0)
    | {"attained_us": 20, "kind": c.RUN, "queue_place": 9, "cpu_millicores": 500, "disk_device": 1, "nic_device": 2}
)
SNAPSHOT = VM._replace(kind=c.SNAPSHOT, arrival_us=900, slo_us=400)  # three quarters of its time are left
COMPRESS = VM._replace(kind=c.COMPRESS)


@pytest.mark.parametrize(
    ("parameters", "vm", "key"),
    [
        ({"young_us": 5.0, "fade": 0.0}, VM, log(5)),
        ({"young_us": 5.0, "fade": 1.0}, VM, 0.25 * log(5)),
        ({"young_us": 5.0, "fade": 2.0}, VM, -0.5 * log(5)),
        ({"young_us": 5.0, "fade": 0.0, "demand_power": 2.0}, VM, log(5) + 2 * log(0.25)),
        ({"task_level": -1.0, "task_slope": 4.0}, SNAPSHOT, -1 + 4 * 0.75),
        ({"task_level": -1.0, "task_slope": 4.0}, SNAPSHOT._replace(slo_us=50), -1 + 4 * -1.0),
        ({"compress_level": -1.0, "compress_slope": 4.0}, COMPRESS, -1 + 4 * 0.25),
    ],
)
def test_keys_by_hand(parameters: dict[str, Any], vm: VmView, key: float) -> None:
    scheduler = make_scheduler("fading", **parameters)
    assert scheduler.key(vm, HOST, scheduler.params()) == pytest.approx((key, 9))


def test_where_the_pool_is_ample_it_is_least_attained_service() -> None:
    """But for ties, which are broken by the ring: VM by VM within a quantum of it."""
    rng = np.random.default_rng(3)
    work = Workload.from_arrays(np.sort(rng.integers(0, 2_000, 40)), rng.integers(1, 300, 40))
    las, fading = (simulate(Host(quantum_us=20), work, rule, horizon_us=1_500) for rule in ("las", make_scheduler("fading", young_us=1.0)))
    assert np.abs(las.attained_us - fading.attained_us).max() <= 20


def test_a_full_pool_lets_the_old_ones_end_first() -> None:
    """Images take 80 of 100 MiB. Where the preference is gone, or turned round, the VM that has begun goes on to its end."""
    host = Host(cpus=1, quantum_us=10, disks=(Disk(capacity_mib=100),))
    work = Workload.from_arrays([0, 0], [30, 30], image_mib=[40, 40])
    assert simulate(host, work, make_scheduler("fading", young_us=1.0, fade=1.0)).completion_us.tolist() == [50, 60]
    assert simulate(host, work, make_scheduler("fading", young_us=1.0, fade=1.5)).completion_us.tolist() == [30, 60]


def test_young_us_is_checked() -> None:
    with pytest.raises(SpecError, match="young_us is 0"):
        make_scheduler("fading", young_us=0)
