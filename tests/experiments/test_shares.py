"""The page of what learned weights gain: numbers by hand, and a page of a small scenario."""

from __future__ import annotations

import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from experiments.shares import command
from experiments.shares.command import write_rows
from experiments.shares.page import document, draw, verdict
from experiments.shares.past import modelled
from experiments.shares.results import UNAVOIDABLE, Results, collect
from tests.conftest import write_trace
from vmenv.episodes.scenario import make_scenario
from vmenv.episodes.schedulers import make_scheduler
from vmenv.episodes.windows import TRAINED_PART
from vmenv.leaderboard.score import Interval
from vmenv.workload import WorkloadModel

SMALL = make_scenario("share_spells", num_vms=5, num_slots=6, cpus=6, num_samples=6)


def result(**costs: list[float]) -> Results:
    rows: dict[str, Any] = {name: [{"steal_us": cost, "jain": 1.0} for cost in values] for name, values in costs.items()}
    return Results("share_replay", SMALL, rows, {"mine": ["mine seed 0"]})


def test_ratios_are_paired_and_blocks_are_wider() -> None:
    rival = np.repeat([100.0, 300.0, 200.0, 400.0], 10)
    learned = rival * np.repeat([0.8, 1.1, 0.9, 0.7], 10)
    found = result(**{"mine seed 0": learned.tolist(), "drf": rival.tolist()})
    plain, blocks = found.ratio("mine", "drf"), found.ratio("mine", "drf", in_blocks=True)
    assert plain.mean == blocks.mean == learned.mean() / rival.mean()
    assert blocks.high - blocks.low > plain.high - plain.low, "what is alike in a block is not counted ten times"


def test_verdicts() -> None:
    assert [verdict(Interval(m, m - 0.1, m + 0.1)) for m in (0.8, 0.95, 1.2)] == ["less", "not told apart", "more"]


def test_a_page_from_real_runs(tmp_path: Path) -> None:
    found = collect(
        "share_spells",
        SMALL,
        make_scheduler("linear", kind="share", peak=0.5),
        {"mine": [make_scheduler("rrp", kind="share"), make_scheduler("drf", kind="share")]},
    )
    assert len(found.costs("mine seed 1")) == 100
    assert (found.costs(UNAVOIDABLE) <= found.costs("equal")).all(), "nobody loses less than what exceeds the host"
    assert (found.costs("mine seed 1") == found.costs("drf")).all()
    assert "learned nothing" not in document([found])
    page = document([replace(found, unlearned=("mine",))])
    assert "`mine` learned nothing in its time" in page
    assert "| mine | drf |" in page
    assert "demand tuned" in page
    draw([found], tmp_path / "shares.png")
    write_rows(tmp_path / "shares.csv", [found])
    assert (tmp_path / "shares.png").read_bytes().startswith(b"\x89PNG")
    assert len((tmp_path / "shares.csv").read_text().splitlines()) == 1 + 100 * len(found.rows)


def test_a_mistyped_path_is_told_before_anything_is_trained(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "argv", ["shares", "--path", str(tmp_path / "nowhere"), "--runs", str(tmp_path), "--results", str(tmp_path)])
    monkeypatch.setattr(command, "train", lambda *_: pytest.fail("training has begun"))
    with pytest.raises(SystemExit, match=r"error: .*nowhere does not exist"):
        command.main()


def test_a_model_of_the_past_has_seen_nothing_of_the_future(tmp_path: Path) -> None:
    """Files whose last two fifths use ten times as much: the model is of as many VMs, and its host the scenario's."""
    folder = write_trace(tmp_path / "trace", num_samples=250)
    scenario = make_scenario("share_replay", path=str(folder), window_s=3_000, cpus=2)
    told = modelled(scenario, tmp_path / "runs")
    before = WorkloadModel.load(told["path"])
    for file in folder.iterdir():
        head, *rows = file.read_text().splitlines()
        for k in range(int(TRAINED_PART * 250) + 1, 250):
            cells = rows[k].split(";")
            cells[3] = f" {10 * float(cells[3])}"
            rows[k] = ";".join(cells)
        file.write_text("\n".join([head, *rows]) + "\n")
    assert WorkloadModel.load(modelled(scenario, tmp_path / "runs")["path"]) == before
    fitted = make_scenario("share_fitted", **told)
    assert (fitted.num_vms, fitted.cpus, fitted.window_s) == (6, 2, 3_000)
    assert fitted.build_host() == scenario.build_host()
