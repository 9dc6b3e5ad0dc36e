"""Verification: rows that are true pass, and each kind of lie is named with its reason."""

from __future__ import annotations

import copy
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

import vmenv
from vmenv.leaderboard.entrants import enter
from vmenv.leaderboard.overview import document
from vmenv.leaderboard.playing import play_missing
from vmenv.leaderboard.units import units_of
from vmenv.leaderboard.verifying import verify

Rows = list[dict[str, Any]]


@pytest.fixture(scope="module")
def honest(tmp_path_factory: pytest.TempPathFactory) -> Rows:
    """Twelve episodes of two policies on a small scenario, as if they had been made on a clean checkout."""
    scenario = vmenv.make_scenario("thrash", num_vms=12)
    units = [unit for name in ("las", "thrash-index") for unit in units_of(enter(name, scenario.kind), scenario, range(12))]
    rows = play_missing(units, tmp_path_factory.mktemp("units"), 1)
    return [row | {"commit": "abc"} for row in rows]


def test_true_rows_pass(honest: Rows) -> None:
    found = verify(honest, sample=None)
    assert found == ([], 24, 24)
    assert verify(honest, sample=2) == ([], 24, 4)


def change(**columns: Any) -> Callable[[Rows], None]:
    return lambda rows: rows[5].update(columns)


def change_all(**columns: Any) -> Callable[[Rows], None]:
    return lambda rows: [row.update(columns) for row in rows[:12]] and None


LIES: dict[str, tuple[Callable[[Rows], Any], str]] = {
    "a cost edited": (change(mean_slowdown=1.01), r"las on thrash, episode 5: mean_slowdown is .*, not 1\.01"),
    "a digest edited": (change(digest="0" * 64), "episode 5: went otherwise: its digest is"),
    "both of another episode": (lambda rows: rows[5].update(rows[6], seed=5), "episode 5: went otherwise"),
    "a row left out": (lambda rows: rows.pop(5), "las on thrash: 1 episodes are missing, the first is 5"),
    "a row twice": (lambda rows: rows.append(dict(rows[5])), "episode 5: stands there 2 times"),
    "a dirty tree": (change_all(commit="abc-dirty"), r"made by a checkout with changes \(abc-dirty\)"),
    "another scenario": (change_all(parameters='{"num_vms": 13}'), "of another scenario than its parameters say"),
    "another policy": (change_all(policy="tsrr"), "of another policy than is found under this name"),
    "other code": (change_all(code="0" * 16), "made by other code than is installed here"),
    "mixed code": (change(code="0" * 16), "rows of different code or scenarios are mixed"),
    "easier episodes": (lambda rows: [row.update(seed=row["seed"] + 10**6) for row in rows[:12]], "is none of the evaluation episodes"),
    "not a number": (change(mean_slowdown=float("nan")), "mean_slowdown is nan, which is no finite number"),
    "a metric left out": (lambda rows: rows[5].pop("p99_slowdown"), "p99_slowdown is missing"),
    "sees more than it says": (change_all(information="blind"), "says that it looks at 'blind', and looks at 'attained'"),
    "nobody's policy": (change_all(policy="lass"), "unknown scheduler or policy 'lass': did you mean 'las'"),
    "code of others": (change_all(policy="os:system"), "is code of the module os, which nobody has consented to run"),
    "no scenario": (change_all(scenario="trash"), "unknown scenario 'trash'"),
    "no parameters": (change_all(parameters="{"), "parameters are '{': give those of the scenario, as JSON"),
}


@pytest.mark.parametrize("lie", LIES, ids=str)
def test_lies_are_named(honest: Rows, lie: str) -> None:
    tell, reason = LIES[lie]
    rows = copy.deepcopy(honest)
    tell(rows)
    findings = [str(finding) for finding in verify(rows, sample=None).findings]
    assert findings
    assert any(re.search(reason, finding) for finding in findings), findings
    assert not any("thrash-index on thrash" in finding for finding in findings), "the rows of others are true"


def test_a_sample_differs_with_the_seed_and_finds_what_it_meets(honest: Rows) -> None:
    rows = copy.deepcopy(honest)
    rows[5]["mean_slowdown"] = 1.01
    found = [bool(verify(rows, sample=3, seed=seed).findings) for seed in range(12)]
    assert 0 < sum(found) < 12  # a quarter each time; that all of 12 agree has a chance of 3 %, and these seeds do not


def test_the_board(honest: Rows) -> None:
    rows = honest + [row | {"policy": "as las"} for row in honest[:12]]
    text = document(rows)
    assert "## thrash" in text
    assert "| las = as las | attained |" in text
    assert text.index("thrash-index") < text.index("las = as las")


def test_the_command_line(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    from vmenv.cli.main import main

    monkeypatch.chdir(tmp_path)
    assert main(["evaluate", "fcfs", "las", "--suite", "mm1", "--episodes", "4", "--rows", "mine.csv", "--workers", "1"]) == 0
    told = capsys.readouterr()
    assert "| fcfs | blind |" in told.out
    assert "2 units of suite mm1 v1, 2 of them to be played" in told.err
    assert main(["evaluate", "fcfs", "las", "--suite", "mm1", "--episodes", "4", "--part", "1/2"]) == 0
    assert capsys.readouterr().out == ""
    text = (tmp_path / "mine.csv").read_text()
    (tmp_path / "mine.csv").write_text("".join(line.replace("-dirty", "") for line in text.splitlines(keepends=True)))
    assert main(["board", "verify", "mine.csv", "--all"]) == 0
    assert "8 rows, 8 of them played again" in capsys.readouterr().out
    assert main(["board", "show", "mine.csv"]) == 0
    (tmp_path / "mine.csv").write_text((tmp_path / "mine.csv").read_text().replace(",fcfs,", ",lcfs,"))
    assert main(["board", "verify", "mine.csv"]) == 1
    assert main(["evaluate", "fcfs", "--suite", "nosuite"]) == 2
    assert main(["evaluate", "fcsf", "--suite", "mm1"]) == 2
    assert main(["evaluate", "fcfs", "--episodes", "1"]) == 2
    assert main(["board", "show", "nowhere.csv"]) == 2
    assert "Traceback" not in capsys.readouterr().err
