"""What happens to a training that is stopped, or that cannot write: one line, nothing lost, and the board says so."""

from __future__ import annotations

import errno
import functools
import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest
from rich.console import Console

from agents.training.checkpoint import LAST, save_checkpoint
from experiments.contestants import trained
from experiments.train import told_what_stays
from tests.experiments.programs import ROOT, call
from vmenv.episodes.saved import note_in_card, read_arrays, read_card, save_policy, stem_of
from vmenv.episodes.scenario import make_scenario

OPTIONS = ["agent=index", "agent.eval_episodes=2", "agent.hidden=0", "scenario.num_vms=10"]


def test_an_interrupted_training_goes_on(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "experiments.train", *OPTIONS, "agent.decisions=1000000000"]
    environment = os.environ | {"PYTHONPATH": str(ROOT)}
    pipes: dict[str, Any] = {"stderr": subprocess.PIPE, "stdout": subprocess.PIPE, "text": True}
    heed = functools.partial(signal.signal, signal.SIGINT, signal.SIG_DFL)  # who runs the tests in the background may have it ignored
    with subprocess.Popen(command, cwd=tmp_path, env=environment, preexec_fn=heed, **pipes) as running:
        folder = tmp_path / "runs/thrash-index-seed0"
        while not (folder / "policy.json").exists():
            assert running.poll() is None, running.communicate()
            time.sleep(0.1)
        for more in ([], ["resume=true"]):
            second = call("train", *OPTIONS, *more, folder=tmp_path)
            assert second.returncode == 1
            assert "another process writes to runs/thrash-index-seed0: wait for its end, or give another folder" in second.stderr
        running.send_signal(signal.SIGINT)
        _, told = running.communicate(timeout=60)
    assert running.returncode == 130
    *progress, last = told.split("\n\n")
    assert all(" of 1.00G decisions in " in line or line.startswith("vmenv: ") for part in progress for line in part.splitlines())
    assert last.strip() == (
        "interrupted: the same command with resume=true goes on from the last evaluation, "
        "and runs/thrash-index-seed0 holds the best policy so far"
    )
    resumed = call("train", *OPTIONS, "agent.decisions=1", "resume=true", folder=tmp_path)
    assert resumed.returncode == 0, resumed.stderr
    assert "evaluation" in read_card(folder / "policy")


def test_a_full_disk_is_told_in_one_line(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    save_checkpoint(tmp_path / LAST, {}, {})
    with pytest.raises(SystemExit) as ended, told_what_stays(tmp_path):
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC), "curve.csv")
    assert ended.value.code == 1
    told = capsys.readouterr().err.strip()
    assert told == (
        "error: [Errno 28] No space left on device: 'curve.csv': the same command with resume=true goes on from the last evaluation"
    )


def test_an_interrupt_before_anything_is_saved(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended, told_what_stays(tmp_path):
        raise KeyboardInterrupt
    assert ended.value.code == 130
    assert capsys.readouterr().err.strip() == "interrupted: nothing had been saved yet"


def test_the_board_marks_what_was_interrupted(tmp_path: Path) -> None:
    """A card gets its evaluation when training is done."""
    scenario, shipped = make_scenario("thrash"), stem_of("thrash-index")
    card = {key: value for key, value in read_card(shipped).items() if key != "evaluation"} | {"scenario": scenario.describe()}
    save_policy(tmp_path / "run/policy", card, read_arrays(shipped, card))
    assert [contestant.name for contestant in trained(tmp_path, scenario, Console())] == ["run (interrupted)"]
    note_in_card(tmp_path / "run/policy", {"evaluation": {"value": 1.0}})
    assert [contestant.name for contestant in trained(tmp_path, scenario, Console())] == ["run"]
