"""vmenv: what a decision of a compiled scheduler costs as the slots grow in number."""

from __future__ import annotations

import time

import numpy as np

from experiments.bench.backlog import SIZES, backlog, backlog_host
from experiments.bench.contender import CONTENDERS, Contender, Sample, repeat

NUM_RUNS = 4
SPARE = 4_000
LEAST_S = 0.4  # of a call, so that loading the VMs is a small part of it: at 4,096 slots it takes some 0.04 s


class GrowthRollout(Contender):
    """SRPT with all slots full.

    Args:
        num_slots: How many.
    """

    ours = True
    share = 0.5

    def __init__(self, num_slots: int) -> None:
        self._num_slots = num_slots
        self.title = f"vmenv, srpt rollout, {num_slots} slots"
        self.about = f"simulate_many under srpt, {NUM_RUNS} runs, {num_slots} slots, all full until the horizon"
        self.growth = ("srpt rollout, all slots full", num_slots)

    def set_up(self) -> None:
        """Doubles the horizon until a call is long enough, and checks that the slots are full up to there."""
        rngs = [np.random.default_rng(seed) for seed in range(NUM_RUNS)]
        self._host = backlog_host()
        self._works = [backlog(rng, self._num_slots, SPARE) for rng in rngs]
        self._horizon_us = 10_000_000
        self._play()
        while True:
            start = time.perf_counter()
            self._play()
            if time.perf_counter() - start > LEAST_S:
                break
            self._horizon_us *= 2
        if self._most_done >= SPARE:
            raise AssertionError("a slot ran empty: give more spare VMs")

    def run(self, seconds: float) -> Sample:
        """Plays the same runs again and again."""
        return repeat(self._play, seconds)

    def _play(self) -> int:
        from vmenv.simulation import simulate_many

        runs = simulate_many(
            self._host, self._works, "srpt", num_slots=self._num_slots, horizon_us=self._horizon_us, objective="mean_slowdown"
        )
        self._most_done = max(int((run.completion_us >= 0).sum()) for run in runs)
        return sum(run.num_decisions for run in runs)


for _size in SIZES:
    CONTENDERS.register(f"growth-srpt-{_size}")(GrowthRollout(_size))
