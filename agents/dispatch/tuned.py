"""tuned: every heuristic that has parameters, tuned by the optimiser and with the decisions that the learned policies get.

After a tenth of the budget only the best few go on, and none that is far behind the best, or whose parameters have made no difference.
This is the baseline that removes empty claims: a learned policy that does not beat the best of these has learned nothing that a person with
a search program would not have found.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from agents.dispatch.search.mixture import Mixture
from agents.dispatch.search.trials import SchedulerTrials
from agents.training.agent import AGENTS, Agent
from agents.training.board import describe
from agents.training.budget import Budget
from agents.training.checkpoint import LAST, card_of_run, has_checkpoint, load_checkpoint, save_checkpoint
from agents.training.coordinates import Coordinates
from agents.training.progress import Progress
from agents.training.search import Search, SearchSettings
from agents.training.searching import evaluations, load_search, save_search
from vmenv.checks import check_integer
from vmenv.dispatch.kind import KIND
from vmenv.dispatch.saved import save_scheduler
from vmenv.dispatch.scenario import DispatchScenario
from vmenv.dispatch.scheduler import SCHEDULERS, Scheduler
from vmenv.episodes.saved import Card, load_policy, read_card
from vmenv.episodes.schedulers import make_scheduler
from vmenv.episodes.seeds import JUDGING_SEEDS
from vmenv.errors import SpecError, suggestion
from vmenv.host.state import Floats

FIRST = "first_share"  # what the checkpoint calls the costs after the first share


@AGENTS.register("tuned")
@dataclass(frozen=True, kw_only=True)
class Tuned(Mixture, SearchSettings, Agent):
    """Tunes heuristics.

    Args:
        schedulers: Names of those to tune; empty: all that have parameters to tune.
        first_share: Part of the budget after which those that are far behind, or do not change with their parameters, are dropped
            (successive halving: Jamieson and Talwalkar, "Non-stochastic best arm identification and hyperparameter optimization", AISTATS
            2016).
        drop_beyond: Cost / that of the best beyond which a heuristic is far behind.
        most_kept: How many of the best go on at the most; 0: all that are not dropped.
    """

    summary = "heuristics tuned by CMA-ES"
    kind_name = KIND.name

    decisions: int = 50_000_000
    eval_episodes: int = 50
    population: int = 12
    schedulers: tuple[str, ...] = ()
    first_share: float = 0.1
    drop_beyond: float = 1.5
    most_kept: int = 3

    def __post_init__(self) -> None:
        super().__post_init__()
        self.check_search()
        if not 0 < self.first_share <= 1:
            raise SpecError(f"agent.first_share is {self.first_share}: give a number above 0, at most 1")
        if not self.drop_beyond >= 1:
            raise SpecError(f"agent.drop_beyond is {self.drop_beyond}: give a number from 1")
        check_integer("agent.most_kept", self.most_kept, most=10**6)

    def train(self, scenario: DispatchScenario, *, seed: int, minutes: float | None, folder: Path, resume: bool) -> Scheduler:
        """Tunes all of them and returns the best on the validation episodes; `minutes` is shared out evenly.

        The folder gets a card of each when it is done.
        """
        names = tuple(self.schedulers) or tunable_schedulers()
        for name in names:
            if name not in tunable_schedulers() and not (":" in name and SCHEDULERS[name].tunable):
                raise SpecError(f"agent.schedulers names {name!r}: {suggestion(name, tunable_schedulers())}")
        run = card_of_run(self, scenario, seed)
        first: dict[str, tuple[float, bool]] = {}  # noted, so that a run that goes on after a stop decides alike
        if resume and has_checkpoint(folder / LAST):
            first = load_checkpoint(folder / LAST, run)[1].get(FIRST, {})
        else:
            save_checkpoint(folder / LAST, {}, run)
            resume = False
        done = {name: load_policy(folder / name) for name in names if resume and (folder / f"{name}.json").exists()}
        figures: dict[str, float] = {name: read_card(folder / name)["validation"]["value"] for name in done}
        share = None if minutes is None else minutes / len(names)
        tunings = {name: Tuning(name, scenario, self, run, share, folder / "curves" / name) for name in names if name not in done}
        for name, tuning in tunings.items():
            tuning.begin(resume)
            tuning.run(self.first_share)
            figures[name] = tuning.figure
            first.setdefault(name, (tuning.figure, tuning.search.differs))
        save_checkpoint(folder / LAST, {}, run | {FIRST: first})
        kept = self.kept(first)
        for name, tuning in tunings.items():
            if name in kept:
                tuning.run(1.0)
                tuning.judge()
                figures[name] = tuning.figure
            done[name] = tuning.save(folder / name)
        if not done:
            raise SpecError("no scheduler has parameters to tune")
        return done[min(done, key=lambda name: figures[name])]

    def kept(self, first: Mapping[str, tuple[float, bool]]) -> list[str]:
        """Returns the names of those that go on, the best first.

        Args:
            first: For each its cost after the first share, and whether it changes with its parameters.
        """
        limit = self.drop_beyond * min((cost for cost, _ in first.values()), default=np.inf)
        near = [name for name, (cost, differs) in first.items() if differs and cost <= limit]
        return sorted(near, key=lambda name: first[name][0])[: self.most_kept or None]


class Tuning:
    """The tuning of one heuristic.

    Args:
        name: Of the heuristic.
        scenario: What it is tuned for.
        settings: How.
        run: What the cards say of the training.
        minutes: Wall-clock limit.
        folder: Of its curve and of its checkpoint.
    """

    def __init__(self, name: str, scenario: DispatchScenario, settings: Tuned, run: Card, minutes: float | None, folder: Path) -> None:
        self._scenario, self._settings, self._run, self._folder = scenario, settings, run, folder
        self._seeds = settings.validation_seeds
        self._name, self._default = name, dataclasses.replace(make_scheduler(name), backfill=settings.backfill)
        self._coordinates = Coordinates(self._default)
        self._trials = SchedulerTrials(settings.mixed(scenario), self._coordinates.scheduler)
        self.search = Search(self._trials, self._encode, self._coordinates.start, settings, self._seeds, run["seed"])
        self._budget = Budget(settings.decisions, minutes)
        self._default_figure, self._used_s = np.inf, 0.0

    def _encode(self, points: Floats) -> Floats:
        return np.array([self._coordinates.scheduler_at(point).params() for point in points])

    def begin(self, resume: bool) -> None:
        """Evaluates the defaults, or goes on from the last checkpoint if there is one."""
        self.search.incumbent.warm_up()  # compiles before the clock starts
        self._default_figure = self._trials.figure(self._default.params(), self._seeds)
        if resume and has_checkpoint(self._folder / LAST):
            load_search(self._folder / LAST, self.search, self._budget, self._run)
        else:
            describe(self._folder, self._scenario, self._run)
            self._budget.start()
            self.search.incumbent.evaluate_start()
        self._used_s = self._budget.elapsed_s

    def run(self, until: float) -> None:
        """Searches until this share of the budget is spent."""
        kept = self._budget.done or None
        self._budget.start(self._used_s)
        with Progress(self._scenario, self._folder, self._budget, self._seeds, kept, self._name) as progress:
            for figure, _ in evaluations(self.search, self._budget, until):
                progress.report(figure)
                save_search(self._folder / LAST, self.search, self._budget, self._run)
        self._used_s = self._budget.elapsed_s

    def judge(self) -> None:
        """Lets fresh episodes say which of the last best parameters are the best, as learned policies are judged."""
        if self._settings.judged_episodes:
            self.search.incumbent.judge(JUDGING_SEEDS[: self._settings.judged_episodes], confirms=False)

    @property
    def figure(self) -> float:
        """The cost of the best parameters on the validation episodes. The defaults count, which may lie outside of what is searched."""
        return min(self.search.incumbent.figure, self._default_figure)

    def save(self, stem: Path) -> Scheduler:
        """Writes the card of the best parameters, and returns the heuristic with them."""
        found_better = self.search.incumbent.figure < self._default_figure
        scheduler = self._coordinates.scheduler_at(self.search.incumbent.point) if found_better else self._default
        validation = {"metric": self._scenario.objective, "value": self.figure, "episodes": self._settings.eval_episodes}
        save_scheduler(scheduler, stem, self._run | {"decisions": self._trials.decisions, "validation": validation})
        return scheduler


def tunable_schedulers() -> tuple[str, ...]:
    """Returns the names of the schedulers that say which of their parameters may be tuned."""
    return tuple(name for name in SCHEDULERS.names() if SCHEDULERS[name].tunable)
