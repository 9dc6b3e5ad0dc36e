"""The board that is committed: its page is what its rows give, and rows that are drawn anew at each run play again."""

from __future__ import annotations

import re
import secrets
from pathlib import Path

import pytest

from vmenv.bounds.relaxation import lower_bounds
from vmenv.leaderboard.ceilings import read_bounds
from vmenv.leaderboard.overview import page
from vmenv.leaderboard.submitting import read_board
from vmenv.leaderboard.suites import SUITES, scenario_digest
from vmenv.leaderboard.units import Row
from vmenv.leaderboard.verifying import verify

RESULTS = Path(__file__).parents[2] / "experiments" / "results"
NUMBER = re.compile(r"\d[\d,]*(?:\.\d+)?")
SERIES, SAMPLE = 6, 2


@pytest.fixture(scope="module")
def rows() -> list[Row]:
    return read_board(RESULTS / "board")


def test_the_page_is_what_the_rows_give(rows: list[Row]) -> None:
    """To one unit in the last place of a number, which other libraries of mathematics may round otherwise."""
    command = "vmenv board show experiments/results/board --out experiments/results/LEADERBOARD.md"
    committed, made = (RESULTS / "LEADERBOARD.md").read_text(), page(rows, read_bounds(RESULTS / "board" / "bounds.csv"), command)
    for k, (told, true) in enumerate(zip(committed.splitlines(), made.splitlines(), strict=True), start=1):
        if told != true:
            assert NUMBER.sub("#", told) == NUMBER.sub("#", true), f"LEADERBOARD.md:{k}: vmenv board show makes it again"
            for number, again in zip(NUMBER.findall(told), NUMBER.findall(true), strict=True):
                unit = 10.0 ** -len(number.partition(".")[2])
                assert abs(float(number.replace(",", "")) - float(again.replace(",", ""))) < 1.01 * unit, f"LEADERBOARD.md:{k}: {told}"


def test_a_sample_of_the_rows_plays_again(rows: list[Row]) -> None:
    """Rows of older code pass as long as they come out again: what makes episodes go otherwise makes this fail."""
    seed = secrets.randbits(32)
    found = verify(rows, sample=SAMPLE, series=SERIES, seed=seed)
    assert not found.findings, f"vmenv board verify --seed {seed} --series {SERIES} --sample {SAMPLE}: {found.findings[0]}"
    assert found.num_played == SERIES * SAMPLE


def test_the_rows_are_of_the_suites_in_full(rows: list[Row]) -> None:
    played = {(row["scenario_digest"], row["seed"]) for row in rows}
    for name in ("core", "control", "shares"):
        for scenario in SUITES[name].build().values():
            assert all((scenario_digest(scenario), seed) in played for seed in range(100)), name


def test_bounds_are_what_they_were(rows: list[Row]) -> None:
    bounds = read_bounds(RESULTS / "board" / "bounds.csv")
    below = {(row["scenario_digest"], row["seed"]): row for row in rows}
    checked = 0
    for name, scenario in SUITES["core"].build().items():
        own = bounds.get(scenario_digest(scenario))
        if own:
            seed = secrets.choice(sorted(own))
            assert lower_bounds(scenario, [seed])[0] == pytest.approx(own[seed], rel=1e-9), (name, seed)
            assert own[seed] <= below[scenario_digest(scenario), seed][scenario.objective]
            checked += 1
    assert checked == 7  # all but tenants, whose objective has none
