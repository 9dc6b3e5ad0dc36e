"""vmenv: what a decision costs as the batch outgrows one cache after another."""

from __future__ import annotations

from typing import ClassVar

from experiments.bench.contender import CONTENDERS
from experiments.bench.contenders.episodes_step import EpisodesStep

SIZES = (16, 64, 256, 1024, 4096, 16384)


class BatchSize(EpisodesStep):
    """A point on the curve over the number of runs.

    Args:
        num_runs: How many.
    """

    share = 0.5
    axis: ClassVar[str] = "runs"
    yardsticks: ClassVar[tuple[str, ...]] = ()

    def __init__(self, num_runs: int) -> None:
        super().__init__(kept=True, num_runs=num_runs)
        self.growth = ("Episodes.step", num_runs)


for _size in SIZES:
    CONTENDERS.register(f"batch-{_size}")(BatchSize(_size))
