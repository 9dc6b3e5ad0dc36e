"""share_index: a small network that scores VMs, searched with CMA-ES on the batched share environment."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np

from agents.share.search.trials import ShareTrials
from agents.training.agent import AGENTS, Agent
from agents.training.budget import Budget
from agents.training.checkpoint import BEST
from agents.training.search import Search, SearchSettings
from agents.training.searching import search_until_spent
from vmenv.checks import check_integer
from vmenv.episodes.saved import Card, load_policy
from vmenv.episodes.seeds import VALIDATION_SEEDS
from vmenv.share.kind import KIND
from vmenv.share.saved import save_scorer
from vmenv.share.scenario import ShareScenario
from vmenv.share.scorer import ShareScorer, num_weights


@AGENTS.register("share_index")
@dataclass(frozen=True, kw_only=True)
class ShareIndex(SearchSettings, Agent):
    """A scorer of some hundred weights (`vmenv.share.scorer`), searched from the heuristic `demand` on.

    Args:
        hidden: Units of the network; 0: a linear score.
    """

    summary = "a small network that weighs VMs, searched with CMA-ES"
    kind_name = KIND.name

    decisions: int = 2_000_000
    eval_episodes: int = 50
    sigma: float = 0.05
    population: int = 16
    episodes: int = 32
    hidden: int = 6
    judged_episodes: int = 0

    def __post_init__(self) -> None:
        super().__post_init__()
        self.check_search()
        check_integer("agent.hidden", self.hidden, most=256)

    def train(self, scenario: ShareScenario, *, seed: int, minutes: float | None, folder: Path, resume: bool) -> ShareScorer:
        """See `Agent.train`."""
        seeds = VALIDATION_SEEDS[: self.eval_episodes]
        search = Search(ShareTrials(scenario), lambda points: points, np.zeros(num_weights(self.hidden)), self, seeds, seed)

        def save_best(card: Card) -> None:
            save_scorer(ShareScorer(weights=tuple(search.best.tolist())), folder / BEST, card)

        search_until_spent(
            search,
            Budget(self.decisions, minutes),
            agent=self,
            scenario=scenario,
            seed=seed,
            folder=folder,
            resume=resume,
            save_best=save_best,
            confirms=False,
            judged_episodes=self.judged_episodes,
        )
        trained: ShareScorer = load_policy(folder)
        return trained
