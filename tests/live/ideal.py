"""A driver whose guests have exactly what their shares and their work say, in no time: what a trial makes of it is the model's own."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import ClassVar

import numpy as np

from vmenv.live.driver import OPERATIONS, Driver, Share, Slice

LEVELS = 200  # halvings


@dataclass(frozen=True, kw_only=True)
class IdealDriver(Driver):
    """Guests of no machine.

    Args:
        slowness: They get their shares divided by this.
    """

    needs: ClassVar[str] = "nothing"

    slowness: float = 1.0
    work: dict[int, int] = field(default_factory=dict)
    shares: dict[int, Share] = field(default_factory=dict)
    times_us: list[int] = field(default_factory=list)

    def obstacles(self) -> dict[str, str]:
        return dict.fromkeys(OPERATIONS, "")

    def describe(self) -> dict[str, str]:
        return {}

    def create(self, work_us: int) -> int:
        guest = max(self.shares, default=-1) + 1
        self.work[guest], self.shares[guest] = work_us, Share()
        return guest

    def run(self, guest: int, service_us: int, *, wall_us: int | None = None) -> Slice:
        raise AssertionError("guests of this driver run together")

    def destroy(self, guest: int) -> None:
        del self.work[guest]

    def close(self) -> None:
        self.work.clear()

    def set_shares(self, shares: Mapping[int, Share]) -> None:
        self.shares.update(shares)

    def give_work(self, guest: int, work_us: int) -> None:
        self.work[guest] = work_us

    def run_together(self, guests: Sequence[int], wall_us: int) -> dict[int, Slice]:
        """Water is poured until the time is full, or everybody is."""
        self.times_us.append(wall_us)
        most = np.array([min(self.work[guest], self.shares[guest].cap * wall_us) for guest in guests]) / self.slowness
        weights = np.array([self.shares[guest].weight for guest in guests])
        low, high = 0.0, float(wall_us)
        for _ in range(LEVELS):
            level = (low + high) / 2
            low, high = (level, high) if np.minimum(most, level * weights).sum() <= wall_us else (low, level)
        used = np.minimum(most, low * weights)
        return {guest: Slice(round(us), round(us) >= self.work[guest]) for guest, us in zip(guests, used, strict=True)}
