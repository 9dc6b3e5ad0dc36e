"""share_index: a small network that scores VMs, searched with CMA-ES on the batched share environment."""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from agents.share.search.trials import ShareTrials
from agents.training.agent import AGENTS, Agent
from agents.training.budget import Budget
from agents.training.checkpoint import BEST, LAST, load_checkpoint, save_checkpoint, versions
from agents.training.progress import Progress
from agents.training.search import Search, SearchSettings
from vmenv.checks import check_integer
from vmenv.dispatch.scenario import VALIDATION_SEEDS
from vmenv.share.scenario import ShareScenario
from vmenv.share.scorer import ShareScorer, load_share_scorer, num_weights, save_share_scorer


@AGENTS.register("share_index")
@dataclass(frozen=True, kw_only=True)
class ShareIndex(SearchSettings, Agent):
    """A scorer of some hundred weights (`vmenv.share.scorer`), searched from the heuristic `demand` on.

    Args:
        hidden: Units of the network; 0: a linear score.
    """

    summary = "a small network that weighs VMs, searched with CMA-ES"
    decides = "share"

    decisions: int = 2_000_000
    eval_episodes: int = 50
    sigma: float = 0.05
    population: int = 16
    episodes: int = 32
    hidden: int = 6

    def __post_init__(self) -> None:
        super().__post_init__()
        self.check_search()
        check_integer("agent.hidden", self.hidden, most=256)

    def train(self, scenario: ShareScenario, *, seed: int, minutes: float | None, folder: Path, resume: bool) -> ShareScorer:
        """See `Agent.train`."""
        trials, seeds = ShareTrials(scenario), VALIDATION_SEEDS[: self.eval_episodes]
        search = Search(trials, lambda points: points, np.zeros(num_weights(self.hidden)), self, seeds, seed)
        budget = Budget(self.decisions, minutes)
        if resume:
            arrays, numbers = load_checkpoint(folder / LAST)
            search.restore(arrays, numbers)
            budget.done = trials.decisions = numbers["decisions"]
        about = {
            "scenario": scenario.describe(),
            "seed": seed,
            "agent": {"kind": "share_index", **dataclasses.asdict(self)},
            "versions": versions(),
        }

        def save(improved: bool, figure: float) -> None:
            if improved:
                told = {"validation": {"metric": scenario.objective, "value": figure, "episodes": self.eval_episodes}}
                spent = {"decisions": trials.decisions, "seconds": round(budget.elapsed_s, 1)}
                save_share_scorer(ShareScorer(weights=tuple(search.best.tolist())), folder / BEST, about | told | spent)
            arrays, numbers = search.state()
            save_checkpoint(folder / LAST, arrays, numbers | {"decisions": trials.decisions})

        with Progress(scenario, folder, budget, seeds, resume) as progress:
            budget.start()
            if not resume:
                search.evaluate_start()
                save(True, search.best_figure)
            while budget.spent < 1.0:
                search.step()
                budget.done = trials.decisions
                if search.evaluation_is_due or budget.spent >= 1.0:
                    figure, improved = search.evaluate()
                    progress.report(figure)
                    save(improved, figure)
        return load_share_scorer(folder / BEST)
