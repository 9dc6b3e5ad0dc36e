"""thrash is what its description says: laws, load, and overcommitted memory."""

from __future__ import annotations

import numpy as np

from vmenv.dispatch.scenarios.thrash import Thrash
from vmenv.episodes.scenario import make_scenario

SCENARIO = Thrash(num_vms=200_000)
HOST = SCENARIO.build_host()
WORK = SCENARIO.episode(0)


def test_load_of_the_busier_device() -> None:
    """200,000 VMs: the standard error of the load is below 1 %, the tolerance four of them."""
    span_us = WORK.arrival_us[-1]
    loads = [
        (WORK.work_us * demand).sum() / (span_us * capacity)
        for demand, capacity in zip([WORK.cpu_millicores, WORK.disk_kib_s], HOST.capacities[:2], strict=True)
    ]
    assert max(loads) == np.float64(loads[0])
    assert abs(loads[0] - 0.7) < 0.03


def test_demands() -> None:
    cpu = WORK.cpu_millicores / HOST.capacities[0]
    disk = WORK.disk_kib_s / HOST.disks[0].bandwidth_kib_s
    net = WORK.net_kib_s / HOST.nics[0].bandwidth_kib_s
    heavy = cpu > 0.225
    assert abs(heavy.mean() - 0.5) < 0.005
    for values, low, high in [
        (cpu[heavy], 0.25, 0.60),
        (disk[heavy], 0.02, 0.15),
        (cpu[~heavy], 0.05, 0.20),
        (disk[~heavy], 0.25, 0.60),
        (net, 0.02, 0.30),
    ]:
        assert abs(values.min() - low) < 0.002
        assert abs(values.max() - high) < 0.002
        assert abs(values.mean() - (low + high) / 2) < 0.002


def test_memory_and_sizes() -> None:
    fractions, counts = np.unique(WORK.memory_mib / HOST.memory_mib, return_counts=True)
    assert fractions.tolist() == [0.125, 0.25, 0.375, 0.5]
    assert np.abs(counts / len(WORK.memory_mib) - [0.4, 0.3, 0.2, 0.1]).max() < 0.006
    assert WORK.work_us.min() >= 10_000
    assert abs(WORK.work_us.mean() - 1_185_000) < 4 * 2_400_000 / np.sqrt(200_000) * 1.5
    assert abs((WORK.work_us > 5_000_000).mean() - (0.85 * np.exp(-4.99 / 0.5) + 0.15 * np.exp(-4.99 / 5.0))) < 0.003


def test_paging_the_whole_memory_takes_a_second() -> None:
    assert HOST.swap_kib_s is not None
    assert HOST.memory_mib * 1024 / HOST.swap_kib_s == 1.0
    assert (HOST.quantum_us, HOST.switch_us) == (250_000, 10_000)
    assert make_scenario("thrash").num_slots == 24
    assert make_scenario("thrash").episode(0).num_vms == 150
