"""The bounds that boards are measured by: computed once, kept under the name of their scenario, and nobody's lies among them."""

from __future__ import annotations

from pathlib import Path

import pytest

import vmenv
from tests.leaderboard.played import rows_of
from vmenv.bounds import lower_bounds
from vmenv.cli.bounding import bounds_of
from vmenv.errors import SpecError
from vmenv.leaderboard.ceilings import read_bounds
from vmenv.leaderboard.suites import scenario_digest

SCENARIO = vmenv.make_scenario("thrash")
DIGEST = scenario_digest(SCENARIO)


def test_bounds_are_computed_once_and_kept(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = tmp_path / "bounds.csv"
    found = bounds_of(rows_of("las", [3, 4]), file)
    assert [found[DIGEST][seed] for seed in (0, 1)] == lower_bounds(SCENARIO, [0, 1]).tolist()
    assert read_bounds(file) == found
    assert "bounds of 2 episodes of thrash" in capsys.readouterr().err
    assert bounds_of(rows_of("las", [3, 4, 5], first=0), file)[DIGEST].keys() == {0, 1, 2}
    assert "bounds of 1 episodes of thrash" in capsys.readouterr().err


def test_what_has_no_bound_or_no_rival_takes_no_time(tmp_path: Path) -> None:
    file = tmp_path / "bounds.csv"
    assert bounds_of(rows_of("las", [3, 4], "tenants"), file) == {}
    assert bounds_of(rows_of("equal", [3, 4], "share_spells"), file) == {}
    assert bounds_of(rows_of("runs/mine", [3, 4]), file) == {}
    assert not file.exists()


def test_a_row_that_lies_about_its_scenario_leaves_nothing_behind(tmp_path: Path) -> None:
    rows = [row | {"parameters": row["parameters"].replace('"load": 0.7', '"load": 0.1')} for row in rows_of("las", [3, 4])]
    assert "0.1" in rows[0]["parameters"]
    assert bounds_of(rows, tmp_path / "bounds.csv") == {}
    with pytest.raises(SpecError, match="parameters"):
        bounds_of([row | {"parameters": "{"} for row in rows], tmp_path / "bounds.csv")


def test_a_file_of_something_else_is_refused(tmp_path: Path) -> None:
    file = tmp_path / "bounds.csv"
    for text in ("a,b\n1,2\n", "scenario_digest,seed,bound\nx,one,2\n"):
        file.write_text(text)
        with pytest.raises(SpecError, match="holds no bounds"):
            bounds_of(rows_of("las", [3, 4]), file)
