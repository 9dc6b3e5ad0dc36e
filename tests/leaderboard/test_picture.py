"""The picture of a board: at most twenty rows, on an axis whose labels do not meet, with what is to be reached."""

from __future__ import annotations

from itertools import pairwise
from pathlib import Path

import pytest

from vmenv.leaderboard.digits import estimate, number
from vmenv.leaderboard.picture import MOST_ROWS, Dot, draw_dots, label_of, shown_rows, ticks, write_picture
from vmenv.leaderboard.score import Interval


def dots(number: int) -> list[Dot]:
    return [Dot((f"policy {k}",), Interval(1.5 + k, 1.2 + k, 2.0 + k), "heuristic") for k in range(number)]


def test_at_most_twenty_rows_with_the_references_among_them() -> None:
    shown = shown_rows(dots(50), ["policy 40", "policy 3"])
    assert len(shown) == MOST_ROWS
    assert [dot.names[0] for dot in shown[-2:]] == ["policy 18", "policy 40"]
    figure = draw_dots(dots(50), "title", "mean response, s", always=["policy 40"])
    assert "20 of 50 entries" in figure.get_suptitle()


@pytest.mark.parametrize("ends", [(1.0, 1.3), (0.0004, 0.0005), (0.9, 45.0), (1e-3, 1e6), (7.0, 7.1)])
def test_ticks_stand_apart(ends: tuple[float, float]) -> None:
    marks = ticks(*ends)
    assert 2 <= len(marks) <= 13
    assert marks == sorted(set(marks))
    figure = draw_dots([Dot(("a",), Interval(ends[0], ends[0], ends[1]), "learned")] * 3, "t", "s")
    figure.canvas.draw()
    boxes = [label.get_window_extent() for label in figure.axes[0].get_xticklabels()]
    assert all(left.x1 < right.x0 for left, right in pairwise(boxes))


def test_no_text_meets_another_or_is_cut() -> None:
    names = ["a_policy_with_a_name_that_is_rather_long", *(f"p{k}" for k in range(30))]
    long = [Dot((name, f"twin of {name}"), Interval(1.0 + k, 1.0 + 0.5 * k, 1.0 + 4 * k), "tuned") for k, name in enumerate(names)]
    figure = draw_dots(long, "thrash: 100 episodes", "mean response, s", bound=("lower bound", 0.4), width=4.8)
    figure.canvas.draw()
    axes = figure.axes[0]
    texts = [
        *axes.get_yticklabels(),
        *axes.texts,
        *axes.get_xticklabels(),
        axes.xaxis.label,
        figure._suptitle,
        *figure.legends[0].get_texts(),
    ]
    boxes = [text.get_window_extent() for text in texts if text.get_text()]
    page = figure.bbox
    assert not [box for box in boxes if box.x0 < page.x0 or box.x1 > page.x1 or box.y0 < page.y0 or box.y1 > page.y1]
    meeting = [
        (a, b) for k, a in enumerate(boxes) for b in boxes[k + 1 :] if a.x0 < b.x1 and b.x0 < a.x1 and a.y0 < b.y1 - 1 and b.y0 < a.y1 - 1
    ]
    assert not meeting
    assert min(text.get_fontsize() for text in texts) >= 8
    assert "lower bound, 0.400" in [text.get_text() for text in figure.legends[0].get_texts()]


def test_a_reference_gives_its_name_to_those_that_are_tied_with_it() -> None:
    figure = draw_dots([Dot(("a", "b" * 20, "c" * 20, "tsrr"), Interval(1.0, 1.0, 1.0), "heuristic")], "t", "s", always=["tsrr"])
    assert [label.get_text() for label in figure.axes[0].get_yticklabels()] == ["tsrr and 3 more"]


def test_who_costs_nothing_is_there() -> None:
    figure = draw_dots([Dot(("free",), Interval(0.0, 0.0, 0.0), "heuristic"), *dots(2)], "t", "s")
    assert [text.get_text() for text in figure.axes[0].texts] == ["0", "1.50", "2.50"]


def test_the_same_numbers_make_the_same_files(tmp_path: Path) -> None:
    for folder in ("a", "b"):
        write_picture(draw_dots(dots(3), "t", "s"), tmp_path / folder / "board.png")
    for ending in ("png", "svg"):
        first, second = ((tmp_path / folder / f"board.{ending}").read_bytes() for folder in ("a", "b"))
        assert first == second
        assert len(first) > 3000


def test_labels_and_digits() -> None:
    assert label_of(("a", "b")) == "a = b"
    assert label_of(("x" * 20, "y" * 20)) == f"{'x' * 20} and 1 more"
    assert [number(value) for value in (0.0, 0.1234, 1.005, 12.34, 123.4, 12345.6)] == ["0", "0.123", "1.00", "12.3", "123", "12,346"]
    assert estimate(Interval(2.8, 2.68, 2.93)) == "2.80 [2.68, 2.93]"
    assert estimate(Interval(4.0, 4.0, 4.0)) == "4.00"
    assert estimate(Interval(0.155, -1.226, 1.578)) == "0.155 [-1.226, 1.578]"
