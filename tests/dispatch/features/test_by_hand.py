"""Every feature of one VM and one host, worked out by hand from what its declaration says: tau is 100 us, and it is 1,000 us."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from tests.dispatch.features.test_features import IN_FLOAT32, INDEX_HOST, VALUES, value
from vmenv.dispatch.features import forms
from vmenv.dispatch.features.feature import RATIO, SIGNED, SQUASH
from vmenv.dispatch.features.host import DEVICE, HOST, LOADED, WAITING
from vmenv.dispatch.features.vm import VM
from vmenv.dispatch.loop.experience import DONE, INDEX, NUM_BINS
from vmenv.dispatch.loop.looks import WAITING_CLASSES, Loaded, Waiting
from vmenv.dispatch.loop.view import HostView, VmView
from vmenv.host import columns as c

TAU = 100.0
FIRST_DISK, SECOND_DISK, NIC = 1, 2, 3

HOST_VIEW = HostView(
    **dict.fromkeys(HostView._fields, None)
    | {
        "now_us": 1_000,
        "quantum_us": 50,
        "loaded_tenant": 5,
        "memory_mib": 1_000,
        "memory_running_mib": 600,
        "memory_resident_mib": 900,
        "num_slots": 16,
        "num_runnable": 4,
        "num_running": 1,
        "num_queued": 12,
        "next_turn_us": 1_025,
        "capacity": np.array([2_000, 100, 400, 300]),
        "free": np.array([1_500, 20, 300, 0]),
        "mapped": np.array([1_700, 90, 250, 300]),
        "pool_mib": 120,
        "pool_free_mib": 30,
        "neighbours": np.array([1, 2]),
        # Served beside each other for 10,000 us, which counts half: what was lost is a half of what was seen.
        "pairs": np.array([[[10_000, 8_000_000], [10_000, 6_000_000]], [[10_000, 5_000_000], [10_000, 1_000_000]]]),
        "run_memory": np.zeros(c.NUM_RUN_MEMORY),
    }
)
HOST_VIEW.run_memory[WAITING_CLASSES : WAITING_CLASSES + 2] = [1, 2]  # VMs that wait, itself among the first
LABEL = 1  # of tenant 5
HOST_VIEW.run_memory[DONE + LABEL * NUM_BINS + np.array([0, 7])] = [2, 4]  # six VMs of the label are done
HOST_VIEW.run_memory[INDEX + LABEL * NUM_BINS] = 0.5  # completions a quantum in the first bin

WAITS = VmView(
    **dict.fromkeys(VmView._fields, 0)
    | {
        "arrival_us": 900,
        "attained_us": 20,
        "size_us": 70,
        "phase_left_us": 7,
        "weight": 3,
        "priority": -3,
        "slo_us": 150,
        "estimate_us": 45,
        "tenant": 5,
        "kind": c.RUN,
        "copying": 2,
        "cpu_millicores": 500,
        "memory_mib": 300,
        "disk_kib_s": 100,
        "net_kib_s": 60,
        "disk_device": SECOND_DISK,
        "nic_device": NIC,
        "resident_mib": 50,
        "swapped_mib": 200,
        "last_end_us": 975,
        "turn_us": 975,
        "start_us": 30,
    }
)
OF_WAITING_VM = {
    "running": 0,
    "continues": 0,
    "copying": 1,
    "same_tenant": 1,
    "age": 100 / (100 + 100),
    "age_long": 100 / (100 + 1_000),
    "idle": 25 / (25 + 100),
    "grant_left": 0,
    "start": 30 / (30 + 10),
    "slack": (900 + 150 - 1_000) / (50 + 100),
    "attained_short": 20 / (20 + 10),
    "attained": 20 / (20 + 100),
    "attained_long": 20 / (20 + 1_000),
    "left": 50 / (50 + 100),
    "left_long": 50 / (50 + 1_000),
    "expected_left": (45 - 20) / (25 + 100),
    "seen": 6 / (6 + 4),
    "promise": 1 / (1 + 1),  # 0.5 completions a quantum of 50 us are 1 in 100 us
    "cpu": 500 / 2_000,
    "disk": 100 / 400,
    "net": 60 / 300,
    "memory": 300 / 1_000,
    "resident": 50 / 1_000,
    "page_in": 200 / 1_000,
    "page_out": (300 - 50 - 100) / 1_000,  # of the memory, 100 MiB are free
    "weight": 3 / (3 + 1),
    "priority": -3 / (3 + 1),
    "snapshot": 0,
    "compress": 0,
    "migrate": 0,
    "restore": 0,
    "beside": (1_000 - 100 - 2 * 200) / 1_000,
    "harm": 0.6 / (0.6 + 1),  # 100 of the one of class 0, 250 of each of class 1
    "dominant": 300 / 1_000,  # of the memory; a quarter of CPU and disk, a fifth of the network
    "slack_share": 50 / (50 + 150),
    "partner": (1_000 - 200 - 250) / 1_000,  # with one of class 1: no other of its own class waits
}
KINDS = {"snapshot": c.SNAPSHOT, "compress": c.COMPRESS, "migrate": c.MIGRATE, "restore": c.RESTORE}
OF_HOST = {
    "memory_free": 400 / 1_000,
    "memory_resident": 900 / 1_000,
    "runnable": 4 / (4 + 4),
    "running": 1 / (1 + 4),
    "queued": 12 / (12 + 4),
    "runnable_of_slots": 4 / 16,
    "running_of_slots": 1 / 16,
    "queued_of_slots": 12 / (12 + 16),
    "next_end": 25 / (25 + 100),
    "pool_free": 30 / 120,
    "free_cpu": 1_500 / 2_000,
    "free_disk": 20 / 100,
}
OF_WHAT_WAITS = {"demand_cpu": 6_000 / (6_000 + 2_000), "largest_cpu": 1_500 / 2_000, "runnable_whole": 4 / (4 + 4)}
OF_LOADED_TENANT = {"loaded_waiting": 12 / (12 + 4), "loaded_since": 25 / (25 + 100), "loaded_since_second": 300 / (300 + 100)}
OF_LOADED_TENANT |= {"loaded_lately": 2 / (2 + 4)}


def of_vm(vm: VmView, host: HostView = HOST_VIEW) -> dict[str, float]:
    return {name: value(feature, vm, host, TAU) for name, feature in VM.items() if feature.parts is not None}


def test_a_vm_that_waits() -> None:
    assert of_vm(WAITS) == pytest.approx(OF_WAITING_VM, rel=1e-12)


def test_a_vm_that_runs() -> None:
    """Its quantum ends in 25 us; that its phase ends in 7 is hidden."""
    changed = {"running": 1, "idle": 0, "grant_left": 25 / (25 + 100), "start": 0, "partner": (1_000 - 2 * 100) / 1_000}
    assert of_vm(WAITS._replace(running=1, turn_us=1_025)) == pytest.approx(OF_WAITING_VM | changed, rel=1e-12)


def test_what_is_not_there() -> None:
    """Deadline, announced size, contention, snapshots; another tenant is loaded; it ran until now; all its memory is in; 0 after that."""
    vm = WAITS._replace(slo_us=0, estimate_us=0, copying=0, tenant=4, last_end_us=1_000, resident_mib=300, swapped_mib=0, arrival_us=1_000)
    found = of_vm(vm, HOST_VIEW._replace(neighbours=np.array([0, 0])))
    changed = {"slack": 0, "slack_share": 0, "expected_left": 0, "copying": 0, "same_tenant": 0, "continues": 1, "beside": 1, "harm": 0}
    changed |= {"resident": 0.3, "page_in": 0, "page_out": 0, "age": 0, "age_long": 0, "seen": 0, "promise": 0}  # of label 0
    assert found == pytest.approx(OF_WAITING_VM | changed, rel=1e-12)


@pytest.mark.parametrize("kind", KINDS)
def test_kinds_of_maintenance(kind: str) -> None:
    found = of_vm(WAITS._replace(kind=KINDS[kind]))
    assert {name: found[name] for name in KINDS} == {name: float(name == kind) for name in KINDS}


def test_a_late_vm_has_negative_slack() -> None:
    assert of_vm(WAITS._replace(slo_us=50))["slack"] == -50 / (50 + 100)


def test_the_host() -> None:
    found = {name: value(feature, HOST_VIEW, TAU) for name, feature in HOST.items()}
    assert found == pytest.approx(OF_HOST, rel=1e-12)
    found = {name: value(feature, HOST_VIEW, Waiting(6_000, 1_500, 4)) for name, feature in WAITING.items()}
    assert found == pytest.approx(OF_WHAT_WAITS, rel=1e-12)
    found = {name: value(feature, Loaded(12, 25.0, 300.0, 2.0), TAU) for name, feature in LOADED.items()}
    assert found == pytest.approx(OF_LOADED_TENANT, rel=1e-12)
    assert OF_HOST.keys() | OF_WHAT_WAITS.keys() | OF_LOADED_TENANT.keys() == INDEX_HOST.keys()


@pytest.mark.parametrize(
    ("device", "free", "waiting"),
    [
        (c.CPU, 1_500 / 2_000, 1_200 / (1_200 + 2_000)),
        (FIRST_DISK, 20 / 100, 10 / (10 + 100)),
        (SECOND_DISK, 300 / 400, 150 / (150 + 400)),
        (NIC, 0, 0),
    ],
)
def test_a_device(device: int, free: float, waiting: float) -> None:
    """Of what all demand of it, those that run have what is not free."""
    found = {name: value(feature, HOST_VIEW, device) for name, feature in DEVICE.items()}
    assert found == pytest.approx({"free": free, "waiting": waiting}, rel=1e-12)


@pytest.mark.parametrize("parts", [(0, 5.0), (3, 1.0), (-3, 1.0), (10**9, 7.0)])
def test_forms(parts: tuple[Any, Any]) -> None:
    """In both precisions what `VALUES` says; both sides at once are those of x and -x."""
    for form, short, long in ((RATIO, forms.ratio32, forms.ratio64), (SIGNED, forms.signed32, forms.signed64)):
        assert long(parts) == VALUES[form](*parts)
        assert short(parts) == pytest.approx(VALUES[form](*parts), rel=IN_FLOAT32)
    if parts[0] >= 0:
        assert forms.squash64(parts) == VALUES[SQUASH](*parts)
        assert forms.squash32(parts) == pytest.approx(VALUES[SQUASH](*parts), rel=IN_FLOAT32)
    signed = VALUES[SIGNED](*parts)
    assert forms.sides32(parts) == pytest.approx((max(signed, 0.0), max(-signed, 0.0)), rel=IN_FLOAT32)
