"""share_tuned: a heuristic of shares whose parameters are tuned, the rival that learned weights must beat."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from agents.share.search.trials import HeuristicTrials
from agents.training.agent import AGENTS
from agents.training.coordinates import Coordinates
from agents.training.search import Search, SearchSettings
from agents.training.search_agent import SearchAgent
from vmenv.episodes.saved import Card
from vmenv.episodes.schedulers import make_scheduler
from vmenv.errors import SpecError, suggestion
from vmenv.host.state import Floats
from vmenv.share.kind import KIND
from vmenv.share.saved import save_heuristic
from vmenv.share.scenario import ShareScenario
from vmenv.share.scheduler import SCHEDULERS, ShareScheduler


@AGENTS.register("share_tuned")
@dataclass(frozen=True, kw_only=True)
class ShareTuned(SearchSettings, SearchAgent):
    """Tunes one heuristic of shares.

    Args:
        scheduler: Which one; it must have parameters that may be tuned.
    """

    summary = "a heuristic of shares, tuned by CMA-ES"
    kind_name = KIND.name
    confirms = False

    decisions: int = 2_000_000
    sigma: float = 0.1
    population: int = 12
    episodes: int = 16
    judged_episodes: int = 0
    scheduler: str = "linear"

    def __post_init__(self) -> None:
        super().__post_init__()
        allowed = [name for name in SCHEDULERS.names() if SCHEDULERS[name].tunable]
        if self.scheduler not in allowed:
            raise SpecError(f"agent.scheduler is {self.scheduler!r}: {suggestion(self.scheduler, allowed)}")

    def begin_search(self, scenario: ShareScenario, seed: int) -> tuple[Search, Callable[[Floats], ShareScheduler]]:
        """See `SearchAgent.begin_search`; its points are those of the heuristic's `Coordinates`."""
        coordinates = Coordinates(make_scheduler(self.scheduler, kind=KIND.name))
        trials = HeuristicTrials(scenario, coordinates.scheduler_at)
        search = Search(trials, lambda points: points, coordinates.start, self, self.validation_seeds, seed)
        return search, coordinates.scheduler_at

    def save(self, policy: ShareScheduler, stem: Path, card: Card) -> None:
        """See `SearchAgent.save`."""
        save_heuristic(policy, stem, card)
