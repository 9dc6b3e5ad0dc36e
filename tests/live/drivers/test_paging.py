"""Guests of KVM whose memory goes to the disk and comes back: it is the same, and nothing is left of the file."""

from __future__ import annotations

import resource
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.live.real import make
from vmenv.errors import ActionError, SimulationError, SpecError
from vmenv.live.driver import DRIVERS
from vmenv.live.drivers import _paging
from vmenv.live.drivers.kvm import KvmDriver

WORK_US = 10**9


@pytest.fixture
def driver() -> Iterator[KvmDriver]:
    with make("kvm", stop="signal", ram_mib=6, working_set_mib=4, dirty_kib_s=200_000) as made:
        assert isinstance(made, KvmDriver)
        if made.obstacles()["page_out"]:
            pytest.skip(made.obstacles()["page_out"])
        yield made


def memory_of(driver: KvmDriver, guest: int) -> bytes:
    return bytes(driver._memories[driver._own.guests[guest].clock])


def test_it_goes_on_as_one_that_was_not_paged_out(driver: KvmDriver) -> None:
    """In at once, and as it goes on, for a snapshot and elsewhere: the same memory at the end, and the same pages that were written to."""
    guest, other = driver.create(400_000), driver.create(400_000)  # more than a busy machine lets it have while it is moved
    for _ in range(2):
        driver.run(guest, 15_000)
        driver.dirty_pages(guest)  # from here on it waits for orders
        memory = memory_of(driver, guest)
        out = driver.page_out(guest)
        assert out.out_kib > 2048, "what it has written to, but for what another program kept in the page cache"
        assert driver.page_in(guest).in_kib == out.out_kib
        assert driver.page_in(guest).in_kib == 0, "it is there"
        assert memory_of(driver, guest) == memory
        driver.page_out(guest)
    before = driver.snapshot(guest)
    driver.page_out(guest)
    driver.run(guest, 5_000)
    since = driver.snapshot(guest, since=before)
    assert 0 < len(since.pages) < 1_000, "pages that came back are not pages that were written to"
    driver.page_out(guest)
    assert not driver.migrate(guest, 2**20, 10**6).done
    driver.page_out(guest)
    assert driver.run(guest, WORK_US).done
    assert driver.run(other, WORK_US).done
    assert memory_of(driver, guest) == memory_of(driver, other)


def test_work_after_it(driver: KvmDriver) -> None:
    guest = driver.create(1_000)
    driver.run(guest, WORK_US)
    driver.page_out(guest)
    driver.give_work(guest, 5_000)
    assert driver.run(guest, WORK_US).done


def test_nothing_is_left(tmp_path: Path) -> None:
    with make("kvm", page_folder=str(tmp_path)) as driver:
        if driver.obstacles()["page_out"]:
            pytest.skip(driver.obstacles()["page_out"])
        assert isinstance(driver, KvmDriver)
        guest = driver.create(1_000)
        driver.page_out(guest)
        assert not list(tmp_path.iterdir()), "whoever has it open has it, even if this process is killed"
        driver.destroy(guest)
        assert not driver._disks


def test_no_room(driver: KvmDriver) -> None:
    """A disk that takes no file of that size: it stays where it is, and goes on."""
    guest = driver.create(60_000)
    resource.prlimit(driver._own.guests[guest].pid, resource.RLIMIT_FSIZE, (2**20, 2**30))
    with pytest.raises(SimulationError, match="no room"):
        driver.page_out(guest)
    memory = memory_of(driver, guest)
    assert not driver.run(guest, 10_000).done
    assert memory_of(driver, guest) != memory
    resource.prlimit(driver._own.guests[guest].pid, resource.RLIMIT_FSIZE, (2**30, 2**30))
    assert driver.page_out(guest).out_kib > 0
    assert driver.run(guest, WORK_US).done


def test_where_it_cannot_be(monkeypatch: pytest.MonkeyPatch) -> None:
    """No disk and no swap space: it is told, and what helps. With swap space no file is needed."""
    mounts = ["1 0 0:1 / / rw - ext4 /dev/vda rw", "2 1 0:2 / /dev/shm rw - tmpfs tmpfs rw"]
    lines = {"/proc/swaps": ["Filename Type Size"], "/proc/self/mountinfo": mounts}
    monkeypatch.setattr(_paging, "_lines", lines.__getitem__)
    assert "give page_folder=FOLDER" in _paging.obstacle("/dev/shm")
    assert _paging.make_file("/dev/shm") == _paging.NO_FILE
    assert _paging.obstacle("/") == ""
    with make("kvm", page_folder="/dev/shm") as driver:
        guest = driver.create(1_000)
        with pytest.raises(ActionError, match=r"take memory .*tmpfs"):
            driver.page_out(guest)
        lines["/proc/swaps"].append("/dev/vdb partition 1")
        assert driver.obstacles()["page_out"] == ""
    with pytest.raises(SpecError, match="page_folder"):
        DRIVERS.make("kvm", page_folder="/nowhere")
