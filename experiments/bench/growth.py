"""What points on a growth curve have in common: vmenv with so many slots."""

from __future__ import annotations

from typing import ClassVar

from experiments.bench.contender import Contender


class Growth(Contender):
    """A point on a growth curve.

    Args:
        num_slots: How many.

    Attributes:
        series: Which curve.
        of_title: What is measured, for `title`.
        of_about: The same for `about`, with {num_slots} where their number stands.
    """

    ours = True
    share = 0.5
    series: ClassVar[str]
    of_title: ClassVar[str]
    of_about: ClassVar[str]

    def __init__(self, num_slots: int) -> None:
        self._num_slots = num_slots
        self.title = f"vmenv, {self.of_title}, {num_slots} slots"
        self.about = self.of_about.format(num_slots=num_slots)
        self.growth = (self.series, num_slots)
