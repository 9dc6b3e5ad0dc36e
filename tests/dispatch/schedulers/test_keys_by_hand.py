"""Keys of one VM, worked out by hand from the rules in the schedulers' files. Smaller goes first."""

from __future__ import annotations

from math import log2
from typing import Any

import numpy as np
import pytest

from vmenv.dispatch.loop.view import HostView, VmView
from vmenv.episodes.schedulers import make_scheduler
from vmenv.host import columns as c

NEVER = 2.0**62  # as a deadline
HOST = HostView(
    **dict.fromkeys(HostView._fields, None)
    | {
        "now_us": 1_000,
        "memory_mib": 1_000,
        "capacity": np.array([2_000, 100, 400, 300]),  # CPU, two disks, a NIC
        "free": np.array([1_500, 20, 300, 150]),
        "pool_mib": 120,
        "pool_free_mib": 30,
    }
)
# It has waited 70 of its 100 us, was served 20 of its 80, and demands .25 of CPU and second disk, .2 of the NIC, .3 of the memory.
VM = VmView(
    **dict.fromkeys(VmView._fields, 0)
    | {
        "arrival_us": 900,
        "attained_us": 20,
        "wait_us": 70,
        "size_us": 80,
        "weight": 3,
        "priority": 2,
        "slo_us": 150,
        "estimate_us": 40,
        "cpu_millicores": 500,
        "memory_mib": 300,
        "disk_kib_s": 100,
        "net_kib_s": 60,
        "disk_device": 2,
        "nic_device": 3,
        "resident_mib": 0,
        "queue_place": 9,
    }
)
NOT_TOLD = VM._replace(slo_us=0, estimate_us=0)
BATCH_JOB = VM._replace(estimate_us=4_000_000, wait_us=8_000_000, cpu_millicores=3_000)  # r = 4 s, w = 8 s, n = 3
TASK = VM._replace(kind=c.COMPRESS)


@pytest.mark.parametrize(
    ("name", "parameters", "vm", "key"),
    [
        ("tsrr", {}, VM, (9, 0)),
        ("las", {}, VM, (20, 0)),
        ("tsp", {}, VM, (-2, 20)),
        ("tsp", {"aging_per_s": 1e4}, VM, (-(2 + 0.01 * 3 * 70), 20)),
        ("sjf", {}, VM, (80, 0)),
        ("sjf", {"sizes": "estimate"}, VM, (40, 0)),
        ("sjf", {"sizes": "estimate"}, NOT_TOLD, (80, 0)),
        ("srpt", {}, VM, (60, 0)),
        ("srpt", {"volume": True}, VM, (60 * 0.3, 0)),
        ("srpt", {"volume": True}, VM._replace(memory_mib=0, net_kib_s=240), (60 * 0.8, 0)),
        ("edf", {}, VM, (1_050, 0)),
        ("edf", {}, NOT_TOLD, (NEVER, 0)),
        ("llf", {}, VM, (1_050 - 1_000 - 60, 0)),
        ("llf", {}, NOT_TOLD, (NEVER, 0)),
        ("wspt", {}, VM, (-3 / 80, 0)),
        ("cmu", {}, VM, (-3 / 40, 0)),
        ("cmu", {}, NOT_TOLD, (0, 0)),
        # After placement the CPU would be used to .5, the disks to .8 and .5, the NIC to .7.
        ("rap", {}, VM, (0.8 - 0.5, 0)),
        ("rap", {"rule": "attained"}, VM, (0.25 * 20 / 3, 0)),
        ("rrp", {}, VM, (-0.25, 0)),
        ("rrp", {"order": "asc"}, VM, (0.25, 0)),
        ("rrp", {}, VM._replace(net_kib_s=150), (-0.5, 0)),
        ("mlfq", {"threshold_us": 21, "ratio": 3}, VM, (0, 9)),
        ("mlfq", {"threshold_us": 20, "ratio": 3}, VM, (1, 9)),
        ("mlfq", {"threshold_us": 4, "ratio": 3}, VM, (2, 9)),  # levels end at 4, 12 and 36
        ("mlfq", {"threshold_us": 20, "ratio": 3, "resident_first": True}, VM, (1.5, 9)),
        # At age 0 waiting for all three serves 70 us, at ages from 10 on the next one or both are 1 in 20, and beyond the last is nothing.
        ("gittins", {"sizes_us": [10, 20, 40]}, VM._replace(attained_us=9), (-3 / 70, 0)),
        ("gittins", {"sizes_us": [10, 20, 40]}, VM._replace(attained_us=10), (-1 / 20, 0)),
        ("gittins", {"sizes_us": [10, 20, 40]}, VM._replace(attained_us=40), (0, 0)),
        ("wfp3", {}, BATCH_JOB, (-((8 / 4) ** 3) * 3, 0)),
        ("unicep", {}, BATCH_JOB, (-8 / (log2(3) * 4), 0)),
        ("unicep", {}, BATCH_JOB._replace(cpu_millicores=1000), (-8 / (1 * 4), 0)),
        ("unicep", {"serial": "first"}, BATCH_JOB, (-8 / (log2(3) * 4), 0)),
        ("unicep", {"serial": "first"}, BATCH_JOB._replace(cpu_millicores=1000), (-8 / (log2(1 + 1e-15) * 4), 0)),
        ("maintenance_last", {}, VM, (1, 20)),
        ("maintenance_last", {"patience_us": 100}, TASK, (2, 9)),
        ("maintenance_last", {"patience_us": 99}, TASK, (0, 9)),
        ("maintenance_last", {"reserve": 0.25}, TASK, (2, 9)),
        ("maintenance_last", {"reserve": 0.26}, TASK, (0, 9)),
        ("maintenance_last", {"reserve": 0.26}, TASK._replace(kind=c.SNAPSHOT), (2, 9)),
    ],
)
def test_keys_by_hand(name: str, parameters: dict[str, Any], vm: VmView, key: tuple[float, float]) -> None:
    scheduler = make_scheduler(name, **parameters)
    assert scheduler.key(vm, HOST, scheduler.params(0)) == pytest.approx(key, rel=1e-12)
