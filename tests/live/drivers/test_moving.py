"""Guests that are moved while they run: the same memory elsewhere, by the model's rule of when to stop. No time on the wall is asserted."""

from __future__ import annotations

import os
import signal
from collections.abc import Iterator

import pytest

from tests.live.real import make
from vmenv.errors import SimulationError, SpecError
from vmenv.host import migration
from vmenv.live.drivers import _kvm_monitor, _moving, kvm
from vmenv.live.drivers._guest import Guest
from vmenv.live.drivers.kvm import KvmDriver

FAST, WORK_US = 2**20, 10**9  # KiB/s; never done


@pytest.fixture
def driver() -> Iterator[KvmDriver]:
    with make("kvm", stop="signal", ram_mib=4, working_set_mib=2, dirty_kib_s=20_000) as made:
        assert isinstance(made, KvmDriver)
        yield made


def process_of(driver: KvmDriver, guest: int) -> int:
    return driver._own.guests[guest]._process.pid


def test_one_rule_and_one_protocol() -> None:
    """What the model and the drivers must not share by import is the same."""
    assert _moving.MOST_ROUNDS == migration.MOST_ROUNDS
    assert (_moving.END, _moving.PAGE_BYTES) == (_kvm_monitor.END, _kvm_monitor.PAGE_BYTES)
    assert _moving.REGISTERS_BYTES == _kvm_monitor.REGS_BYTES + _kvm_monitor.SREGS_BYTES
    assert kvm.RCX_AT == _kvm_monitor.SREGS_BYTES + 2 * 8, "behind rax and rbx"


def test_moved(driver: KvmDriver) -> None:
    """It has another process and the same number, and ends with the memory that one which was not moved has."""
    one, other = driver.create(60_000), driver.create(60_000)
    assert not driver.run(one, 5_000).done
    before = driver._own.guests[one]._process
    moved = driver.migrate(one, FAST, 10**6)
    assert not moved.done
    assert moved.rounds_kib == (4096,)
    assert 0 <= moved.last_kib <= 4096
    assert process_of(driver, one) != before.pid
    assert before.returncode == -signal.SIGKILL, "the one that it was in is buried"
    assert driver.run(one, WORK_US).done
    assert driver.run(other, WORK_US).done
    memories = [bytes(driver._memories[driver._own.guests[guest].clock]) for guest in (one, other)]
    assert memories[0] == memories[1]
    assert len(driver._memories) == 2


def test_rounds_end_as_in_the_model(driver: KvmDriver) -> None:
    """Each but the last begins with more than may be left, and with less than the one before."""
    guest = driver.create(WORK_US)
    driver.run(guest, 5_000)
    moved = driver.migrate(guest, 200_000, 100)
    most_kib = 200_000 * 100 / 1e6
    assert moved.rounds_kib[0] == 4096
    assert len(moved.rounds_kib) <= migration.MOST_ROUNDS
    assert all(later < sooner for sooner, later in zip(moved.rounds_kib, moved.rounds_kib[1:], strict=False))
    assert all(kib > most_kib for kib in moved.rounds_kib[1:])
    assert moved.last_kib <= most_kib or moved.last_kib >= moved.rounds_kib[-1] or len(moved.rounds_kib) == migration.MOST_ROUNDS


def test_done_before_it_is_moved(driver: KvmDriver) -> None:
    guest = driver.create(2_000)
    before = process_of(driver, guest)
    moved = driver.migrate(guest, 100, 0)  # the first round would take 40 s
    assert moved.done
    assert process_of(driver, guest) == before
    assert len(driver._memories) == 1


@pytest.mark.parametrize("killed", ["guest", "other"])
def test_one_of_them_dies(driver: KvmDriver, killed: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """One line says so; the other monitor is gone, and a guest that lives stays where it is."""
    guest = driver.create(WORK_US)
    before = process_of(driver, guest)
    begin = Guest.begin

    def begin_and_kill(one: Guest, order: bytes) -> None:
        begin(one, order)
        if order == b"m":
            os.kill(before if killed == "guest" else one._process.pid, signal.SIGKILL)

    monkeypatch.setattr(Guest, "begin", begin_and_kill)
    with pytest.raises(SimulationError, match=r"ended|do not arrive"):
        driver.migrate(guest, 10_000, 0)
    monkeypatch.undo()
    assert len(driver._memories) == 1
    if killed == "other":
        assert not driver.run(guest, 1_000).done
    else:
        with pytest.raises(SimulationError):
            driver.run(guest, 1_000)


def test_values_out_of_range(driver: KvmDriver) -> None:
    guest = driver.create(1_000)
    for bandwidth_kib_s, most_down_us in ((0, 1), (1, -1)):
        with pytest.raises(SpecError, match="whole number"):
            driver.migrate(guest, bandwidth_kib_s, most_down_us)
    with pytest.raises(SimulationError, match="no guest"):
        driver.migrate(99, 1, 1)
