"""LAS and Gittins with the costs of paging: keys by hand, the known rules that they become without those, and the index for slowdown."""

from __future__ import annotations

from math import log
from typing import Any

import numpy as np
import pytest

from vmenv.dispatch.loop import experience
from vmenv.dispatch.loop.experience import INDEX, NUM_BINS, bin_of
from vmenv.dispatch.loop.view import HostView, VmView
from vmenv.dispatch.simulation import simulate
from vmenv.episodes.schedulers import make_scheduler
from vmenv.errors import SpecError
from vmenv.host import columns as c
from vmenv.host.spec import Host
from vmenv.workload import Workload

MEMORY = np.zeros(c.NUM_RUN_MEMORY)
MEMORY[INDEX:] = 0.25
HOST = HostView(
    **dict.fromkeys(HostView._fields, None)
    | {"now_us": 1_000, "quantum_us": 10, "memory_mib": 100, "memory_resident_mib": 80, "run_memory": MEMORY}
    | {"capacity": np.array([2_000, 100, 300])}
)
# Half of the CPU and of the memory: 50 MiB, of which 40 were paged out; 20 are free, so that 30 are paged out for it.
VM = VmView(
    **dict.fromkeys(VmView._fields, 0)
    | {"attained_us": 20, "cpu_millicores": 1_000, "memory_mib": 50, "swapped_mib": 40, "disk_device": 1, "nic_device": 2}
    | {"last_end_us": 900, "queue_place": 9}
)
FREE = {"demand_power": 0, "page_in": 0, "page_out": 0, "goes_on": 0}


@pytest.mark.parametrize(
    ("name", "parameters", "vm", "key"),
    [
        ("las_paging", {**FREE, "young_us": 5}, VM, log(25)),
        ("las_paging", {**FREE, "young_us": 5, "demand_power": 2}, VM, log(25) + 2 * log(0.5)),
        ("las_paging", {**FREE, "young_us": 5, "page_in": 3}, VM, log(25) + 3 * 0.4),
        ("las_paging", {**FREE, "young_us": 5, "page_out": 3}, VM, log(25) + 3 * 0.3),
        ("las_paging", {**FREE, "young_us": 5, "page_out": 3}, VM._replace(resident_mib=50), log(25)),
        ("las_paging", {**FREE, "young_us": 5, "goes_on": 2}, VM, log(25)),
        ("las_paging", {**FREE, "young_us": 5, "goes_on": 2}, VM._replace(last_end_us=1_000), log(25) - 2),
        ("las_paging", {**FREE, "young_us": 5, "resident": 2}, VM, log(25)),
        ("las_paging", {**FREE, "young_us": 5, "resident": 2}, VM._replace(resident_mib=1), log(25) - 2),
        ("gittins_paging", FREE, VM, -log(0.25)),
        ("gittins_paging", {**FREE, "demand_power": 2}, VM, -log(0.25) + 2 * log(0.5)),
        ("gittins_paging", {**FREE, "page_in": 3, "page_out": 2}, VM, -log(0.25) + 3 * 0.4 + 2 * 0.3),
        ("gittins_paging", {**FREE, "goes_on": 2}, VM._replace(last_end_us=1_000), -log(0.25) - 2),
    ],
)
def test_keys_by_hand(name: str, parameters: dict[str, Any], vm: VmView, key: float) -> None:
    scheduler = make_scheduler(name, **parameters)
    assert scheduler.key(vm, HOST, scheduler.params(0)) == pytest.approx((key, 9))


def starts(scheduler: Any) -> list[int]:
    """Returns the VMs of the first six grants: two that need 60 of 100 MiB each, so that changing over pages; quanta of 10."""
    host = Host(memory_mib=100, quantum_us=10, swap_kib_s=1_024_000_000)
    run = simulate(host, Workload.from_arrays([0, 0], [30, 30], memory_mib=[60, 60]), scheduler, record=True, interpreted=True)
    assert run.grants is not None
    order = np.lexsort((run.grants["vm"], run.grants["grant_us"]))
    return run.grants["vm"][order][:6].tolist()


def test_paging_holds_a_vm_on_the_host() -> None:
    """Least attained service takes turns; a bonus for going on that outweighs three quanta serves one VM after the other.

    VM 1 has had nothing when VM 0 has had 10 and 20: log(1), log(11) and log(21), which is 3.04 more.
    """
    assert starts(make_scheduler("las_paging", young_us=1, **FREE)) == [0, 1, 0, 1, 0, 1]
    assert starts(make_scheduler("las_paging", young_us=1, **FREE | {"goes_on": 3.1})) == [0, 0, 0, 1, 1, 1]
    # 2.7 outweighs one quantum and not two; VM 1 goes on to its end, VM 0 having had two all the time.
    assert starts(make_scheduler("las_paging", young_us=1, **FREE | {"goes_on": 2.7})) == [0, 0, 1, 1, 1, 0]
    # 40 MiB are free, so that VM 1 pages out 20: 12.5 x .2 = 2.5 is more than log(11) = 2.40 and less than log(21).
    assert starts(make_scheduler("las_paging", young_us=1, **FREE | {"page_out": 12.5})) == [0, 0, 1, 1, 1, 0]


def test_without_costs_they_are_las_and_the_learned_index() -> None:
    rng = np.random.default_rng(4)
    work = Workload.from_arrays(
        np.sort(rng.integers(0, 3_000, 50)), 1 + rng.exponential(100, 50).astype(np.int64), tenant=rng.integers(0, 2, 50)
    )
    rigid, shared = Host(quantum_us=20, preempt="none"), Host(quantum_us=20)
    learned = make_scheduler("gittins_paging", size_power=0, **FREE)
    assert simulate(rigid, work, learned).digest() == simulate(rigid, work, "gittins_learned").digest()
    weighted = make_scheduler("gittins_paging", size_power=1, **FREE)
    assert simulate(rigid, work, weighted).digest() != simulate(rigid, work, learned).digest()
    # LAS breaks ties by arrival and this by the ring: the sums of what is served are the same, VM by VM within a quantum.
    las, own = (simulate(shared, work, rule, horizon_us=2_000) for rule in ("las", make_scheduler("las_paging", young_us=1, **FREE)))
    assert np.abs(las.attained_us - own.attained_us).max() <= 20


def test_the_index_for_slowdown_is_that_of_the_law() -> None:
    """Of the law {1.1 quanta w.p. .9, 12 w.p. .1}, a completion counting 1 / size: at 0 it is .9 / 1.1 for 1.1, or both for all sizes."""
    memory = np.zeros(c.NUM_RUN_MEMORY)
    memory[INDEX + bin_of(1_100, 1_000)], memory[INDEX + bin_of(12_000, 1_000)] = 0.9, 1.0
    experience._index_from_hazards(memory, INDEX, 1.0)
    at_0 = max(0.9 / 1.1 / 1.1, (0.9 / 1.1 + 0.1 / 12) / (0.9 * 1.1 + 0.1 * 12))
    assert memory[INDEX] == pytest.approx(at_0, rel=0.2)
    assert memory[INDEX + bin_of(2_500, 1_000)] == pytest.approx(1 / 12 / (12 - 2.5), rel=0.25)
    assert (memory[INDEX : INDEX + NUM_BINS] >= 0).all()


def test_young_us_is_checked() -> None:
    with pytest.raises(SpecError, match="young_us is 0"):
        make_scheduler("las_paging", young_us=0)
