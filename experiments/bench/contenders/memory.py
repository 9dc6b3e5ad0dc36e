"""vmenv: the memory of a batch, and the time that it takes to make one."""

from __future__ import annotations

import time

from experiments.bench.contender import CONTENDERS, Contender, Sample
from vmenv.episodes.seeds import FIRST_TRAINING_SEED, TRAINING_EPISODES

NUM_RUNS, SLOTS = 1024, 16


class Memory(Contender):
    """A batch in which every training episode has come up once."""

    title = f"Memory of Episodes({NUM_RUNS})"
    about = (
        f"all arrays of vmenv.Episodes, {NUM_RUNS} runs of thrash, {SLOTS} slots, with the "
        f"{TRAINING_EPISODES} training episodes "
        "that it keeps, and the time that it takes to draw them and to begin each of them once"
    )
    unit = "MiB"
    ours = True
    once = True

    def set_up(self) -> None:
        """Compiles."""
        self._make(NUM_RUNS)

    def run(self, seconds: float) -> Sample:
        """Makes the batch."""
        start = time.perf_counter()
        mib = self._make(TRAINING_EPISODES)
        return Sample(mib, time.perf_counter() - start)

    def _make(self, num_episodes: int) -> float:
        from vmenv.dispatch.episodes import DispatchEpisodes
        from vmenv.episodes.scenario import make_scenario

        episodes = DispatchEpisodes(make_scenario("thrash", num_slots=SLOTS), NUM_RUNS, num_kept=num_episodes)
        for first in range(FIRST_TRAINING_SEED, FIRST_TRAINING_SEED + num_episodes, NUM_RUNS):
            episodes.restart(range(NUM_RUNS), range(first, first + NUM_RUNS))
        return sum(array.nbytes for array in (*episodes.runs, *episodes.observations)) / 2**20


CONTENDERS.register("memory")(Memory())
