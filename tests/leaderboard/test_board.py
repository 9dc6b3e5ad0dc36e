"""The leaderboard's table."""

from __future__ import annotations

import pytest

from vmenv.dispatch.kind import KIND
from vmenv.errors import SpecError
from vmenv.leaderboard.board import make_board, markdown, table

COLUMNS = KIND.columns


def rows(costs: list[float], first_seed: int = 0) -> list[dict[str, float]]:
    return [
        {"seed": first_seed + k, "mean_slowdown": cost, "mean_response_us": 2e6 * cost, "p99_slowdown": 10 * cost}
        for k, cost in enumerate(costs)
    ]


def test_order_and_differences() -> None:
    results = {"slow": rows([4.0, 6.0]), "fast": rows([1.0, 3.0]), "mid": rows([2.0, 4.0])}
    board = make_board(results, dict.fromkeys(results, "blind"), "mean_slowdown", ["slow"], COLUMNS, resamples=200)
    assert [entry.name for entry in board] == ["fast", "mid", "slow"]
    assert board[0].differences["slow"].mean == -3.0
    assert board[0].differences["slow"].excludes_zero
    assert "slow" not in board[2].differences
    assert board[0].columns == {"mean response, s": "4.00", "p99 slowdown": "20.0"}
    cells = table(board, "mean_slowdown", ["slow"])
    assert cells[1] == ["fast", "blind", "2.00 [1.00, 3.00]", "4.00", "20.0", "-3.00 [-3.00, -3.00]"]
    assert cells[3][-1] == "-"
    assert markdown(cells).splitlines()[1] == "| --- | --- | ---: | ---: | ---: | ---: |"


def test_what_has_no_input_stays_and_is_not_ranked() -> None:
    """However little it costs, it comes behind the others, with the reason where it says what a policy sees."""
    results = {"slow": rows([4.0, 6.0]), "cmu": rows([1.0, 3.0]), "mid": rows([2.0, 4.0])}
    board = make_board(results, dict.fromkeys(results, "weights"), "mean_slowdown", [], (), 200, {"cmu": ("estimate_us",), "mid": ()})
    assert [entry.name for entry in board] == ["mid", "slow", "cmu"]
    cells = table(board, "mean_slowdown", [])
    assert [row[1] for row in cells[1:]] == ["weights", "weights", "not ranked: no estimate_us"]
    assert cells[3][2] == "2.00 [1.00, 3.00]"


def test_times_are_in_seconds_and_stand_there_once() -> None:
    results = {"a": rows([1.0, 3.0]), "b": rows([2.0, 4.0])}
    cells = table(make_board(results, dict.fromkeys(results, "blind"), "mean_response_us", ["b"], COLUMNS, 200), "mean_response_us", ["b"])
    assert cells[0] == ["policy", "sees", "mean response, s", "p99 slowdown", "minus b"]
    assert cells[1] == ["a", "blind", "4.00 [2.00, 6.00]", "20.0", "-2.00 [-2.00, -2.00]"]


def test_refuses_different_episodes() -> None:
    with pytest.raises(SpecError, match="different episodes"):
        make_board({"a": rows([1.0, 2.0]), "b": rows([1.0, 2.0], 5)}, {"a": "blind", "b": "blind"}, "mean_slowdown", [])
