"""tuned: every heuristic that has parameters, tuned by the optimiser and with the decisions that the learned policies get.

Each gets the whole budget. This is the baseline that removes empty claims: a learned policy that does not beat the best of these has
learned nothing that a person with a search program would not have found.
"""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from agents.base import AGENTS, Agent
from agents.budget import Budget
from agents.checkpoint import versions
from agents.curve import mean_cost
from agents.progress import Progress
from agents.search import Search, SearchSettings
from agents.trials import Trials
from vmenv.errors import SpecError, suggestion
from vmenv.host.state import Floats
from vmenv.saved import load_policy, save_policy
from vmenv.scenarios.base import VALIDATION_SEEDS, Scenario
from vmenv.schedulers.base import SCHEDULERS, Scheduler, make_scheduler


@AGENTS.register("tuned")
@dataclass(frozen=True, kw_only=True)
class Tuned(SearchSettings, Agent):
    """Tunes heuristics.

    Args:
        schedulers: Names of those to tune; empty: all that have parameters to tune.
    """

    summary = "heuristics tuned by CMA-ES"

    decisions: int = 50_000_000
    eval_episodes: int = 50
    population: int = 12
    schedulers: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        super().__post_init__()
        self.check_search()

    def train(self, scenario: Scenario, *, seed: int, minutes: float | None, folder: Path, resume: bool) -> Scheduler:
        """Tunes one after the other and returns the best on the validation episodes; `minutes` is shared out evenly.

        The folder gets a card of each. Those that are there already are not tuned again if `resume`.
        """
        names = tuple(self.schedulers) or tunable_schedulers()
        for name in names:
            if name not in tunable_schedulers():
                raise SpecError(f"agent.schedulers names {name!r}: {suggestion(name, tunable_schedulers())}")
        seeds = VALIDATION_SEEDS[: self.eval_episodes]
        best: tuple[float, Scheduler] | None = None
        for name in names:
            share = None if minutes is None else minutes / len(names)
            scheduler = self._tune(name, scenario, seed, share, folder, resume)
            figure = mean_cost(scheduler, scenario, seeds)
            if best is None or figure < best[0]:
                best = figure, scheduler
        if best is None:
            raise SpecError("no scheduler has parameters to tune")
        return best[1]

    def _tune(self, name: str, scenario: Scenario, seed: int, minutes: float | None, folder: Path, resume: bool) -> Scheduler:
        if resume and (folder / f"{name}.json").exists():
            return load_policy(folder / name)
        coordinates = Coordinates(make_scheduler(name))
        trials = Trials([scenario], coordinates.scheduler)
        seeds = VALIDATION_SEEDS[: self.eval_episodes]
        search = Search(trials, coordinates.encode, coordinates.start, self, seeds, seed)
        budget = Budget(self.decisions, minutes)
        with Progress(scenario, folder / "curves" / name, budget, seeds, resume=False) as progress:
            trials.costs(coordinates.encode(coordinates.start[None]), seeds[:1])  # compiles before the clock starts
            budget.start()
            while budget.spent < 1.0:
                search.step()
                budget.done = trials.decisions
                if search.evaluation_is_due or budget.spent >= 1.0:
                    progress.report(search.evaluate()[0])
        scheduler = coordinates.scheduler_at(search.best)
        about: dict[str, Any] = {
            "scenario": scenario.describe(),
            "seed": seed,
            "agent": {"kind": "tuned", **dataclasses.asdict(self)},
            "decisions": trials.decisions,
            "validation": {"metric": scenario.objective, "value": search.best_figure, "episodes": self.eval_episodes},
            "versions": versions(),
        }
        save_policy(scheduler, folder / name, about)
        return scheduler


class Coordinates:
    """The search space of a scheduler: one coordinate a parameter, [0, 1] covering its range, reflected at the ends.

    Args:
        scheduler: Where the search starts.
    """

    def __init__(self, scheduler: Scheduler) -> None:
        self.scheduler = scheduler
        self._ranges = scheduler.tunable
        self.start = np.array([r.place(float(getattr(scheduler, name))) for name, r in self._ranges.items()])

    def scheduler_at(self, point: Floats) -> Scheduler:
        """Returns the scheduler with the parameters at a point."""
        values: dict[str, Any] = {}
        for (name, allowed), x in zip(self._ranges.items(), point, strict=True):
            x = abs(x) % 2.0
            value = allowed.at(min(x, 2.0 - x))
            kind = type(getattr(self.scheduler, name))
            values[name] = kind(value) if kind is not float else value
        return dataclasses.replace(self.scheduler, **values)

    def encode(self, points: Floats) -> Floats:
        """Returns the scheduler's parameters at each point."""
        return np.array([self.scheduler_at(point).params() for point in points])


def tunable_schedulers() -> tuple[str, ...]:
    """Returns the names of the schedulers that say which of their parameters may be tuned."""
    return tuple(name for name in SCHEDULERS.names() if SCHEDULERS[name].tunable)
