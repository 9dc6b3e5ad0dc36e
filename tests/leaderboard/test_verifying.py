"""Verification: rows that are true pass, and each kind of lie is named with its reason."""

from __future__ import annotations

import copy
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

import vmenv
from vmenv.leaderboard import verifying
from vmenv.leaderboard.entrants import enter
from vmenv.leaderboard.overview import document
from vmenv.leaderboard.playing import play_missing
from vmenv.leaderboard.rows import narrowed
from vmenv.leaderboard.submitting import tiers
from vmenv.leaderboard.units import units_of
from vmenv.leaderboard.verifying import RE_RUN, REPLAYED, SELF_REPORTED, verify

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
    assert (found.findings, found.notes, found.num_rows, found.num_played) == ([], [], 24, 24)
    assert [one.tier for one in found.reached] == [REPLAYED, REPLAYED]
    found = verify(honest, sample=2, series=1)
    assert (found.findings, found.num_rows, found.num_played) == ([], 24, 2)
    assert sorted(one.tier for one in found.reached) == [REPLAYED, SELF_REPORTED]


def test_narrow_rows_are_as_good(honest: Rows) -> None:
    """Seven digits and the beginning of a digest pass; a lie in them does not."""
    rows = narrowed(honest)
    assert set(rows[0]) < set(honest[0])
    assert not verify(rows, sample=None).findings
    rows[3]["digest"] = "0" * len(rows[3]["digest"])
    rows[4]["mean_slowdown"] *= 1 + 1e-5
    rows[5]["digest"] = rows[5]["digest"][:4]
    reasons = [str(finding) for finding in verify(rows, sample=None).findings]
    assert [told for reason in reasons for told in re.findall(r"episode \d: (.*?)(?: is|:|,)", reason)[:1]] == [
        "its digest has 4 digits",
        "went otherwise",
        "mean_slowdown",
    ]
    del rows[6]["mean_slowdown"]
    told = " ".join(map(str, verify(rows, sample=2).findings))
    assert "las on thrash, episode 6: mean_slowdown is missing, which ranks" in told


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
    "too short a digest": (change(digest=""), "episode 5: its digest has 0 digits, 12 are the least"),
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


def test_older_code_is_a_note_and_its_numbers_are_still_checked(honest: Rows) -> None:
    """Most changes of code change no number: that rows were made by other code is said, and what they say is played again all the same."""
    rows = [row | {"code": "0" * 16, "commit": "older"} for row in copy.deepcopy(honest)]
    found = verify(rows, sample=None)
    assert not found.findings
    assert "24 rows: made by other code than is here (code 0000000000000000, commit older; here" in str(found.notes[0])
    rows[5]["mean_slowdown"] = 1.01
    assert "mean_slowdown is" in str(verify(rows, sample=None).findings[0])


def test_fresh_episodes_reach_the_highest_tier(honest: Rows) -> None:
    found = verify(honest, sample=2, fresh=12, seed=1)
    assert not found.findings
    assert [one.tier for one in found.reached] == [RE_RUN, RE_RUN]
    assert tiers(found.reached)["las"] == "re-run (2 of 12 episodes played again, 1 scenario)"
    again = verify(honest, sample=2, fresh=12, seed=1)
    assert [one.fresh for one in again.reached] == [one.fresh for one in found.reached]


def test_who_knew_the_frozen_episodes_is_suspected(honest: Rows, monkeypatch: pytest.MonkeyPatch) -> None:
    """A policy that plays what it has learned by heart replays to the digit, and costs several times more where it has learned nothing."""
    real = verifying.evaluate

    def by_heart(policy: Any, scenario: Any, seeds: Any) -> Rows:
        rows = real(policy, scenario, seeds)
        return [row | ({} if row["seed"] < 100 else {"mean_slowdown": 3 * row["mean_slowdown"]}) for row in rows]

    monkeypatch.setattr(verifying, "evaluate", by_heart)
    found = verify(honest, sample=None, fresh=30)
    assert [one.tier for one in found.reached] == [REPLAYED, REPLAYED]
    assert re.search(
        r"las on thrash: costs .* more on 30 fresh episodes than on the frozen ones, by chance one time in", str(found.findings[0])
    )


