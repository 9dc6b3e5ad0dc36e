"""Guests of KVM: snapshots that cost what was written to, and a restored guest that goes on as the other does."""

from __future__ import annotations

import errno
from collections.abc import Iterator

import pytest

from tests.live.real import make
from vmenv.errors import ActionError, SpecError
from vmenv.live.driver import DRIVERS
from vmenv.live.drivers import kvm
from vmenv.live.drivers.kvm import PAGE_BYTES, KvmDriver


@pytest.fixture
def driver() -> Iterator[KvmDriver]:
    with make("kvm", stop="signal", ram_mib=8, working_set_mib=4, dirty_kib_s=200_000) as made:
        assert isinstance(made, KvmDriver)
        yield made


def memory_of(driver: KvmDriver, guest: int) -> bytes:
    return bytes(driver._memories[driver._own.guests[guest].clock])


def test_snapshot_and_restore(driver: KvmDriver) -> None:
    """S_snapshot = S_vm + dS_vm: the second keeps the pages of the dirty log. A third guest goes on from it, to the same memory."""
    guest = driver.create(60_000)
    driver.run(guest, 10_000)
    whole = driver.snapshot(guest)
    kept = memory_of(driver, guest)
    driver.run(guest, 1_000)
    now = memory_of(driver, guest)
    changed = [k for k in range(8 * 256) if kept[k * PAGE_BYTES :][:PAGE_BYTES] != now[k * PAGE_BYTES :][:PAGE_BYTES]]
    part = driver.snapshot(guest, since=whole)
    assert set(changed) <= set(part.pages)
    assert 0 < len(part.pages) < 1_024
    assert part.num_bytes == len(part.pages) * PAGE_BYTES + len(part.registers)
    assert driver.dirty_pages(guest) == 0, "it stands"
    other, third = driver.restore(part), driver.restore(whole)
    assert memory_of(driver, other) == now
    assert memory_of(driver, third) == kept
    assert all(driver.run(one, 10**7).done for one in (guest, other, third))
    assert memory_of(driver, guest) == memory_of(driver, other) == memory_of(driver, third) != now


def test_a_new_guest_does_not_run_for_its_snapshot(driver: KvmDriver) -> None:
    guest = driver.create(30_000)
    first, second = driver.snapshot(guest), driver.snapshot(guest)
    assert first == second
    assert driver.run(driver.restore(first), 10**7).done


def test_it_stands_while_it_is_asked(driver: KvmDriver) -> None:
    """It takes an order before it goes on with its work, wherever a stop has met it.

    A signal may still come between the last look at it and KVM_RUN: one time in 3,000, and not five in 60.
    """
    guest, went_on = driver.create(10**9), 0
    for _ in range(60):
        driver.run(guest, 100)
        memory = memory_of(driver, guest)
        driver.dirty_pages(guest)
        went_on += memory_of(driver, guest) != memory
    assert went_on < 5


def test_options_and_other_sizes(driver: KvmDriver) -> None:
    for options in ({"ram_mib": 5}, {"ram_mib": 2}, {"working_set_mib": 3}, {"ram_mib": 8, "working_set_mib": 8}, {"dirty_kib_s": -1}):
        with pytest.raises(SpecError):
            DRIVERS.make("kvm", **options)
    with DRIVERS.make("kvm", ram_mib=4) as smaller, pytest.raises(SpecError, match="ram_mib"):
        smaller.restore(driver.snapshot(driver.create(1_000)))


def test_without_rights(monkeypatch: pytest.MonkeyPatch) -> None:
    """One clear line."""

    def refuse(*_: object) -> int:
        raise PermissionError(errno.EACCES, "Permission denied")

    with make("kvm") as driver:
        monkeypatch.setattr(kvm.os, "open", refuse)
        assert "be a member of the group" in driver.obstacles()["run"]
        with pytest.raises(ActionError, match="Permission denied"):
            driver.check_can("run")
        monkeypatch.undo()


def test_processes_have_no_snapshots() -> None:
    with make("process") as driver:
        guest = driver.create(1_000)
        with pytest.raises(ActionError, match="use kvm"):
            driver.snapshot(guest)
        with pytest.raises(ActionError, match="use kvm"):
            driver.dirty_pages(guest)
