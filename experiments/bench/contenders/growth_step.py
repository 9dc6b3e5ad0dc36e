"""vmenv: what a decision from outside costs as the slots grow in number."""

from __future__ import annotations

from functools import partial

from experiments.bench.backlog import SIZES, backlog, backlog_host
from experiments.bench.contender import CONTENDERS, Contender, Sample, Stopwatch

NUM_RUNS = 128
SPARE = 300
STEPS = 8_000  # then the runs begin anew: a VM takes 200 decisions at the least, so that by then no run has used up its spare VMs


class GrowthStep(Contender):
    """`Episodes.step` with all slots full.

    Args:
        num_slots: How many.
    """

    ours = True
    share = 0.5

    def __init__(self, num_slots: int) -> None:
        self._num_slots = num_slots
        self.title = f"vmenv, Episodes({NUM_RUNS}).step, {num_slots} slots"
        self.about = f"{NUM_RUNS} runs, {num_slots} slots, all full; choosing (mask.argmax) and beginning anew with the clock stopped"
        self.growth = ("Episodes.step, all slots full", num_slots)

    def set_up(self) -> None:
        """Fills the slots."""
        from vmenv.episodes import Episodes
        from vmenv.observation import host_features
        from vmenv.scenarios.host import OwnHost

        work = partial(backlog, num_slots=self._num_slots, spare=SPARE)
        scenario = OwnHost(host=backlog_host(), workload=work, num_slots=self._num_slots, objective="mean_slowdown")
        self._episodes = Episodes(scenario, NUM_RUNS)
        self._queued = host_features(scenario.host).index("queued")
        self._steps = STEPS
        self.run(0.05)

    def run(self, seconds: float) -> Sample:
        """Goes on where it stopped."""
        watch, count = Stopwatch(), 0
        while watch.seconds < seconds:
            if self._steps == STEPS:
                self._episodes.restart(range(NUM_RUNS), range(NUM_RUNS))
                self._steps = 0
            actions = self._episodes.observations.action_mask.argmax(axis=1)
            with watch:
                self._episodes.step(actions)
            self._steps += 1
            count += NUM_RUNS
        if not (self._episodes.observations.host[:, self._queued] > 0).all():
            raise AssertionError("a slot ran empty: give more spare VMs")
        return Sample(count, watch.seconds)


class GrowthOfEmptySlots(Contender):
    """`Episodes.step` at the load of thrash: with many slots most are empty.

    Args:
        num_slots: How many.
    """

    ours = True
    share = 0.5

    def __init__(self, num_slots: int) -> None:
        self._num_slots = num_slots
        self.title = f"vmenv, Episodes({NUM_RUNS}).step at load 0.7, {num_slots} slots"
        self.about = f"{NUM_RUNS} runs of thrash, {num_slots} slots; choosing (mask.argmax) and beginning anew with the clock stopped"
        self.growth = ("Episodes.step, load 0.7", num_slots)

    def set_up(self) -> None:
        """Begins the runs."""
        from vmenv.episodes import Episodes
        from vmenv.scenarios.base import make_scenario

        self._episodes = Episodes(make_scenario("thrash", num_slots=self._num_slots, num_vms=1500), NUM_RUNS)
        self._steps = STEPS
        self.run(0.05)

    def run(self, seconds: float) -> Sample:
        """Goes on where it stopped, up to half of an episode."""
        watch, count = Stopwatch(), 0
        while watch.seconds < seconds:
            if self._steps >= STEPS // 2:
                self._episodes.restart(range(NUM_RUNS), range(NUM_RUNS))
                self._steps = 0
            actions = self._episodes.observations.action_mask.argmax(axis=1)
            with watch:
                self._episodes.step(actions)
            self._steps += 1
            count += NUM_RUNS
        return Sample(count, watch.seconds)


for _size in SIZES:
    CONTENDERS.register(f"growth-empty-{_size}")(GrowthOfEmptySlots(_size))
    CONTENDERS.register(f"growth-step-{_size}")(GrowthStep(_size))
