"""What the trainer does before it trains."""

from __future__ import annotations

from pathlib import Path

import pytest

from experiments.train import check_resumes, put_back_if_refused, set_aside
from vmenv.errors import SpecError


def test_an_earlier_run_is_set_aside(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """The same command again must not write over hours of training; nor may what it sets aside look like a run to the leaderboard."""
    folder = tmp_path / "thrash-index-seed0"
    for weight in ("first", "second"):
        folder.mkdir()
        (folder / "config.yaml").write_text("")
        (folder / "policy.json").write_text(weight)
        (folder / "policy.safetensors").write_text(weight)
        set_aside(folder)
        assert not folder.exists()
        assert f"{folder} held a run, which is now {tmp_path / 'earlier'}" in capsys.readouterr().out
    assert {file.read_text() for file in (tmp_path / "earlier").glob("*/policy.json")} == {"first", "second"}, "within the same second"
    assert not list(tmp_path.glob("*/*.json"))


def test_what_is_no_run_stays(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "notes.txt").write_text("mine")
    (tmp_path / "package.json").write_text("{}")
    set_aside(tmp_path)
    set_aside(tmp_path / "nothing there")
    assert (tmp_path / "notes.txt").exists()
    assert (tmp_path / "package.json").exists()
    assert capsys.readouterr().out == ""


def test_only_a_run_is_resumed(tmp_path: Path) -> None:
    with pytest.raises(SpecError, match=f"{tmp_path / 'nothing'} holds no run to go on with"):
        check_resumes(tmp_path / "nothing")
    (tmp_path / "config.yaml").write_text("")
    check_resumes(tmp_path)


def test_a_run_that_is_refused_keeps_its_configuration(tmp_path: Path) -> None:
    config = tmp_path / "config.yaml"

    def refuse() -> None:
        with put_back_if_refused(config):
            config.write_text("of another agent")
            raise SpecError("no")

    with pytest.raises(SpecError):
        refuse()  # there was none
    config.write_text("as it was begun")
    with pytest.raises(SpecError):
        refuse()
    assert config.read_text() == "as it was begun"
    with put_back_if_refused(config):
        config.write_text("with more decisions")
    assert config.read_text() == "with more decisions"
