"""Both ends of every range that hosts and workloads allow, and what they take as a whole number."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from vmenv.checks import LARGEST
from vmenv.dispatch.simulation import simulate
from vmenv.errors import SpecError
from vmenv.host.spec import Disk, Host, Nic
from vmenv.workload import Phase, Workload
from vmenv.workload.table import LATEST_US, default_columns

HOST_RANGES = [
    (Host, "cpus", 1, LARGEST // 1000),
    (Host, "memory_mib", 1, LARGEST),
    (Host, "quantum_us", 1, 2**53),
    (Host, "switch_us", 0, LARGEST),
    (Host, "reload_us", 0, LARGEST),
    (Host, "swap_kib_s", 1, LARGEST),
    (Disk, "bandwidth_kib_s", 1, LARGEST),
    (Disk, "capacity_mib", 0, LARGEST),
    (Nic, "bandwidth_kib_s", 1, LARGEST),
]


@pytest.mark.parametrize(("kind", "name", "least", "most"), HOST_RANGES)
def test_ranges_of_a_host(kind: Any, name: str, least: int, most: int) -> None:
    assert getattr(kind(**{name: least}), name) == least
    assert getattr(kind(**{name: most}), name) == most
    for outside in (least - 1, most + 1):
        with pytest.raises(SpecError, match=rf"^{kind.__name__}\.{name} is {outside}: give a whole number from {least} to {most}$"):
            kind(**{name: outside})
    for no_number in (1.0, "1", True, np.float64(1)):
        with pytest.raises(SpecError, match=rf"^{kind.__name__}\.{name} is .*: give a whole number from {least} to {most}$"):
            kind(**{name: no_number})
    assert getattr(kind(**{name: np.int32(least)}), name) == least, "whole numbers of numpy are whole numbers"


WORKLOAD_RANGES = [
    ("arrival_us", 0, LATEST_US),
    ("work_us", 1, LATEST_US),
    ("cpu_millicores", 0, LARGEST),
    ("memory_mib", 0, LARGEST),
    ("disk_kib_s", 0, LARGEST),
    ("net_kib_s", 0, LARGEST),
    ("weight", 1, LARGEST),
    ("priority", -LARGEST, LARGEST),
    ("slo_us", 0, LATEST_US),
    ("image_mib", 0, LARGEST),
    ("estimate_us", 0, LATEST_US),
    ("tenant", 0, LARGEST),
]


@pytest.mark.parametrize(("name", "least", "most"), WORKLOAD_RANGES)
def test_ranges_of_a_workload(name: str, least: int, most: int) -> None:
    given: dict[str, Any] = {"arrival_us": [0, 0, 0], "work_us": [1, 1, 1]}
    for value in (least, most):
        assert getattr(Workload.from_arrays(**(given | {name: [1, value, 1]})), name).tolist() == [1, value, 1]
    for outside in (least - 1, most + 1):
        with pytest.raises(SpecError, match=rf"^{name}\[1\] is {outside}: give whole numbers from {least} to {most}$"):
            Workload.from_arrays(**(given | {name: [1, outside, 1]}))
    with pytest.raises(SpecError, match=rf"^{name} holds 1.5: give whole numbers \(round them as you mean it\)$"):
        Workload.from_arrays(**(given | {name: [1.5, 1, 1]}))
    with pytest.raises(SpecError, match=rf"^{name} has 2 dimensions: give a flat sequence of whole numbers$"):
        Workload.from_arrays(**(given | {name: [[1, 1, 1]]}))


def test_lengths() -> None:
    with pytest.raises(SpecError, match=r"^weight has 2 entries: give 3, one a VM$"):
        Workload.from_arrays([0, 0, 0], [1, 1, 1], weight=[1, 2])
    with pytest.raises(SpecError, match=r"^memory_mib has 4 entries: give 3, one a phase$"):
        Workload(
            arrival_us=[0, 1],
            num_phases=[1, 2],
            **{name: [1] * 3 for name in ("work_us", "cpu_millicores", "disk_kib_s", "net_kib_s")},
            **default_columns(2),
            memory_mib=[1] * 4,
        )


@pytest.mark.parametrize(
    ("demand", "limit"),
    [("cpu_millicores", 2000), ("memory_mib", 50), ("disk_kib_s", 7), ("net_kib_s", 5), ("image_mib", 12)],
)
def test_a_demand_may_be_as_large_as_the_host_and_no_larger(demand: str, limit: int) -> None:
    """The smallest disk and NIC count, but the disks' capacities add up. What takes all of it runs, one after the other."""
    host = Host(
        cpus=2,
        memory_mib=50,
        disks=(Disk(bandwidth_kib_s=9, capacity_mib=5), Disk(bandwidth_kib_s=7, capacity_mib=7)),
        nics=(Nic(bandwidth_kib_s=5), Nic(bandwidth_kib_s=6)),
    )
    assert simulate(host, Workload.from_arrays([0, 0, 0], [10] * 3, **{demand: limit}), "fcfs", interpreted=True).completed.all()
    refusal = f"VM 1 demands {demand}={limit + 1}, more than the host's {limit}: it would never run. Lower the demand or give the host more"
    with pytest.raises(SpecError, match=rf"^{refusal}$"):
        simulate(host, Workload.from_arrays([0, 0, 0], [10] * 3, **{demand: [0, limit + 1, limit]}), "fcfs")


def test_a_later_phase_may_be_the_one_that_is_too_large() -> None:
    phases = [[Phase(5), Phase(5)], [Phase(5), Phase(5), Phase(5, memory_mib=2000)], [Phase(5)]]
    with pytest.raises(SpecError, match=r"^VM 1 demands memory_mib=2000, more than the host's 1024"):
        Workload.from_phases([0, 0, 0], phases).check_on(Host())


def test_one_value_for_all_is_checked_like_many_and_read_only() -> None:
    """Workloads share such columns."""
    for weight in (0, -(10**30), 10**30):
        with pytest.raises(SpecError, match=rf"^weight(\[0\] is| holds) {weight}(, which is too large)?: give whole numbers from 1 to"):
            Workload.from_arrays([0, 1], [5, 5], weight=weight)
    column = Workload.from_arrays([0, 1], [5, 5], weight=3).weight
    assert column.tolist() == [3, 3]
    with pytest.raises(ValueError, match="read-only"):
        column[0] = 1
    with pytest.raises(ValueError, match="WRITEABLE"):
        column.flags.writeable = True
