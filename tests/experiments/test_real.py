"""The page of real work: headroom on small workloads, the commands that it prints, and the command from end to end."""

from __future__ import annotations

import shlex
from pathlib import Path

import pytest

from experiments.hydra_app import store_groups
from experiments.overrides import find_mistake
from experiments.real import command, workloads
from experiments.real.headroom import headroom
from experiments.real.workloads import RealWork
from experiments.train import check
from tests.conftest import write_trace
from vmenv.episodes.scenario import make_scenario

SMALL = (
    RealWork("small", "thrash", {"num_vms": 8}),
    RealWork("trace", "replay", {"path": "mine", "memory_mib": 8_192, "num_vms": 4, "apart": True}),
    RealWork("absent", "replay", {"path": "nowhere"}),
)


def test_where_sizes_are_announced_nothing_is_gained_by_knowing_them() -> None:
    """The optimum of mg1_known is SRPT by what is announced, which is no clairvoyance."""
    found = headroom(make_scenario("mg1_known", num_vms=60), 10)
    assert found.ratio.mean == pytest.approx(1.0, abs=1e-9)
    assert found.bound is not None
    assert found.bound <= found.ratio.mean + 1e-9, "no schedule is below the bound"


def test_who_has_no_input_is_no_rival() -> None:
    """In mm1 nothing is announced, so that all that need announcements are left out, and nothing is gained by anybody but knowing sizes."""
    found = headroom(make_scenario("mm1", num_vms=30), 5)
    assert found.rival not in ("cmu", "f1", "wfp3", "unicep", "easy")


def test_the_command_from_end_to_end(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(command, "WORKLOADS", SMALL)
    write_trace(tmp_path / "mine", num_vms=10, num_samples=100)
    command.main(["--traces", str(tmp_path), "--results", str(tmp_path), "--episodes", "3"])
    text = (tmp_path / command.PAGE).read_text()
    assert "| small |" in text
    assert "| trace |" in text
    assert "absent" not in text


def test_the_commands_are_understood(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    write_trace(tmp_path / "mine", num_vms=4, num_samples=60)
    monkeypatch.setattr(command, "WORKLOADS", (*SMALL, *workloads.WORKLOADS[-3:]))
    command.main(["--traces", str(tmp_path), "--commands"])
    store_groups()
    lines = capsys.readouterr().out.splitlines()
    assert len(lines) == 5 * 3 * 2
    for line in lines:
        words = shlex.split(line)
        assert words[:3] == ["python", "-m", "experiments.train"]
        assert find_mistake("train", words[3:], sweeps=False, check=check) is None


def test_mistakes(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        command.main(["--episodes", "1"])
    assert "--episodes is 1: give 2 to 100" in capsys.readouterr().err
