"""What the model leaves out, measured: what is compared with what, by guests whose times are told. No time on the wall is asserted."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.live.ideal import IdealDriver
from tests.live.real import make
from vmenv.cli.main import main
from vmenv.live import unmodelled
from vmenv.live.driver import Slice
from vmenv.live.unmodelled import Late, Unmodelled, lines_of


class Told(IdealDriver):
    """Its guest is done in the fourth turn."""

    def run(self, guest: int, service_us: int, *, wall_us: int | None = None) -> Slice:
        self.times_us.append(service_us)
        return Slice(service_us + 7, len(self.times_us) == 4)


def test_work_is_what_all_turns_took() -> None:
    driver, others = Told(), list[int]()
    guest = driver.create(1)
    assert unmodelled._work(driver, guest, lambda: others.append(1)) == 4 * (unmodelled.TURN_US + 7)
    assert driver.work[guest] == unmodelled.PIECE_US
    assert len(others) == 4


def test_page() -> None:
    """What was not measured is in no row."""
    late = Late.of([1.0, 2.0, 9.0])
    found = Unmodelled(timers=late, timers_on_time=late, stops=late, neighbour=[], switches={8: [100.0, 120.0, 300.0]})
    lines = lines_of(found)
    assert lines[2].startswith("| a timer of 1 ms, us late | 2, 9, 9 |")
    assert lines[-1].startswith("| a switch, 8 MiB | +120 us [+100 us, +300 us] |")
    assert not any("other core" in line for line in lines)
    found = Unmodelled(timers=late, timers_on_time=late, stops=late, neighbour=[1.25], switches={})
    assert lines_of(found)[-1].startswith("| the other core is busy | +25.0% |")


def test_the_command(tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    make("process").close()  # or skipped
    monkeypatch.setattr(unmodelled, "NUM_NAPS", 10)
    monkeypatch.setattr(unmodelled, "NUM_SLICES", 2)
    monkeypatch.setattr(unmodelled, "PIECE_US", 20_000)
    assert main(["live", "unmodelled", "working_set_mib=1", "repetitions=1", "--out", str(tmp_path)]) == 0
    page = (tmp_path / "live_unmodelled.md").read_text()
    out = capsys.readouterr().out
    assert all(line in out for line in page.splitlines() if line.startswith("|"))
    assert "Made by: `vmenv live unmodelled working_set_mib=1 repetitions=1 --out" in page
    assert main(["live", "unmodelled", "working_set_mb=1"]) == 2
    assert "working_set_mib" in capsys.readouterr().err
