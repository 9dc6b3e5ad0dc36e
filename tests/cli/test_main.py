"""The command line as a whole: words that nobody knows, completion, and the programs of the checkout."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from vmenv.cli import checkout
from vmenv.cli.main import main

ROOT = Path(__file__).parents[2]


@pytest.mark.parametrize(("words", "meant"), [(["simulat"], "simulate"), (["list", "schedulrs"], "schedulers"), (["live", "rn"], "run")])
def test_the_nearest_word(words: list[str], meant: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        main(words)
    assert ended.value.code == 2
    assert f"did you mean {meant!r}?" in capsys.readouterr().err


@pytest.mark.parametrize("shell", ["bash", "zsh", "tcsh"])
def test_completion(shell: str, capsys: pytest.CaptureFixture[str]) -> None:
    """It knows commands and options. It is made of the parser, so that it knows them all if it knows one of each."""
    with pytest.raises(SystemExit) as ended:
        main(["--completion", shell])
    assert ended.value.code == 0
    out = capsys.readouterr().out
    assert "simulate" in out
    assert "perfetto" in out


def test_completion_without_its_library(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "shtab", None)
    assert main(["--completion", "bash"]) == 2
    assert "vmenv[terminal]" in capsys.readouterr().err


def test_programs_of_the_checkout() -> None:
    """All that follows their name is theirs, options too."""
    found = subprocess.run([sys.executable, "-m", "vmenv", "bench", "--list"], cwd=ROOT, capture_output=True, text=True, check=True)
    assert found.stdout.startswith("arithmetic-1: ")
    refused = subprocess.run([sys.executable, "-m", "vmenv", "train", "--agnt=ppo", "-x"], cwd=ROOT, capture_output=True, text=True)
    assert refused.returncode != 0
    assert "--agnt" in refused.stderr


@pytest.mark.parametrize("where", [ROOT, None], ids=["checkout", "elsewhere"])
def test_networks_of_learners_are_known_in_the_checkout(where: Path | None, tmp_path: Path) -> None:
    """A card of a network is enough to see who would load it; weights there are none."""
    (tmp_path / "policy.json").write_text('{"kind": "ppo", "scenario": {"kind": "thrash"}}')
    environment = {name: value for name, value in os.environ.items() if name != "VMENV_PLUGINS"} | {"PYTHONPATH": str(ROOT)}
    found = subprocess.run(
        [sys.executable, "-m", "vmenv", "simulate", str(tmp_path)], cwd=where or tmp_path, env=environment, capture_output=True, text=True
    )
    assert found.returncode == 2
    assert ("run vmenv from the checkout" in found.stderr) == (where is None)


def test_without_the_checkout(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(checkout.importlib.util, "find_spec", lambda _: None)
    assert main(["train", "scenario=thrash"]) == 2
    assert "run it from there" in capsys.readouterr().err


@pytest.mark.parametrize(
    "words", [["--help"], *([name, "--help"] for name in ("list", "simulate", "evaluate", "show", "board", "trace", "serve", "live"))]
)
def test_help(words: list[str], capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    """It fits a narrow terminal, but for examples, which are copied as they stand."""
    monkeypatch.setenv("COLUMNS", "60")
    with pytest.raises(SystemExit) as ended:
        main(words)
    assert ended.value.code == 0
    before_examples = capsys.readouterr().out.partition("examples:")[0]
    assert max(map(len, before_examples.splitlines())) <= 60
