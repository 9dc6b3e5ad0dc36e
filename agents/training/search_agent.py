"""An agent that searches: until its budget is spent, by generations, from the last checkpoint on if it was stopped."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, ClassVar

from agents.training.agent import Agent
from agents.training.board import describe
from agents.training.budget import Budget
from agents.training.checkpoint import BEST, LAST, card_of_run, has_checkpoint
from agents.training.progress import Progress
from agents.training.searching import Searching, evaluations, load_search, reserve, save_search
from agents.training.settings import GenerationSettings
from vmenv.episodes.saved import Card, load_policy


@dataclass(frozen=True, kw_only=True)
class SearchAgent(GenerationSettings, Agent):
    """A learner that searches.

    To write one, say what is searched (`begin_search`) and how a policy is written (`save`).

    Attributes:
        confirms: Whether a point must beat the start on other episodes too before it is saved.
    """

    confirms: ClassVar[bool] = True

    eval_episodes: int = 50

    def __post_init__(self) -> None:
        super().__post_init__()
        self.check_search()

    @abstractmethod
    def begin_search(self, scenario: Any, seed: int) -> tuple[Searching, Callable[[Any], Any]]:
        """Returns the search before its first generation, and what makes a policy of one of its points."""

    @abstractmethod
    def save(self, policy: Any, stem: Path, card: Card) -> None:
        """Writes a policy, `card` being what its card says of how it was trained."""

    def train(self, scenario: Any, *, seed: int, minutes: float | None, folder: Path, resume: bool) -> Any:
        """See `Agent.train`."""
        search, policy_at = self.begin_search(scenario, seed)
        budget, incumbent, last = Budget(self.decisions, minutes), search.incumbent, folder / LAST
        run = card_of_run(self, scenario, seed)
        resume = resume and has_checkpoint(last)

        def save_best() -> None:
            validation = {"metric": scenario.objective, "value": incumbent.figure, "episodes": self.eval_episodes}
            reached = {"validation": validation, "decisions": budget.done, "seconds": round(budget.elapsed_s, 1)}
            self.save(policy_at(incumbent.point), folder / BEST, run | reached)

        incumbent.warm_up()  # compiles before the clock starts
        kept = load_search(last, search, budget, run)["decisions"] if resume else None
        with Progress(scenario, folder, budget, self.validation_seeds, kept) as progress:
            if kept is None:
                describe(folder, scenario, run)
                budget.start()
                incumbent.evaluate_start()
                save_best()
                save_search(last, search, budget, run)
            judges = reserve(incumbent, budget, self.judged_episodes)
            for figure, improved in evaluations(search, budget, until=1.0):
                progress.report(figure)
                if improved and (not self.confirms or incumbent.beats_start()):
                    save_best()
                save_search(last, search, budget, run)
        if judges and incumbent.judge(judges, self.confirms):
            save_best()
        return load_policy(folder)
