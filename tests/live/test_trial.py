"""From the simulator to the machine: what is compared with what, and the page about it. No time on the wall is asserted."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

import vmenv
from tests.live.real import make
from vmenv.cli.main import main
from vmenv.errors import SpecError, UnknownNameError
from vmenv.live.trial import find_schedulers, play_real
from vmenv.live.trial_page import Part, draw, findings, page_of
from vmenv.live.trial_work import TrialWork


def test_work_is_scaled() -> None:
    """The mean and the load are those that are asked for; the order of sizes is the scenario's."""
    work = TrialWork(scenario="thrash", num_vms=10, mean_work_s=2.0, load=0.5).build()
    assert work.num_vms == 10
    assert work.work_us.mean() == pytest.approx(2e6, rel=0.02)
    assert work.work_us.sum() / work.arrival_us.max() == pytest.approx(0.5, rel=0.01)
    assert not work.memory_mib.any()
    episode = vmenv.make_scenario("thrash").episode(0)
    first = episode.arrival_order[:10]
    assert (np.diff(work.arrival_us) >= 0).all()
    assert work.tenant.tolist() == episode.tenant[first].tolist()
    assert not TrialWork(load=0).build().arrival_us.any()


@pytest.mark.parametrize("wrong", [{"num_vms": 1}, {"mean_work_s": 0}, {"load": -1}, {"num_vms": 399, "scenario": "thrash"}])
def test_work_that_cannot_be_meant(wrong: dict[str, object]) -> None:
    with pytest.raises(SpecError):
        TrialWork(**wrong).build()  # type: ignore[arg-type]  # what is wrong has many types


def test_unknown_names() -> None:
    with pytest.raises(UnknownNameError, match="thrash"):
        TrialWork(scenario="trash").build()
    with pytest.raises(UnknownNameError, match="tsrr"):
        find_schedulers(["tsr"])
    with pytest.raises(SpecError, match="empty"):
        find_schedulers([])


def test_policies_by_name_and_path() -> None:
    """A learned one that comes with vmenv, and a folder or card by its path."""
    path = Path(vmenv.__file__).parent / "policies" / "dispatch" / "thrash-index"
    found = find_schedulers(["mlfq", "thrash-index", str(path)])
    assert found["thrash-index"] == found[str(path)]


def test_errors_are_split(tmp_path: Path) -> None:
    """Size and dynamics errors together are the whole; books, orders and switches are those that are predicted from measured sizes."""
    work = TrialWork(num_vms=6, mean_work_s=0.08, load=2.0, seed=3).build()
    with make("process") as driver:
        trial = play_real(driver, vmenv.Host(quantum_us=50_000), work, "las", vmenv.make_scheduler("las"))
        assert driver.create(1_000) == driver.create(1_000) - 1, "it goes on, and has no guest of the trial"
    whole = trial.outcome.response_us.mean() / trial.from_expected.response_us.mean()
    assert (1 + trial.size_error) * (1 + trial.dynamics_error) == pytest.approx(whole)
    assert trial.measured.work_us.tolist() == trial.outcome.attained_us.tolist()
    assert abs(trial.dynamics_error) < 0.05
    assert trial.likeness > 0.8
    assert sum(one.used_us for one in trial.slices) == trial.measured.work_us.sum()
    part = Part(driver="process", quantum_us=50_000, clock="service", trials=[trial])
    page = page_of([part], {"Made by": "a test"}, None)
    assert f"| las | {trial.response_s:.3f} |" in page
    assert any("as predicted" in said for said in findings(part))
    for number in (1, 5):
        draw([part] * number, tmp_path / f"{number}.png")
    assert (tmp_path / "5.png").stat().st_size > (tmp_path / "1.png").stat().st_size


def test_the_command(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    make("process").close()  # or skipped
    arguments = ["num_vms=3", "mean_work_s=0.04", "schedulers=tsrr,thrash-index", "repetitions=1", "quantum_ms=20"]
    assert main(["live", "run", *arguments, "--out", str(tmp_path / "made")]) == 0
    assert [line.split()[0] for line in capsys.readouterr().out.splitlines()][:2] == ["tsrr", "thrash-index"]
    page = (tmp_path / "made" / "live.md").read_text()
    assert "process: quantum 20 ms, clock service" in page
    assert (tmp_path / "made" / "live.png").stat().st_size > 1_000
    for wrong, told in (
        ("drver=process", "driver"),
        ("quantum_ms=0", "milliseconds"),
        ("schedulers=las,tsr", "tsrr"),
        ("clock=sun", "service"),
        ("stop=never", "freezer"),
    ):
        assert main(["live", "run", "num_vms=2", "mean_work_s=0.02", wrong]) == 2
        assert told in capsys.readouterr().err
