"""Hosts and workloads refuse what cannot be meant, with one line that says what was given, what is allowed, and the fix."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from vmenv.episodes.schedulers import make_scheduler
from vmenv.errors import SpecError, UnknownNameError
from vmenv.host.spec import Disk, Host, Nic
from vmenv.workload import Phase, Workload


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: Host(cpus=0), "Host.cpus is 0: give a whole number from 1"),
        (lambda: Host(cpus=1.5), "Host.cpus is 1.5: give a whole number"),
        (lambda: Host(cpus=True), "Host.cpus is True: give a whole number"),
        (lambda: Host(memory_mib="1G"), "Host.memory_mib is '1G': give a whole number"),
        (lambda: Host(memory_mib=2**31), "Host.memory_mib is 2147483648: give a whole number from 1 to 2147483647"),
        (lambda: Host(quantum_us=0), "Host.quantum_us is 0"),
        (lambda: Host(switch_us=-1), "Host.switch_us is -1: give a whole number from 0"),
        (lambda: Host(reload_us=-1), "Host.reload_us is -1: give a whole number from 0"),
        (lambda: Host(swap_kib_s=0), "Host.swap_kib_s is 0: give a whole number from 1"),
        (lambda: Host(preempt="always"), "Host.preempt is 'always': give one of 'none', 'quantum', 'arrival'"),
        (lambda: Host(disks=()), "Host.disks is .*: give a tuple of one or more vmenv.Disk"),
        (lambda: Host(nics=(Disk(),)), "Host.nics is .*: give a tuple of one or more vmenv.Nic"),
        (lambda: Disk(bandwidth_kib_s=0), "Disk.bandwidth_kib_s is 0"),
        (lambda: Disk(capacity_mib=-5), "Disk.capacity_mib is -5"),
        (lambda: Nic(bandwidth_kib_s=None), "Nic.bandwidth_kib_s is None"),
        (lambda: Workload.from_arrays([0], [0]), r"work_us\[0\] is 0: give whole numbers from 1"),
        (lambda: Workload.from_arrays([0, -3], [5, 5]), r"arrival_us\[1\] is -3: give whole numbers from 0"),
        (lambda: Workload.from_arrays([0.5], [5]), "arrival_us holds 0.5: give whole numbers"),
        (lambda: Workload.from_arrays([True], [5]), "arrival_us holds True"),
        (lambda: Workload.from_arrays([0, 1], [5]), "work_us has 1 entries: give 2|arrival_us has 2 entries"),
        (lambda: Workload.from_arrays([], []), "a workload has 0 VMs: give at least one"),
        (lambda: Workload.from_arrays([[0]], [5]), "arrival_us has 2 dimensions"),
        (lambda: Workload.from_arrays([0], [5], memory_mib=-1), r"memory_mib\[0\] is -1"),
        (lambda: Workload.from_arrays([0], [5], weight=0), r"weight\[0\] is 0: give whole numbers from 1"),
        (lambda: Workload.from_phases([0], [[]]), r"num_phases\[0\] is 0"),
        (lambda: Workload.from_phases([0], [[Phase(5)]], wieght=3), "a VM has no 'wieght': did you mean 'weight'"),
        (lambda: Workload.from_arrays([0], work=[5]), "a workload has no 'work': did you mean 'work_us'"),
        (lambda: Workload.from_arrays([0], [5], memory_gib=1), "a workload has no 'memory_gib': did you mean 'memory_mib'"),
        (lambda: Workload.from_arrays([0], [5], cpu_millicores=3000).check_on(Host(cpus=2)), "cpu_millicores=3000, more than the host"),
        (
            lambda: Workload.from_phases([0, 0], [[Phase(1)], [Phase(1), Phase(1, 0, 0, 200_000)]]).check_on(Host()),
            "VM 1 demands disk_kib_s=200000, more than the host's 100000",
        ),
        (lambda: Workload.from_arrays([0], [5], image_mib=2_000_000).check_on(Host()), "VM 0 demands image_mib=2000000"),
        (lambda: make_scheduler("mlfq", treshold_us=1), "has no parameter 'treshold_us': did you mean 'threshold_us'"),
        (lambda: make_scheduler("mlfq", threshold_us=0), "Mlfq.threshold_us is 0: give a number above 0"),
        (lambda: make_scheduler("mlfq", ratio=1), "Mlfq.ratio is 1: give a number of at least 1.01"),
        (lambda: make_scheduler("polling", threshold=-1), "Polling.threshold is -1: give a number from 0"),
        (lambda: make_scheduler("phase_aware", burst_us=0), "PhaseAware.burst_us is 0: give a number above 0"),
        (lambda: make_scheduler("tsp", aging_per_s=float("nan")), "Tsp.aging_per_s is nan: give a finite number"),
        (lambda: make_scheduler("rrp", order="down"), "Rrp.order is 'down'"),
        (lambda: make_scheduler("fcfs", backfill="no"), "Fcfs.backfill is 'no': give True or False"),
    ],
)  # fmt: skip
def test_one_clear_line(make: Any, message: str) -> None:
    with pytest.raises(SpecError, match=message) as caught:
        make()
    assert "\n" not in str(caught.value)


def test_unknown_scheduler() -> None:
    with pytest.raises(UnknownNameError, match="unknown scheduler 'fcsf': did you mean 'fcfs'"):
        make_scheduler("fcsf")


def test_a_workload_keeps_what_it_was_given() -> None:
    arrivals = np.array([3, 1])
    work = Workload.from_arrays(arrivals, [5, 5])
    arrivals[0] = 99
    assert work.arrival_us.tolist() == [3, 1]
    assert work.arrival_order.tolist() == [1, 0]
    with pytest.raises(ValueError, match="read-only"):
        work.arrival_us[0] = 7


def test_phases() -> None:
    work = Workload.from_phases([0, 4], [[Phase(5), (6, 200, 3)], [Phase(7)]], priority=[1, 0])
    assert work.num_phases.tolist() == [2, 1]
    assert work.first_phase.tolist() == [0, 2]
    assert work.size_us.tolist() == [11, 7]
    assert work.memory_mib.tolist() == [0, 3, 0]
    assert work.priority.tolist() == [1, 0]


def test_capacities_and_names() -> None:
    host = Host(
        cpus=2, disks=(Disk(bandwidth_kib_s=7, capacity_mib=3), Disk(bandwidth_kib_s=9, capacity_mib=4)), nics=(Nic(bandwidth_kib_s=5),)
    )
    assert host.capacities == (2000, 7, 9, 5)
    assert host.device_names == ("cpu", "disk0", "disk1", "nic0")
    assert host.pool_mib == 7
    assert host.describe()["disks"][1] == {"bandwidth_kib_s": 9, "capacity_mib": 4}
