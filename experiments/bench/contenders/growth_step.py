"""vmenv: what a decision from outside costs as the slots grow in number."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from experiments.bench.backlog import SIZES, backlog, backlog_host
from experiments.bench.contender import CONTENDERS, Sample, Stopwatch, repeat_timed
from experiments.bench.growth import Growth

if TYPE_CHECKING:
    from vmenv.dispatch.episodes import DispatchEpisodes

NUM_RUNS = 128
SPARE = 300
STEPS = 8_000  # then the runs begin anew: a VM takes 200 decisions at the least, so that by then no run has used up its spare VMs


class Game:
    """Runs that all begin anew after so many steps.

    Args:
        episodes: A batch of NUM_RUNS runs.
        steps: How many.
    """

    def __init__(self, episodes: DispatchEpisodes, steps: int) -> None:
        self._episodes, self._steps, self._done = episodes, steps, steps

    def step(self, watch: Stopwatch) -> int:
        """Carries out the first legal action everywhere; only that is timed. Returns the number of decisions."""
        if self._done == self._steps:
            self._episodes.restart(range(NUM_RUNS), range(NUM_RUNS))
            self._done = 0
        actions = self._episodes.observations.action_mask.argmax(axis=1)
        with watch:
            self._episodes.step(actions)
        self._done += 1
        return NUM_RUNS


class GrowthStep(Growth):
    """`Episodes.step` with all slots full."""

    series = "Episodes.step, all slots full"
    of_title = f"Episodes({NUM_RUNS}).step"
    of_about = f"{NUM_RUNS} runs, {{num_slots}} slots, all full; choosing (mask.argmax) and beginning anew with the clock stopped"

    def set_up(self) -> None:
        """Fills the slots."""
        from vmenv.dispatch.episodes import DispatchEpisodes
        from vmenv.dispatch.observation import host_features
        from vmenv.dispatch.scenarios.host import OwnHost

        work = partial(backlog, num_slots=self._num_slots, spare=SPARE)
        scenario = OwnHost(host=backlog_host(), workload=work, num_slots=self._num_slots, objective="mean_slowdown")
        self._episodes = DispatchEpisodes(scenario, NUM_RUNS)
        self._queued = host_features(scenario.host).index("queued_of_slots")
        self._game = Game(self._episodes, STEPS)
        self.run(0.05)

    def run(self, seconds: float) -> Sample:
        """Goes on where it stopped."""
        sample = repeat_timed(self._game.step, seconds)
        if not (self._episodes.observations.host[:, self._queued] > 0).all():
            raise AssertionError("a slot ran empty: give more spare VMs")
        return sample


class GrowthOfEmptySlots(Growth):
    """`Episodes.step` at the load of thrash: with many slots most are empty."""

    series = "Episodes.step, load 0.7"
    of_title = f"Episodes({NUM_RUNS}).step at load 0.7"
    of_about = f"{NUM_RUNS} runs of thrash, {{num_slots}} slots; choosing (mask.argmax) and beginning anew with the clock stopped"

    def set_up(self) -> None:
        """Begins the runs."""
        from vmenv.dispatch.episodes import DispatchEpisodes
        from vmenv.episodes.scenario import make_scenario

        self._game = Game(DispatchEpisodes(make_scenario("thrash", num_slots=self._num_slots, num_vms=1500), NUM_RUNS), STEPS // 2)
        self.run(0.05)

    def run(self, seconds: float) -> Sample:
        """Goes on where it stopped, up to half of an episode."""
        return repeat_timed(self._game.step, seconds)


for _size in SIZES:
    CONTENDERS.register(f"growth-empty-{_size}")(GrowthOfEmptySlots(_size))
    CONTENDERS.register(f"growth-step-{_size}")(GrowthStep(_size))
