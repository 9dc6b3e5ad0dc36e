"""vmenv: the same batch without Gymnasium's glue."""

from __future__ import annotations

from typing import ClassVar

import numpy as np
from numpy.typing import NDArray

from experiments.bench.contender import CONTENDERS, Contender, Sample, Stopwatch, repeat_timed
from vmenv.episodes.seeds import FIRST_TRAINING_SEED, TRAINING_EPISODES

NUM_RUNS = 1024
WARM_STEPS = 3_000
NUM_SEEDS = 2**20


class EpisodesStep(Contender):
    """`Episodes.step`, in which runs that are over begin another episode.

    Args:
        kept: Whether episodes come from those that are kept, as in the vector environment, or are drawn anew each time.
        num_runs: Of the batch.
    """

    ours = True
    yardsticks: ClassVar[tuple[str, ...]] = ("jobshop-vmap", "jobshop-vmap-autoreset", "write-floor-2")

    def __init__(self, kept: bool, num_runs: int = NUM_RUNS) -> None:
        self._kept, self._num_runs = kept, num_runs
        self.title = f"vmenv, Episodes({num_runs}).step{'' if kept else ', every episode new'}"
        self.about = (
            f"vmenv.Episodes, {num_runs} runs of thrash, 16 slots: observations and masks in place; runs that "
            "are over begin "
            f"{f'one of {TRAINING_EPISODES} kept episodes' if kept else 'a new episode, which is drawn and loaded'} in the same step, with "
            "seeds drawn beforehand. The first legal action is chosen by mask.argmax(axis=1) with the clock stopped"
        )

    def set_up(self) -> None:
        """Spreads the runs over their lengths."""
        from vmenv.dispatch.episodes import DispatchEpisodes
        from vmenv.episodes.scenario import make_scenario

        num_kept = TRAINING_EPISODES if self._kept else 0
        self._episodes = DispatchEpisodes(make_scenario("thrash", num_slots=16), self._num_runs, num_kept=num_kept)
        past = TRAINING_EPISODES if self._kept else 2**60
        self._seeds = FIRST_TRAINING_SEED + np.random.default_rng(0).integers(past, size=NUM_SEEDS)
        self._drawn = 0
        if self._kept:  # all that will be met later, so that no part of the time goes into drawing them
            for first in range(0, TRAINING_EPISODES, self._num_runs):
                seeds = first + np.arange(self._num_runs) % TRAINING_EPISODES
                self._episodes.restart(range(self._num_runs), FIRST_TRAINING_SEED + seeds)
        self._episodes.restart(range(self._num_runs), self._draw(self._num_runs))
        for _ in range(WARM_STEPS):
            self._step(Stopwatch())

    def run(self, seconds: float) -> Sample:
        """Goes on where it stopped."""
        return repeat_timed(self._step, seconds)

    def _step(self, watch: Stopwatch) -> int:
        actions = self._episodes.observations.action_mask.argmax(axis=1)
        with watch:
            over = np.flatnonzero(self._episodes.phase)
            self._episodes.step(actions, over, self._draw(len(over)))
        return self._num_runs - len(over)

    def _draw(self, number: int) -> NDArray[np.int64]:
        if self._drawn + number > NUM_SEEDS:
            self._drawn = 0
        self._drawn += number
        return self._seeds[self._drawn - number : self._drawn]


CONTENDERS.register("episodes-step")(EpisodesStep(kept=True))
CONTENDERS.register("episodes-step-new")(EpisodesStep(kept=False))
