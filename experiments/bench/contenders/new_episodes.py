"""vmenv: every scenario with every episode new, beside the same with episodes that are kept."""

from __future__ import annotations

from typing import Any

import numpy as np

from experiments.bench.contender import CONTENDERS, Contender, Sample, Stopwatch, repeat_timed
from vmenv.episodes.seeds import FIRST_TRAINING_SEED

NUM_RUNS = 256
NUM_KEPT = 512
NUM_SEEDS = 2**20
WARM_SECONDS = 2.0  # several episodes of each run
SCENARIOS = (
    "backup",
    "batch",
    "bursts",
    "churn",
    "edge",
    "gang",
    "mg1_known",
    "mm1",
    "mmc_known",
    "mystery",
    "neighbours",
    "overcommit",
    "share_spells",
    "tenants",
    "thrash",
)


class NewEpisodes(Contender):
    """`Episodes.step` of a scenario at its default parameters.

    Args:
        scenario: Its name.
        kept: Whether runs begin episodes that are kept, or new ones.
    """

    unit = "decisions"
    ours = True
    pictured = False
    share = 0.5

    def __init__(self, scenario: str, kept: bool) -> None:
        self._scenario, self._kept = scenario, kept
        self.title = f"vmenv, Episodes({NUM_RUNS}) of {scenario}, {'kept episodes' if kept else 'every episode new'}"
        begun = f"one of {NUM_KEPT} kept episodes" if kept else "a new episode, which is drawn and loaded"
        self.about = (
            f"vmenv.Episodes, {NUM_RUNS} runs of {scenario}; runs that are over begin {begun} in the same step. Seeds are drawn "
            "beforehand, and actions, those of `some_actions()`, are chosen with the clock stopped"
        )
        if not kept:
            self.yardsticks = (f"kept-{scenario}",)  # type: ignore[misc]  # each has its own

    def set_up(self) -> None:
        """Spreads the runs over their lengths."""
        from vmenv.episodes.scenario import make_scenario

        scenario = make_scenario(self._scenario)
        episodes: Any = scenario.kind.episodes(scenario, NUM_RUNS, num_kept=NUM_KEPT if self._kept else 0)
        past = NUM_KEPT if self._kept else 2**60
        self._seeds = FIRST_TRAINING_SEED + np.random.default_rng(0).integers(past, size=NUM_SEEDS)
        for first in range(0, NUM_KEPT, NUM_RUNS):  # draws all that will be kept
            episodes.restart(range(NUM_RUNS), FIRST_TRAINING_SEED + first + np.arange(NUM_RUNS))
        self._episodes, self._drawn = episodes, 0
        repeat_timed(self._step, WARM_SECONDS)

    def run(self, seconds: float) -> Sample:
        """Goes on where it stopped."""
        return repeat_timed(self._step, seconds)

    def _step(self, watch: Stopwatch) -> int:
        actions = self._episodes.some_actions()
        with watch:
            over = np.flatnonzero(self._episodes.phase)
            first = self._drawn if self._drawn + len(over) <= NUM_SEEDS else 0
            self._drawn = first + len(over)
            self._episodes.step(actions, over, self._seeds[first : self._drawn])
        return NUM_RUNS - len(over)


for _scenario in SCENARIOS:
    CONTENDERS.register(f"kept-{_scenario}")(NewEpisodes(_scenario, kept=True))
    CONTENDERS.register(f"new-{_scenario}")(NewEpisodes(_scenario, kept=False))
