"""Paging of real guests beside the model: what is predicted, by hand. No time on the wall is asserted."""

from __future__ import annotations

import pytest

from tests.live.real import make
from vmenv.errors import SpecError
from vmenv.live.drivers.kvm import KvmDriver
from vmenv.live.paging_trial import disk_speed, overhead_us, page_guests, switch_guests


def test_predicted_by_hand() -> None:
    """Eight grants in turns: switches move two memories, but the first, before which one VM has none, and the last, when one is done."""
    assert overhead_us(10, 10_240, 50_000, 8) == 12 * 1_000_000


def test_rows_are_of_what_was_paged() -> None:
    with make("kvm", ram_mib=4, working_set_mib=2) as driver:
        assert isinstance(driver, KvmDriver)
        if driver.obstacles()["page_out"]:
            pytest.skip(driver.obstacles()["page_out"])
        (trial,) = trials = page_guests(driver, 1)
        switch = switch_guests(driver, 2_000, 4, trials)
        assert not driver._memories, "its guests are gone"
    assert trial.back.in_kib == trial.out.out_kib > 1_024
    assert trial.out_us[1] == pytest.approx(4096e6 / trial.disk.write_kib_s, abs=1)
    assert trial.in_us[1] == pytest.approx(4096e6 / trial.disk.read_kib_s, abs=1)
    assert switch.moved_us > 0
    assert switch.from_paging_us == pytest.approx(4 * 4096e6 / switch.paging_kib_s, rel=0.001)


def test_disk_that_cannot_be_written() -> None:
    with pytest.raises(SpecError, match="give another page_folder"):
        disk_speed("/proc", 1)
