"""Units: the same whoever plays them, played once, taken up again, and refused when they are not what their name says."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

import vmenv
from vmenv.episodes.saved import copy_policy, note_in_card, stem_of
from vmenv.errors import SpecError, UnknownNameError
from vmenv.leaderboard import playing
from vmenv.leaderboard.entrants import enter, everyone, trained_in
from vmenv.leaderboard.origin import origin
from vmenv.leaderboard.playing import play_alone, play_missing
from vmenv.leaderboard.rows import read_rows, write_rows
from vmenv.leaderboard.suites import SUITES, scenario_digest, suite_named
from vmenv.leaderboard.units import EPISODES, Row, Store, Unit, part_of, units_of

SCENARIO = vmenv.make_scenario("mm1", num_vms=8)
OWN = """
from vmenv.dispatch.scheduler import Scheduler

class Youngest(Scheduler):
    information = "attained"
    source = "here"

    @staticmethod
    def key(vm, host, params):
        return -vm.arrival_us, 0
"""


def units(*policies: str, past: int = 60) -> list[Unit]:
    return [unit for name in policies for unit in units_of(enter(name, SCENARIO.kind), SCENARIO, range(past))]


def timeless(rows: list[Row]) -> list[Row]:
    """Returns rows without the time that their unit took, the one thing in them that differs from run to run."""
    return [{name: value for name, value in row.items() if name != "unit_s"} for row in rows]


def test_units_cover_the_episodes_once() -> None:
    found = units("las")
    assert [(unit.first, unit.past) for unit in found] == [(0, EPISODES), (EPISODES, 2 * EPISODES), (2 * EPISODES, 60)]
    assert len({unit.key for unit in units("las", "tsrr")}) == 6


def test_a_key_tells_everything_that_decides_apart() -> None:
    """Scenario, policy, its parameters, seeds: each changes the key; what the policy is called does not."""
    (one,) = units("las", past=5)
    others = [
        next(units_of(enter("las", SCENARIO.kind), vmenv.make_scenario("mm1", num_vms=9), range(5))),
        *units("tsrr", past=5),
        *units("las", past=6),
        *units_of(enter("thrash-index", SCENARIO.kind), SCENARIO, range(5)),
        *units_of(enter("gang-index", SCENARIO.kind), SCENARIO, range(5)),
    ]
    assert len({one.key, *(other.key for other in others)}) == 6
    assert Unit(**{**one.__dict__, "policy": "another name"}).key == one.key


def test_what_has_been_played_is_not_played_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    played = []
    monkeypatch.setattr(playing, "play_alone", lambda unit: played.append(unit.key) or play_alone(unit))
    first = timeless(play_missing(units("las"), tmp_path, 1))
    (tmp_path / f"{units('las')[1].key}.json").unlink()
    again = timeless(play_missing(units("las", "las"), tmp_path, 1))
    assert played == [unit.key for unit in units("las")] + [units("las")[1].key]
    assert again[:60] == first
    assert [row["seed"] for row in first] == list(range(60))
    assert first[0]["digest"] == vmenv.evaluate("las", SCENARIO, [0])[0]["digest"]


def test_processes_and_parts_make_the_same_rows(tmp_path: Path) -> None:
    wanted = units("las", "tsrr")
    alone = timeless(play_missing(wanted, tmp_path / "alone", 1))
    assert timeless(play_missing(wanted, tmp_path / "processes", 2)) == alone
    for k in range(1, 4):
        play_missing(part_of(wanted, f"{k}/3"), tmp_path / "parts", 1)
    assert len(Store(tmp_path / "parts").missing(wanted)) == 0
    assert timeless(play_missing(wanted, tmp_path / "parts", 1)) == alone
    assert not list(tmp_path.rglob("*.part"))


@pytest.mark.parametrize("part", ["3", "0/0", "4/3", "a/b", "-1/3"])
def test_parts_that_are_none(part: str) -> None:
    with pytest.raises(SpecError, match="give k/n"):
        part_of(units("las"), part)


@pytest.mark.parametrize(
    "damage",
    [
        lambda told: told["rows"].pop(),
        lambda told: told["unit"].update(scenario_digest="0"),
        lambda told: told.pop("origin"),
        lambda told: told.pop("unit_s"),
        lambda told: told["rows"][0].pop("seed"),
    ],
)
def test_damaged_units_are_refused(tmp_path: Path, damage: object) -> None:
    (unit,) = units("las", past=5)
    play_missing([unit], tmp_path, 1)
    file = tmp_path / f"{unit.key}.json"
    told = json.loads(file.read_text())
    damage(told)  # type: ignore[operator]  # a lambda of the table above
    file.write_text(json.dumps(told))
    with pytest.raises(SpecError, match="remove it"):
        Store(tmp_path).rows(unit)


def test_rows_come_back_as_they_were(tmp_path: Path) -> None:
    rows = play_missing(units("tsrr", "las"), tmp_path, 1)
    shares = vmenv.make_scenario("share_spells", num_vms=4, num_samples=4)
    other = list(units_of(enter("drf", shares.kind), shares, range(2)))
    rows += play_missing(other, tmp_path, 1)
    for name in ("rows.csv", "rows.csv.gz"):
        write_rows(tmp_path / name, rows)
        assert read_rows(tmp_path / name) == sorted(rows, key=lambda row: (row["scenario"], row["policy"], row["seed"]))
    assert (tmp_path / "rows.csv.gz").stat().st_size < (tmp_path / "rows.csv").stat().st_size / 3


def test_files_that_hold_no_rows(tmp_path: Path) -> None:
    (tmp_path / "other.csv").write_text("a,b\n1,2\n")
    with pytest.raises(SpecError, match="has no column 'scenario'"):
        read_rows(tmp_path / "other.csv")
    with pytest.raises(SpecError, match="cannot be read"):
        read_rows(tmp_path / "nowhere.csv")
    (tmp_path / "rows.csv.gz").write_bytes(b"no gzip")
    with pytest.raises(SpecError, match="cannot be read"):
        read_rows(tmp_path / "rows.csv.gz")
    write_rows(tmp_path / "rows.csv", play_missing(units("las", past=3), tmp_path, 1))
    lines = (tmp_path / "rows.csv").read_text().splitlines()
    (tmp_path / "short.csv").write_text("\n".join([*lines[:2], lines[2].rpartition(",")[0]]))
    with pytest.raises(SpecError, match=r"short\.csv:3: the row has another number of fields"):
        read_rows(tmp_path / "short.csv")


def test_suites_are_what_they_were() -> None:
    """A suite is frozen: where this fails, give the suite another version, and say so in the changelog."""
    golden = json.loads((Path(__file__).parents[1] / "golden" / "suites.json").read_text())
    assert {
        f"{suite.name} {suite.version}": {n: scenario_digest(s) for n, s in suite.build().items()} for suite in SUITES.values()
    } == golden


def test_suites_by_name() -> None:
    assert suite_named("thrash").scenarios == {"thrash": {}}
    both = suite_named("control, thrash")
    assert (both.name, both.version, list(both.scenarios)) == ("control,thrash", "v1", ["mm1", "mg1_known", "mmc_known", "thrash"])
    with pytest.raises(UnknownNameError, match="unknown suite or scenario 'coer': did you mean 'core'"):
        suite_named("coer")


def test_an_own_scheduler_has_the_digest_of_its_source(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    program = (
        "from vmenv.leaderboard.entrants import enter; from vmenv.episodes.kinds import KINDS; "
        "print(enter('own_youngest:Youngest', KINDS['dispatch']).digest)"
    )
    digests = []
    for source in (OWN, OWN.replace("-vm.", "+vm."), OWN):
        (tmp_path / "own_youngest.py").write_text(source)
        environment = os.environ | {"PYTHONPATH": f"{tmp_path}:{Path(vmenv.__file__).parents[1]}", "PYTHONDONTWRITEBYTECODE": "1"}
        done = subprocess.run([sys.executable, "-c", program], env=environment, capture_output=True, text=True, check=True)
        digests.append(done.stdout)
    assert digests[0] == digests[2] != digests[1]


def test_everyone_can_be_entered() -> None:
    """All schedulers, their variants, and of the shipped policies those for the scenario; each is another policy."""
    thrash = vmenv.make_scenario("thrash")
    names = everyone(thrash)
    assert {"las", "rap attained", "thrash-index", "thrash-tuned"} <= set(names)
    assert "gang-index" not in names
    assert len({enter(name, thrash.kind).digest for name in names}) == len(names)
    assert everyone(vmenv.make_scenario("share_spells"))[-1] == "share_spells"


def test_training_runs_are_entered_where_they_were_trained(tmp_path: Path) -> None:
    for name in ("thrash-index", "gang-formula", "thrash-formula"):
        copy_policy(stem_of(name), tmp_path / f"{name}-seed0" / "policy")
        note_in_card(tmp_path / f"{name}-seed0" / "policy", {"evaluation": {}})
    half = tmp_path / "thrash-formula-seed0" / "policy.json"
    half.write_text(json.dumps({key: value for key, value in json.loads(half.read_text()).items() if key != "evaluation"}))
    thrash = vmenv.make_scenario("thrash")
    (found,) = trained_in(tmp_path, thrash)  # not the one that was interrupted
    assert found == f"{tmp_path}/thrash-index-seed0"
    assert enter(found, thrash.kind, ()).information == "demands"
    assert trained_in(tmp_path, vmenv.make_scenario("thrash", load=0.5)) == []


def test_where_rows_come_from() -> None:
    made = origin()
    assert f"vmenv {vmenv.__version__}" in made.versions
    assert made.machine
    assert made.commit
