"""vmenv: what a decision of a compiled scheduler costs as the slots grow in number."""

from __future__ import annotations

import time

import numpy as np

from experiments.bench.backlog import SIZES, backlog, backlog_host
from experiments.bench.contender import CONTENDERS, Sample, repeat
from experiments.bench.growth import Growth

NUM_RUNS = 4
SPARE = 4_000  # VMs to begin with that replace those that are done
LEAST_S = 0.4  # of a call, so that loading the VMs is a small part of it: it takes 0.003 to 0.04 s


class GrowthRollout(Growth):
    """SRPT with all slots full."""

    series = "srpt rollout, all slots full"
    of_title = "srpt rollout"
    of_about = f"simulate_many under srpt, {NUM_RUNS} runs, {{num_slots}} slots, all full until the horizon"

    def set_up(self) -> None:
        """Doubles the horizon until a call is long enough, and the spare VMs as often as a slot runs empty before it."""
        self._host = backlog_host()
        self._horizon_us = 10_000_000
        spare = SPARE
        self._draw(spare)
        self._play()
        while True:
            start = time.perf_counter()
            self._play()
            passed_s = time.perf_counter() - start
            if self._most_done >= spare:
                spare *= 2
                self._draw(spare)
            elif passed_s > LEAST_S:
                break
            else:
                self._horizon_us *= 2

    def _draw(self, spare: int) -> None:
        self._works = [backlog(np.random.default_rng(seed), self._num_slots, spare) for seed in range(NUM_RUNS)]

    def run(self, seconds: float) -> Sample:
        """Plays the same runs again and again."""
        return repeat(self._play, seconds)

    def _play(self) -> int:
        from vmenv.dispatch.simulation import simulate_many

        runs = simulate_many(
            self._host, self._works, "srpt", num_slots=self._num_slots, horizon_us=self._horizon_us, objective="mean_slowdown"
        )
        self._most_done = max(int((run.completion_us >= 0).sum()) for run in runs)
        return sum(run.num_decisions for run in runs)


for _size in SIZES:
    CONTENDERS.register(f"growth-srpt-{_size}")(GrowthRollout(_size))
