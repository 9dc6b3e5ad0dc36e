"""formula: a rule of one line, found by evolution. Anyone can read what was learned, and use it anywhere."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from agents.dispatch.search.evolution import Evolution, EvolutionSettings
from agents.dispatch.search.mixture import Sight
from agents.dispatch.search.shapes import Rule
from agents.dispatch.search.trials import SchedulerTrials
from agents.training.agent import AGENTS
from agents.training.search_agent import SearchAgent
from vmenv.dispatch.formula.policy import FormulaPolicy
from vmenv.dispatch.kind import KIND
from vmenv.dispatch.saved import save_scheduler
from vmenv.dispatch.scenario import DispatchScenario
from vmenv.episodes.saved import Card
from vmenv.jit.threads import num_threads


@AGENTS.register("formula")
@dataclass(frozen=True, kw_only=True)
class Formula(Sight, EvolutionSettings, SearchAgent):
    """An expression over named features, and one of what waiting is worth.

    The search starts from first come, first served and from known rules (`agents.dispatch.search.classics`).
    """

    summary = "a readable rule of one line, found by evolution"
    kind_name = KIND.name

    decisions: int = 100_000_000

    def begin_search(self, scenario: DispatchScenario, seed: int) -> tuple[Evolution, Callable[[Rule], FormulaPolicy]]:
        """See `SearchAgent.begin_search`."""
        features, host_features = self.looked_at(scenario)
        trials = SchedulerTrials(self.mixed(scenario), FormulaPolicy(score="0.0", backfill=self.backfill))
        of_host = tuple(f"host.{name}" for name in host_features)
        search = Evolution(trials, scenario.time_scale_us, features, of_host, self, self.validation_seeds, seed)
        return search, lambda rule: dataclasses.replace(rule.policy(scenario.time_scale_us), backfill=self.backfill)

    def save(self, policy: FormulaPolicy, stem: Path, card: Card) -> None:
        """See `SearchAgent.save`; the card holds the rule as text."""
        save_scheduler(policy, stem, card | {"threads": num_threads()})
