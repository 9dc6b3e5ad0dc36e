"""Many scorers of shares on the same episodes: what the search over their weights compares."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np

from agents.training.finalists import robust_mean
from vmenv.episodes.seeds import TRAINING_EPISODES
from vmenv.host.state import Floats
from vmenv.share.episodes import ShareEpisodes
from vmenv.share.play import play
from vmenv.share.scenario import ShareScenario
from vmenv.share.scheduler import ShareScheduler
from vmenv.share.scorer import actions_of, scores


class ShareTrials:
    """Plays candidates side by side on the same demands, so that what they differ in is not drowned by what the episodes differ in.

    Args:
        scenario: What is played.

    Attributes:
        decisions: Intervals played so far.
    """

    def __init__(self, scenario: ShareScenario) -> None:
        self.decisions = 0
        self._scenario = scenario
        self._batches: dict[int, ShareEpisodes] = {}

    def costs(self, candidates: Floats, seeds: Sequence[int]) -> Floats:
        """Returns (C, E): the objective of each candidate (C, n) on the episode of each seed (E,)."""
        num_runs = len(candidates) * len(seeds)
        if num_runs not in self._batches:
            self._batches[num_runs] = ShareEpisodes(self._scenario, num_runs, num_kept=TRAINING_EPISODES)
        episodes = self._batches[num_runs]
        episodes.restart(np.arange(num_runs), np.tile(np.asarray(seeds), len(candidates)))
        while not (over := episodes.terminated | episodes.truncated).all():
            self.decisions += int((~over).sum())
            observation = episodes.observations._asdict()
            episodes.step(actions_of(scores(observation, candidates), observation))
        costs = [episodes.run(r).metrics()[self._scenario.objective] for r in range(num_runs)]
        return np.array(costs).reshape(len(candidates), len(seeds))

    def figure(self, candidate: Floats, seeds: Sequence[int]) -> float:
        """Returns the robust mean of the costs of one candidate (n,)."""
        return float(robust_mean(self.costs(candidate[None], seeds))[0])


class HeuristicTrials:
    """Plays heuristics, one after the other.

    Args:
        scenario: What is played.
        at: Returns the heuristic at a point (n,).

    Attributes:
        decisions: Intervals played so far.
    """

    def __init__(self, scenario: ShareScenario, at: Callable[[Floats], ShareScheduler]) -> None:
        self.decisions = 0
        self._scenario, self._at = scenario, at

    def costs(self, candidates: Floats, seeds: Sequence[int]) -> Floats:
        """Returns (C, E): the objective of each candidate (C, n) on the episode of each seed (E,)."""
        played = [play(self._at(candidate), self._scenario, seeds) for candidate in candidates]
        self.decisions += sum(run.num_decisions for runs in played for run in runs)
        return np.array([[run.metrics()[self._scenario.objective] for run in runs] for runs in played])

    def figure(self, candidate: Floats, seeds: Sequence[int]) -> float:
        """Returns the robust mean of the costs of one candidate (n,)."""
        return float(robust_mean(self.costs(candidate[None], seeds))[0])
