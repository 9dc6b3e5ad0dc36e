"""How long to train: a number of decisions, a time, or whichever is over first."""

from __future__ import annotations

import time


class Budget:
    """Counts decisions and seconds.

    Args:
        decisions: To make.
        minutes: Wall-clock limit; None: no limit.
    """

    def __init__(self, decisions: int, minutes: float | None) -> None:
        self.decisions = decisions
        self.seconds = float("inf") if minutes is None else 60.0 * minutes
        self.done = 0
        self._before_s = 0.0
        self._start = time.monotonic()

    def start(self, before_s: float = 0.0) -> None:
        """Starts the clock anew: of what was before, only these seconds count."""
        self._before_s = before_s
        self._start = time.monotonic()

    @property
    def elapsed_s(self) -> float:
        """Seconds since the clock was started."""
        return time.monotonic() - self._start

    @property
    def spent(self) -> float:
        """What is spent, 0 to 1."""
        return min(1.0, max(self.done / self.decisions, (self._before_s + self.elapsed_s) / self.seconds))
