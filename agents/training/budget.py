"""How long to train: a number of decisions, a time, or whichever is over first."""

from __future__ import annotations

import time


class Budget:
    """Counts decisions and seconds.

    Args:
        decisions: To make.
        minutes: Wall-clock limit; None: no limit.

    Attributes:
        done: Decisions made.
        reserved_s: Seconds that are kept for what comes after training, an evaluation.
    """

    def __init__(self, decisions: int, minutes: float | None) -> None:
        self.decisions = decisions
        self.seconds = float("inf") if minutes is None else 60.0 * minutes
        self.done, self.reserved_s = 0, 0.0
        self._before_s = 0.0
        self._start = time.monotonic()

    def start(self, before_s: float = 0.0) -> None:
        """Starts the clock anew, at the seconds that earlier runs of the same training took."""
        self._before_s = before_s
        self._start = time.monotonic()

    @property
    def elapsed_s(self) -> float:
        """Seconds of training, those of earlier runs included."""
        return self._before_s + time.monotonic() - self._start

    @property
    def left_s(self) -> float:
        """Estimate of the seconds left, the last evaluation included, if it goes on as so far; infinity: nothing is known yet."""
        by_rate = self.elapsed_s * (self.decisions - self.done) / self.done if self.done else float("inf")
        return max(0.0, min(by_rate, self.seconds - self.elapsed_s))

    @property
    def spent(self) -> float:
        """What is spent, 0 to 1."""
        return min(1.0, max(self.done / self.decisions, (self.elapsed_s + self.reserved_s) / self.seconds))
