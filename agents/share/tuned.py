"""share_tuned: a heuristic of shares whose parameters are tuned, the rival that learned weights must beat."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from agents.share.search.trials import HeuristicTrials
from agents.training.agent import AGENTS, Agent
from agents.training.budget import Budget
from agents.training.checkpoint import BEST
from agents.training.coordinates import Coordinates
from agents.training.search import Search, SearchSettings
from agents.training.searching import search_until_spent
from vmenv.episodes.saved import Card, load_policy
from vmenv.episodes.schedulers import make_scheduler
from vmenv.episodes.seeds import VALIDATION_SEEDS
from vmenv.errors import SpecError, suggestion
from vmenv.share.kind import KIND
from vmenv.share.saved import save_heuristic
from vmenv.share.scenario import ShareScenario
from vmenv.share.scheduler import SCHEDULERS, ShareScheduler


@AGENTS.register("share_tuned")
@dataclass(frozen=True, kw_only=True)
class ShareTuned(SearchSettings, Agent):
    """Tunes one heuristic of shares.

    Args:
        scheduler: Which one; it must have parameters that may be tuned.
    """

    summary = "a heuristic of shares, tuned by CMA-ES"
    kind_name = KIND.name

    decisions: int = 2_000_000
    eval_episodes: int = 50
    sigma: float = 0.1
    population: int = 12
    episodes: int = 16
    judged_episodes: int = 0
    scheduler: str = "linear"

    def __post_init__(self) -> None:
        super().__post_init__()
        self.check_search()
        allowed = [name for name in SCHEDULERS.names() if SCHEDULERS[name].tunable]
        if self.scheduler not in allowed:
            raise SpecError(f"agent.scheduler is {self.scheduler!r}: {suggestion(self.scheduler, allowed)}")

    def train(self, scenario: ShareScenario, *, seed: int, minutes: float | None, folder: Path, resume: bool) -> ShareScheduler:
        """See `Agent.train`."""
        coordinates = Coordinates(make_scheduler(self.scheduler, kind=KIND.name))
        trials = HeuristicTrials(scenario, coordinates.scheduler_at)
        search = Search(trials, lambda points: points, coordinates.start, self, VALIDATION_SEEDS[: self.eval_episodes], seed)

        def save_best(card: Card) -> None:
            save_heuristic(coordinates.scheduler_at(search.best), folder / BEST, card)

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
        tuned: ShareScheduler = load_policy(folder)
        return tuned
