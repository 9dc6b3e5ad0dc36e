"""`vmenv show`: curves in the terminal, and what a policy is."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import pytest

from vmenv.cli.main import main


@pytest.fixture
def run(tmp_path: Path) -> Path:
    """A run that has not saved a policy yet."""
    folder = tmp_path / "thrash-ppo-seed0"
    folder.mkdir()
    (folder / "curve.csv").write_text("decisions,seconds,validation\n1000,1.0,5.0\n2000,2.0,3.5\n3000,3.0,4.0\n40")
    return folder


def test_a_run(run: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    """Its curve as text without colours, as wide as the terminal; a last line that was cut is left out."""
    monkeypatch.setenv("COLUMNS", "60")
    assert main(["show", str(run)]) == 0
    out = capsys.readouterr().out
    assert "3,000 decisions in 3 s" in out
    assert "at best: 3.5, after 2,000 decisions" in out
    assert "\033" not in out
    assert max(len(line) for line in out.splitlines() if "│" in line) <= 60


def test_a_policy(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["show", "thrash-index"]) == 0
    assert "scenario thrash: " in capsys.readouterr().out


def test_json(run: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["show", "--json", str(run), "thrash-index"]) == 0
    found = json.loads(capsys.readouterr().out)
    assert [point["validation"] for point in found[str(run)]["curve"]] == [5.0, 3.5, 4.0]
    assert found["thrash-index"]["card"]["scenario"]["kind"] == "thrash"


def test_what_is_none(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["show", str(tmp_path / "none")]) == 2
    assert main(["show", "thrash-indx"]) == 2
    assert "did you mean 'thrash-index'?" in capsys.readouterr().err
    (tmp_path / "curve.csv").write_text("decisions,seconds,validation\n1000,x,5.0\n")
    assert main(["show", str(tmp_path)]) == 2
    assert "is no curve of a training run" in capsys.readouterr().err


def test_without_plotext(run: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "plotext", None)
    assert main(["show", str(run)]) == 2
    assert "vmenv[terminal]" in capsys.readouterr().err