def test_a_sample_differs_with_the_seed_and_finds_what_it_meets(honest: Rows) -> None:
    rows = copy.deepcopy(honest)
    rows[5]["mean_slowdown"] = 1.01
    found = [bool(verify(rows, sample=3, seed=seed).findings) for seed in range(12)]
    assert 0 < sum(found) < 12  # a quarter each time; that all of 12 agree has a chance of 3 %, and these seeds do not


def test_the_board(honest: Rows) -> None:
    text = document(honest)
    assert "## thrash" in text
    assert "Sees: attained" in text
    assert "| las | " in text
    assert text.index("| las |") < text.index("| thrash-index |")  # who sees less stands first


def test_the_command_line(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    from vmenv.cli.main import main

    monkeypatch.chdir(tmp_path)
    assert main(["evaluate", "fcfs", "las", "--suite", "mm1", "--episodes", "4", "--rows", "mine.csv", "--workers", "1"]) == 0
    told = capsys.readouterr()
    assert "Sees: blind" in told.out
    assert "| fcfs | - |" in told.out
    assert "2 units of suite mm1 v1, 2 of them to be played" in told.err
    assert main(["evaluate", "fcfs", "las", "--suite", "mm1", "--episodes", "4", "--part", "1/2"]) == 0
    assert capsys.readouterr().out == ""
    text = (tmp_path / "mine.csv").read_text()
    (tmp_path / "mine.csv").write_text("".join(line.replace("-dirty", "") for line in text.splitlines(keepends=True)))
    assert main(["board", "verify", "mine.csv", "--all"]) == 0
    told = capsys.readouterr().out
    assert "8 rows, 8 of them played again" in told
    assert "las: replayed (4 of 4 episodes played again, 1 scenario)" in told
    assert main(["board", "verify", "mine.csv", "--fresh", "10", "--tiers", "tiers.csv"]) == 0
    assert "10 fresh episodes each, 2 comparisons: of honest rows one in 1,000 is suspected, 0.002 here" in capsys.readouterr().out
    assert (tmp_path / "tiers.csv").read_text().splitlines()[1].startswith("fcfs,")
    assert main(["board", "add", "mine.csv", "--board", "board", "--name", "mine"]) == 0
    assert main(["board", "add", "mine.csv", "--board", "board", "--name", "mine"]) == 0  # takes the place of what it was
    assert main(["board", "add", "mine.csv", "--board", "board", "--name", "other"]) == 2
    assert "stands on the board already" in capsys.readouterr().err
    assert main(["board", "show", "board", "--out", "page.md"]) == 0
    assert (tmp_path / "page.md").read_text().startswith("# Leaderboard")
    assert (tmp_path / "board" / "bounds.csv").exists()
    assert main(["board", "show", "mine.csv"]) == 0
    (tmp_path / "mine.csv").write_text((tmp_path / "mine.csv").read_text().replace(",fcfs,", ",lcfs,"))
    assert main(["board", "verify", "mine.csv"]) == 1
    assert main(["board", "add", "mine.csv", "--board", "board", "--name", "lies"]) == 1
    assert not (tmp_path / "board" / "lies.csv.xz").exists()
    assert main(["board", "add", "mine.csv", "--board", "board", "--name", "../x"]) in (1, 2)
    capsys.readouterr()
    assert main(["evaluate", "fcfs", "las", "--suite", "mm1", "--episodes", "4", "--brief"]) == 0
    assert "## mm1" not in capsys.readouterr().out
    assert main(["evaluate", "fcfs", "--suite", "nosuite"]) == 2
    assert main(["evaluate", "fcsf", "--suite", "mm1"]) == 2
    assert main(["evaluate", "fcfs", "--episodes", "1"]) == 2
    assert main(["board", "show", "nowhere.csv"]) == 2
    assert "Traceback" not in capsys.readouterr().err
