"""Many parameter vectors of one scheduler on the same episodes: what searches over parameters compare."""

from __future__ import annotations

import functools
from collections.abc import Sequence

import numpy as np

from agents.training.finalists import robust_mean, usual_cost
from vmenv.dispatch.episode_tables import pack_episodes
from vmenv.dispatch.loop.engine import engine
from vmenv.dispatch.objective import CostRates, cost_rates
from vmenv.dispatch.packing import check_clock, pack
from vmenv.dispatch.scenario import DispatchScenario
from vmenv.dispatch.scheduler import Scheduler
from vmenv.host import columns as c
from vmenv.host.state import PER_TABLE, Floats, Runs
from vmenv.workload.table import Workload


class SchedulerTrials:
    """Plays candidates side by side on the same arrivals, so that what they differ in is not drowned by what the episodes differ in.

    Args:
        scenarios: What is played; the episodes are dealt out to them in turn.
        scheduler: Any with the rule whose parameters are searched; its own do not matter.

    Attributes:
        decisions: Made so far.
    """

    def __init__(self, scenarios: Sequence[DispatchScenario], scheduler: Scheduler) -> None:
        self.decisions = 0
        self._scenarios, self._scheduler = list(scenarios), scheduler
        self._hosts = [scenario.build_host() for scenario in scenarios]
        self._episode = functools.lru_cache(maxsize=8192)(self._draw)

    def costs(self, candidates: Floats, seeds: Sequence[int]) -> Floats:
        """Returns (C, E): the objective of each candidate on the episode of each seed; with several scenarios over what is usual in each.

        Args:
            candidates: (C, n) parameter vectors, as `Scheduler.params` gives them.
            seeds: (E,) of the episodes; the k-th is played in scenario k modulo their number.
        """
        costs = np.empty((len(candidates), len(seeds)))
        for k in range(min(len(self._scenarios), len(seeds))):
            played = self._play(k, candidates, seeds[k :: len(self._scenarios)])
            usual = usual_cost(played) if len(self._scenarios) > 1 else 1.0  # their units may differ
            costs[:, k :: len(self._scenarios)] = played / usual if usual > 0 else played
        return costs

    def figure(self, candidate: Floats, seeds: Sequence[int]) -> float:
        """Returns the robust mean of the costs of one candidate (n,); with several scenarios the geometric mean of their means."""
        costs = [robust_mean(self._play(k, candidate[None], seeds))[0] for k in range(len(self._scenarios))]
        return float(np.exp(np.log(costs).mean()))

    def _play(self, k: int, candidates: Floats, seeds: Sequence[int]) -> Floats:
        runs = _repeat(self._tables(k, seeds), len(candidates))
        engine().play(runs, self._scheduler, np.repeat(candidates, len(seeds), axis=0))
        check_clock(runs)
        self.decisions += int(runs.run[:, c.NUM_DECISIONS].sum())
        return runs.costs[:, c.COST].reshape(len(candidates), len(seeds)) / runs.num_vms

    def _tables(self, k: int, seeds: Sequence[int]) -> Runs:
        """Returns a run for each episode. What compiled code draws is not kept: to play it takes longer than to draw it."""
        scenario = self._scenarios[k]
        if scenario.draws_compiled:
            return pack_episodes(scenario, seeds)
        works, rates = zip(*(self._episode(k, int(seed)) for seed in seeds), strict=True)
        return pack(
            self._hosts[k],
            works,
            rates,
            num_slots=scenario.num_slots,
            horizon_us=scenario.horizon_us,
            commits=scenario.commit,
            reserves=scenario.reservation,
        )

    def _draw(self, k: int, seed: int) -> tuple[Workload, CostRates]:
        work = self._scenarios[k].episode(seed)
        return work, cost_rates(self._scenarios[k].objective, self._hosts[k], work)


def _repeat(tables: Runs, times: int) -> Runs:
    """Returns a batch that plays each of the workloads `times` times, those of a candidate side by side."""
    shared = ("host", *PER_TABLE)
    return Runs(**{name: value if name in shared else np.concatenate([value] * times) for name, value in tables._asdict().items()})
