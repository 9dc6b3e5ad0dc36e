"""What is said of how far a program is: bars on a terminal, few and whole lines elsewhere."""

from __future__ import annotations

import io
import math

import pytest

from agents.training.budget import Budget
from agents.training.telling import Growing, steps


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


class Clock:
    def __init__(self) -> None:
        self.now_s = 100.0

    def __call__(self) -> float:
        return self.now_s


def test_steps_are_counted_a_line_each() -> None:
    file = io.StringIO()
    with steps(3, "playing", file) as step:
        for name in ("fcfs", "srpt"):
            step(name)
    assert file.getvalue() == "playing 1 of 3: fcfs\nplaying 2 of 3: srpt\n"


def test_steps_share_a_line_on_a_terminal() -> None:
    file = Terminal()
    with steps(2, "playing", file) as step:
        step("fcfs")
        step("srpt")
    assert "playing 2 of 2: srpt" in file.getvalue()
    assert "\x1b[2K" in file.getvalue(), "the line is wiped when all is done"


def test_steps_of_a_program_go_to_standard_error(capsys: pytest.CaptureFixture[str]) -> None:
    with steps(1, "playing") as step:
        step("fcfs")
    told = capsys.readouterr()
    assert (told.out, told.err) == ("", "playing 1 of 1: fcfs\n")


def notes(seconds: list[float], file: io.StringIO) -> None:
    """Trains for these seconds between one evaluation and the next."""
    clock = Clock()
    with Growing("", " decisions", 1_000_000, file=file, clock=clock) as shown:
        for k, length_s in enumerate(seconds):
            clock.now_s += length_s
            shown.note(1000 * (k + 1), {"validation": f"{9 - k}.000", "best": f"{9 - k}.000"}, left_s=math.inf if k == 0 else 3661.0)


def test_evaluations_are_lines() -> None:
    file = io.StringIO()
    notes([5.0, 5.0], file)
    assert file.getvalue().splitlines() == [
        "1.00k of 1.00M decisions in 00:05, validation 9.000, best 9.000",
        "2.00k of 1.00M decisions in 00:10, validation 8.000, best 8.000, about 1:01:01 left",
    ]


def test_a_day_of_evaluations_is_some_hundreds_of_lines_and_the_last_is_among_them() -> None:
    file = io.StringIO()
    notes([0.5] * (2 * 86_400), file)
    lines = file.getvalue().splitlines()
    assert 200 < len(lines) < 700
    assert lines[0].startswith("1.00k of ")
    assert lines[-1].startswith("173M of ")
    assert "\r" not in file.getvalue()


def test_evaluations_stand_behind_the_bar_on_a_terminal() -> None:
    file = Terminal()
    notes([5.0, 5.0], file)
    assert "\r" in file.getvalue()
    assert "best=8.000" in file.getvalue()
    assert "about" not in file.getvalue(), "tqdm says itself what is left"


@pytest.mark.parametrize(("length_s", "lines"), [(29.0, []), (31.0, ["reading: 5.00M of 10.0MB in 00:31"])])
def test_what_takes_long_is_told_without_figures(length_s: float, lines: list[str]) -> None:
    file, clock = io.StringIO(), Clock()
    with Growing("reading", "B", divisor=1024, file=file, clock=clock) as shown:
        clock.now_s += length_s
        shown.move(5 * 2**20, 10 * 2**20)
    assert file.getvalue().splitlines() == lines


def test_small_amounts_are_whole_numbers() -> None:
    file = io.StringIO()
    with Growing("", " decisions", 999, file=file, clock=Clock()) as shown:
        shown.note(0, {}, left_s=math.inf)
    assert file.getvalue() == "0 of 999 decisions in 00:00\n"


@pytest.mark.parametrize(
    ("minutes", "done", "elapsed_s", "left_s"),
    [
        (None, 0, 10.0, math.inf),  # no decision, no rate
        (None, 250, 10.0, 30.0),  # a quarter in 10 s
        (0.5, 250, 10.0, 20.0),  # the time is over first
        (0.5, 500, 10.0, 10.0),
        (0.1, 500, 10.0, 0.0),
    ],
)
def test_time_left(minutes: float | None, done: int, elapsed_s: float, left_s: float, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Budget, "elapsed_s", property(lambda self: elapsed_s))
    budget = Budget(1000, minutes)
    budget.done = done
    assert budget.left_s == pytest.approx(left_s)
