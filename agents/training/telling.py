"""How a program says how far it is: a bar on a terminal; a plain line now and then where what it says goes to a file.

All of it goes to standard error, so that what a program finds out can be kept apart.
"""

from __future__ import annotations

import contextlib
import sys
import time
from collections.abc import Callable, Iterator
from typing import Any, TextIO

from rich.console import Console
from tqdm.auto import tqdm

LINE_AFTER_S = 1.0  # between two lines at least
LINE_AFTER_SHARE = 0.02  # of the time so far, between two lines at least: a day of training writes some hundreds
STILL_THERE_S = 30.0  # after which a quantity that grows is told even if nothing else is to be said


def on_terminal(file: TextIO | None = None) -> bool:
    """Returns whether a person looks on, at standard error if no file is given."""
    return (file or sys.stderr).isatty()


@contextlib.contextmanager
def steps(total: int, doing: str, file: TextIO | None = None) -> Iterator[Callable[[str], None]]:
    """Lets a program say which of `total` steps it begins: on a terminal in one line with a spinner, else in a line a step.

    Args:
        total: Number of steps.
        doing: What is done in each, as in "playing".
        file: Where it is told; None: standard error.

    Yields:
        What is called with the name of each step when it begins.
    """
    file = file or sys.stderr
    number = 0

    def text(name: str) -> str:
        nonlocal number
        number += 1
        return f"{doing} {number} of {total}: {name}"

    if not on_terminal(file):
        yield lambda name: print(text(name), file=file, flush=True)
        return
    with Console(file=file).status(doing) as status:
        yield lambda name: status.update(text(name))


class Growing:
    """Shows a quantity that grows, such as bytes that are read: by tqdm's bar on a terminal, else by lines.

    Args:
        doing: What goes on; "" if the unit says it.
        unit: Of the quantity.
        total: Where it ends; None: that is told later.
        done: Where it begins.
        divisor: Of large numbers: 1000, or 1024 for bytes.
        leave: Whether the bar stays when it is full.
        file: Where it is told; None: standard error.
        clock: Tells seconds.
    """

    def __init__(
        self,
        doing: str,
        unit: str,
        total: int | None = None,
        done: int = 0,
        *,
        divisor: int = 1000,
        leave: bool = True,
        file: TextIO | None = None,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._doing, self._unit, self._divisor, self._clock = doing, unit, divisor, clock
        self._file: TextIO = file or sys.stderr
        self._done, self._total = done, total
        self._start_s = self._last_s = clock()
        self._told, self._kept = False, ""
        self._bar: tqdm[Any] | None = None
        if on_terminal(self._file):
            self._bar = tqdm(
                desc=doing or None,
                total=total,
                initial=done,
                unit=unit,
                unit_scale=True,
                unit_divisor=divisor,
                mininterval=1.0,
                leave=leave,
                file=file,
            )

    def __enter__(self) -> Growing:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def move(self, done: int, total: int | None = None) -> None:
        """Takes in how much is done, and of how much if that was not known."""
        self._take_in(done, total)
        if self._bar is None and self._clock() - self._last_s >= max(STILL_THERE_S, self._shortest_s()):
            self._say(self._text(""))

    def note(self, done: int, figures: dict[str, str], left_s: float) -> None:
        """Shows figures: behind the bar, or in a line with the time that has passed and is left; the last ones in any case.

        Args:
            done: How much is done.
            figures: By name, formatted.
            left_s: Estimate of the seconds left, which a bar makes itself; infinity: unknown.
        """
        self._take_in(done, None)
        if self._bar is not None:
            self._bar.set_postfix(figures)
            return
        text = self._text("".join(f", {name} {figure}" for name, figure in figures.items()))
        text += "" if left_s == float("inf") else f", about {tqdm.format_interval(left_s)} left"
        if self._told and self._clock() - self._last_s < max(LINE_AFTER_S, self._shortest_s()):
            self._kept = text
        else:
            self._say(text)

    def close(self) -> None:
        """Ends the bar, or tells what was held back."""
        if self._bar is not None:
            self._bar.close()
        elif self._kept:
            self._say(self._kept)

    def _take_in(self, done: int, total: int | None) -> None:
        self._done, self._total = done, total or self._total
        if self._bar is not None:
            self._bar.total = self._total
            self._bar.update(done - self._bar.n)

    def _shortest_s(self) -> float:
        return LINE_AFTER_SHARE * (self._clock() - self._start_s)

    def _text(self, figures: str) -> str:
        amounts = [self._amount(amount) for amount in (self._done, self._total) if amount is not None]
        doing = f"{self._doing}: " if self._doing else ""
        return f"{doing}{' of '.join(amounts)}{self._unit} in {tqdm.format_interval(self._clock() - self._start_s)}{figures}"

    def _amount(self, amount: int) -> str:
        return str(amount) if amount < self._divisor else tqdm.format_sizeof(amount, divisor=self._divisor)

    def _say(self, text: str) -> None:
        print(text, file=self._file, flush=True)
        self._last_s, self._told, self._kept = self._clock(), True, ""
