"""vmenv: the same batch without Gymnasium's glue."""

from __future__ import annotations

from contextlib import nullcontext

import numpy as np

from experiments.bench.contender import CONTENDERS, Contender, Sample, Stopwatch

NUM_RUNS = 1024
WARM_STEPS = 3_000


class EpisodesStep(Contender):
    """`Episodes.step`, with a restart wherever a run is over.

    Args:
        restarts: Whether the restarts, which draw new episodes, are in the time.
    """

    ours = True
    yardsticks = ("jobshop-vmap", "jobshop-vmap-autoreset", "write-floor-2")

    def __init__(self, restarts: bool) -> None:
        self._restarts = restarts
        self.title = f"vmenv, Episodes({NUM_RUNS}).step{'' if restarts else ', without restarts'}"
        self.about = (
            f"vmenv.episodes.Episodes, {NUM_RUNS} runs of thrash, 16 slots: observations and masks in place; restarts, which draw and load "
            f"new episodes, {'included' if restarts else 'with the clock stopped'}. The first legal action is chosen by "
            "mask.argmax(axis=1) with the clock stopped"
        )

    def set_up(self) -> None:
        """Spreads the runs over their lengths."""
        from vmenv.episodes import Episodes
        from vmenv.scenarios.base import make_scenario

        self._episodes = Episodes(make_scenario("thrash", num_slots=16), NUM_RUNS)
        self._episodes.restart(range(NUM_RUNS), range(NUM_RUNS))
        self._next_seed = NUM_RUNS
        for _ in range(WARM_STEPS):
            self._step(Stopwatch())

    def run(self, seconds: float) -> Sample:
        """Goes on where it stopped."""
        watch, count = Stopwatch(), 0
        while watch.seconds < seconds:
            count += self._step(watch)
        return Sample(count, watch.seconds)

    def _step(self, watch: Stopwatch) -> int:
        actions = self._episodes.observations.action_mask.argmax(axis=1)
        with watch:
            self._episodes.step(actions)
        with watch if self._restarts else nullcontext():
            over = np.flatnonzero(self._episodes.terminated | self._episodes.truncated)
            if len(over):
                self._episodes.restart(over.tolist(), range(self._next_seed, self._next_seed + len(over)))
                self._next_seed += len(over)
        return NUM_RUNS


CONTENDERS.register("episodes-step")(EpisodesStep(restarts=True))
CONTENDERS.register("episodes-step-alone")(EpisodesStep(restarts=False))
