"""formula: a rule of one line, found by evolution. Anyone can read what was learned, and use it anywhere."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from agents.dispatch.search.evolution import Evolution
from agents.dispatch.search.probe import varying_features
from agents.dispatch.search.trials import SchedulerTrials
from agents.training.agent import AGENTS, Agent
from agents.training.budget import Budget
from agents.training.checkpoint import BEST
from agents.training.searching import search_until_spent
from vmenv.checks import check_integer
from vmenv.dispatch.formula.policy import FormulaPolicy
from vmenv.dispatch.kind import KIND
from vmenv.dispatch.saved import save_scheduler
from vmenv.dispatch.scenario import DispatchScenario
from vmenv.episodes.saved import Card, load_policy
from vmenv.episodes.seeds import JUDGING_SEEDS, TRAINING_EPISODES, VALIDATION_SEEDS
from vmenv.errors import SpecError
from vmenv.jit.threads import num_threads


@AGENTS.register("formula")
@dataclass(frozen=True, kw_only=True)
class Formula(Agent):
    """An expression over named features, and one of what waiting is worth.

    The search starts from first come, first served and from known rules (`agents.dispatch.search.classics`).

    Args:
        most_terms: Features and numbers that a rule may hold, both expressions together.
        price: What a term costs, in logarithms of the cost: 0.001 is a thousandth.
        population: New rules of a generation.
        elite: Rules that are kept from one generation to the next.
        episodes: Training episodes of a generation.
        sigma: Standard deviation of the first candidates where numbers are adjusted, in the size of the numbers.
        adjust_every: Generations between two adjustments.
        adjust_generations: Generations of CMA-ES in an adjustment.
        adjust_population: Candidates of each.
        eval_every: Generations between evaluations.
        judged_episodes: Fresh episodes on which the last ten of the best rules are judged at the end, 0 to 1000; 0: validation decides.
        features: Features of the VMs that it looks at; empty: all that vary in the scenario.
        host_features: The same of the host.
    """

    summary = "a readable rule of one line, found by evolution"
    kind_name = KIND.name

    decisions: int = 100_000_000
    eval_episodes: int = 50
    most_terms: int = 12
    price: float = 0.001
    population: int = 72
    elite: int = 16
    episodes: int = 16
    sigma: float = 0.3
    adjust_every: int = 6
    adjust_generations: int = 12
    adjust_population: int = 12
    eval_every: int = 5
    judged_episodes: int = 1000
    features: tuple[str, ...] = ()
    host_features: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        super().__post_init__()
        for name in (
            "most_terms",
            "population",
            "elite",
            "episodes",
            "adjust_every",
            "adjust_generations",
            "adjust_population",
            "eval_every",
        ):
            check_integer(f"agent.{name}", getattr(self, name), least=1, most=TRAINING_EPISODES)
        check_integer("agent.judged_episodes", self.judged_episodes, most=len(JUDGING_SEEDS))
        if not self.price >= 0:
            raise SpecError(f"agent.price is {self.price}: give a number from 0")
        if not self.sigma > 0:
            raise SpecError(f"agent.sigma is {self.sigma}: give a number above 0")

    def begin_search(self, scenario: DispatchScenario, seed: int) -> Evolution:
        """Returns the search before its first generation."""
        vary, vary_of_host = varying_features(scenario)
        features, host_features = tuple(self.features) or vary, tuple(self.host_features) or vary_of_host
        trials = SchedulerTrials([scenario], FormulaPolicy(score="0.0"))
        of_host = tuple(f"host.{name}" for name in host_features)
        return Evolution(trials, scenario.time_scale_us, features, of_host, self, VALIDATION_SEEDS[: self.eval_episodes], seed)

    def train(self, scenario: DispatchScenario, *, seed: int, minutes: float | None, folder: Path, resume: bool) -> FormulaPolicy:
        """See `Agent.train`; the card holds the rule as text."""
        search = self.begin_search(scenario, seed)

        def save_best(card: Card) -> None:
            save_scheduler(search.best.policy(scenario.time_scale_us), folder / BEST, card | {"threads": num_threads()})

        search_until_spent(
            search,
            Budget(self.decisions, minutes),
            agent=self,
            scenario=scenario,
            seed=seed,
            folder=folder,
            resume=resume,
            save_best=save_best,
            confirms=True,
            judged_episodes=self.judged_episodes,
        )
        trained: FormulaPolicy = load_policy(folder)
        return trained
