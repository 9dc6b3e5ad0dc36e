"""What the trainer does before it trains."""

from __future__ import annotations

from pathlib import Path

import pytest

from experiments.train import set_aside


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
        (kept,) = (file for file in (tmp_path / "earlier").glob("*/policy.json") if file.read_text() == weight)
        kept.parent.rename(tmp_path / "earlier" / weight)  # the second is set aside within the same second
    assert not list(tmp_path.glob("*/*.json"))


def test_what_is_no_run_stays(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "notes.txt").write_text("mine")
    (tmp_path / "package.json").write_text("{}")
    set_aside(tmp_path)
    set_aside(tmp_path / "nothing there")
    assert (tmp_path / "notes.txt").exists()
    assert (tmp_path / "package.json").exists()
    assert capsys.readouterr().out == ""
