"""share_index: a small network that scores VMs, searched with CMA-ES on the batched share environment."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from agents.share.search.trials import ShareTrials
from agents.training.agent import AGENTS
from agents.training.search import Search, SearchSettings
from agents.training.search_agent import SearchAgent
from vmenv.checks import check_integer
from vmenv.episodes.saved import Card
from vmenv.host.state import Floats
from vmenv.share.kind import KIND
from vmenv.share.saved import save_scorer
from vmenv.share.scenario import ShareScenario
from vmenv.share.scorer import ShareScorer, num_weights


@AGENTS.register("share_index")
@dataclass(frozen=True, kw_only=True)
class ShareIndex(SearchSettings, SearchAgent):
    """A scorer of some hundred weights (`vmenv.share.scorer`), searched from the heuristic `demand` on.

    Args:
        hidden: Units of the network; 0: a linear score.
    """

    summary = "a small network that weighs VMs, searched with CMA-ES"
    kind_name = KIND.name
    confirms = False

    decisions: int = 2_000_000
    sigma: float = 0.05
    population: int = 16
    episodes: int = 32
    hidden: int = 6
    judged_episodes: int = 0

    def __post_init__(self) -> None:
        super().__post_init__()
        check_integer("agent.hidden", self.hidden, most=256)

    def begin_search(self, scenario: ShareScenario, seed: int) -> tuple[Search, Callable[[Floats], ShareScorer]]:
        """See `SearchAgent.begin_search`; its points are the scorer's weights."""
        search = Search(ShareTrials(scenario), lambda points: points, np.zeros(num_weights(self.hidden)), self, self.validation_seeds, seed)
        return search, lambda point: ShareScorer(weights=tuple(point.tolist()))

    def save(self, policy: ShareScorer, stem: Path, card: Card) -> None:
        """See `SearchAgent.save`."""
        save_scorer(policy, stem, card)
