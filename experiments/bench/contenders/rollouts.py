"""vmenv: heuristic schedulers, compiled with the simulator."""

from __future__ import annotations

from experiments.bench.contender import CONTENDERS, Contender, Sample, repeat

EPISODES = 256


class Rollout(Contender):
    """Whole episodes under one scheduler.

    Args:
        scheduler: Its name.
    """

    ours = True
    yardsticks = ("jobshop-scan", "jobshop-vmap")

    def __init__(self, scheduler: str) -> None:
        self._scheduler = scheduler
        self.title = f"vmenv, {scheduler} rollout"
        self.about = (
            f"vmenv.dispatch.simulation.simulate_many: {EPISODES} episodes of thrash under {scheduler}, 16 slots, workloads drawn "
            "beforehand; "
            "packing and reading the results included"
        )

    def set_up(self) -> None:
        """Draws the episodes and compiles."""
        from vmenv.episodes.scenario import make_scenario

        self._scenario = make_scenario("thrash", num_slots=16)
        self._host = self._scenario.build_host()
        self._works = [self._scenario.episode(seed) for seed in range(EPISODES)]
        self._play()

    def run(self, seconds: float) -> Sample:
        """Plays all episodes, again and again."""
        return repeat(self._play, seconds)

    def _play(self) -> int:
        from vmenv.dispatch.simulation import simulate_many

        runs = simulate_many(
            self._host, self._works, self._scheduler, num_slots=self._scenario.num_slots, objective=self._scenario.objective
        )
        return sum(run.num_decisions for run in runs)


for _name in ("srpt", "tsrr"):
    CONTENDERS.register(f"rollout-{_name}")(Rollout(_name))
