"""Scores over scenarios: what they are, where they are undefined, and who is ranked beside whom."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pytest

import vmenv
from tests.leaderboard.played import Rows, rows_of
from vmenv.errors import SpecError
from vmenv.leaderboard.contests import Bounds, contests, entry_name, family
from vmenv.leaderboard.overall import overall
from vmenv.leaderboard.overview import boards_of, document
from vmenv.leaderboard.standings import BOUND, CLAIRVOYANT, Standings
from vmenv.leaderboard.suites import scenario_digest


def bounds(value: float, scenario: str = "thrash", number: int = 4) -> Bounds:
    return {scenario_digest(vmenv.make_scenario(scenario)): dict.fromkeys(range(number), value)}


def board(*rows: Rows, told: Bounds | None = None) -> Standings:
    (found,) = boards_of([row for part in rows for row in part], told)
    return found


def test_a_score_is_the_share_of_the_gap_that_is_closed() -> None:
    """Rival 4, bound 1: a policy of 2 has closed two thirds, one of 7 has lost as much as there was to gain."""
    found = board(rows_of("las", [4] * 4), rows_of("runs/mine", [2] * 4), rows_of("tsrr", [7] * 4, information="blind"), told=bounds(1))
    scores = {line.entry.name: line.score for line in found.lines}
    assert found.ceiling.by == BOUND
    assert scores["runs/mine"] is not None
    assert (scores["runs/mine"].mean, scores["runs/mine"].low, scores["runs/mine"].high) == pytest.approx((2 / 3,) * 3)
    assert scores["las"] is not None
    assert scores["las"].mean == 0.0
    blind = board(rows_of("tsrr", [7] * 4, information="blind"), rows_of("runs/b", [10] * 4, information="blind"), told=bounds(1)).lines[1]
    assert blind.score is not None
    assert blind.score.mean == -0.5


def test_nobody_is_measured_by_who_sees_more() -> None:
    found = board(rows_of("srpt", [1] * 4, information="clairvoyant"), rows_of("las", [4] * 4), rows_of("runs/mine", [3] * 4))
    mine = next(line for line in found.lines if line.entry.name == "runs/mine")
    assert mine.rival is not None
    assert mine.rival.name == "las"
    assert found.ceiling.by == CLAIRVOYANT
    assert mine.score is not None
    assert mine.score.mean == pytest.approx(1 / 3)


def test_where_scores_are_undefined() -> None:
    control = board(rows_of("fcfs", [4e5] * 4, "mm1"), rows_of("las", [5e5] * 4, "mm1"), told=bounds(1e5, "mm1"))
    assert not any(line.score for line in control.lines)
    assert "No scores: a control: the optimum is known" in document(rows_of("fcfs", [4e5] * 4, "mm1"))
    assert "No scores: no bound is known" in document(rows_of("las", [4] * 4))
    at_the_ceiling = board(rows_of("las", [1.0001] * 4), rows_of("runs/mine", [2] * 4), told=bounds(1))
    assert not any(line.score for line in at_the_ceiling.lines)
    assert board(rows_of("runs/mine", [2] * 4), told=bounds(1)).lines[0].score is None  # nobody to be measured by


def test_training_seeds_are_one_entry_with_their_spread() -> None:
    found = board(rows_of("las", [4] * 4), rows_of("runs/new-seed0", [2] * 4), rows_of("runs/new-seed1", [3] * 4), told=bounds(1))
    mine = found.lines[0]
    assert mine.entry.name == "runs/new (2 training runs)"
    assert (mine.cost.mean, mine.cost.low, mine.cost.high) == (2.5, 2.0, 3.0)
    assert mine.score is not None
    assert (mine.score.low, mine.score.mean, mine.score.high) == pytest.approx((1 / 3, 0.5, 2 / 3))
    assert mine.improvement is not None
    assert mine.improvement.mean == 1.0


def test_ties_share_a_line_in_their_class_alone() -> None:
    rows = [
        row
        for policy, information in (("las", "attained"), ("mlfq", "attained"), ("tsp", "weights"), ("runs/mine", "attained"))
        for row in rows_of(policy, [3, 4], information=information)
    ]
    (contest,) = contests(rows)
    assert [entry.names for entry in contest.entries] == [("las", "mlfq"), ("runs/mine",), ("tsp",)]


def test_who_lacks_an_input_is_apart_and_nobodys_rival() -> None:
    """`edf` looks at deadlines, which thrash has none of."""
    found = board(rows_of("edf", [1, 2, 3, 4], information="demands"), rows_of("rap", [5] * 4, information="demands"), told=bounds(0.5))
    edf, rap = found.lines
    assert edf.entry.missing == ("slo_us",)
    assert edf.score is None
    assert rap.rival is rap.entry
    assert [entry.name for entry in found.contest.ranked("demands")] == ["rap"]
    assert "Not ranked: these look at slo_us" in document(rows_of("edf", [1, 2], information="demands"))


def test_only_episodes_that_all_have_played_count() -> None:
    (contest,) = contests(rows_of("las", [1, 2, 3, 4]) + rows_of("tsrr", [7, 8, 9], first=2))
    assert contest.seeds == (2, 3)
    assert [costs.tolist() for costs in contest.costs] == [[[3.0, 4.0]], [[7.0, 8.0]]]
    with pytest.raises(SpecError, match="no two episodes that all policies have played"):
        contests(rows_of("las", [1, 2]) + rows_of("tsrr", [7, 8], first=1))
    with pytest.raises(SpecError, match="las on thrash is the name of two policies"):
        contests(rows_of("las", [1, 2]) + [row | {"policy_digest": "other"} for row in rows_of("las", [3, 4])])
    with pytest.raises(SpecError, match="there is no row"):
        contests([])


def over(costs: Sequence[tuple[str, str, float]]) -> list[tuple[str, float, int]]:
    names = ("thrash", "mystery", "gang", "bursts")
    rows = [row for policy, told, cost in costs for name in names for row in rows_of(policy.replace("*", name), [cost] * 4, name, told)]
    known = {digest: own for name in names for digest, own in bounds(1, name).items()}
    return [(e.name, round(e.score.mean, 6), e.scenarios) for e in overall(boards_of(rows, known), np.random.default_rng(0))]


def test_over_scenarios_classes_are_apart_and_specialists_are_one() -> None:
    """Who sees more is measured by the best of those too who see less: `tsrr` costs 3 here, `las` 5."""
    found = over([("las", "attained", 5), ("*-mine", "attained", 3), ("tsrr", "blind", 3), ("fcfs", "blind", 9)])
    assert found == [("tsrr", 0.0, 4), ("fcfs", -3.0, 4), ("*-mine", 0.0, 4), ("las", -1.0, 4)]


def test_names() -> None:
    assert [entry_name(p) for p in ("las", "runs/a-seed3", "runs/a-seed12/policy", "my:Own")] == ["las", "runs/a", "runs/a", "my:Own"]
    assert family("gang-index", "gang") == "*-index"
    assert family("gang-index", "thrash") == "gang-index"


def test_the_page_has_all_that_is_promised() -> None:
    text = document(rows_of("las", [4, 5, 6, 7]) + rows_of("tsrr", [8, 9, 9, 8], information="blind"), bounds(1))
    for heading in ("mean |", "median", "without the worst 1 %", "p99", "minus tsrr", "minus the rival", "P(better)", "decisions/s"):
        assert heading in text, heading
    assert "| las | 0 | 5.50 [4.50, 6.50] | 5.50 | 5.00 | 6.97 |" in text
    assert "800 |" in text  # 4 x 100 decisions in half a second
