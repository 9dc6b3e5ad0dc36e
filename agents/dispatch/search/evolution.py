"""Evolution of formulas: shapes by small changes, numbers by CMA-ES, both judged by costs on the same training episodes.

The best so far are played again in every generation, on other episodes; what is known of each is the mean of all. How difficult an episode
is would drown the differences: it is estimated by how those did on it that are known already. A candidate counts as good as is fairly sure,
and pays a price for its length. Now and then CMA-ES adjusts the numbers of one of the best.

Source: Koza, "Genetic programming", MIT Press 1992, for the changes; Hansen and Ostermeier 2001 for the numbers, as in
`agents.training.search`.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from agents.dispatch.search.classics import classics
from agents.dispatch.search.known import Known
from agents.dispatch.search.shapes import Rule, Shapes, numbers_of, with_numbers
from agents.dispatch.search.trials import SchedulerTrials
from agents.training.distribution import Distribution
from agents.training.incumbent import Incumbent
from agents.training.search import felt_costs
from agents.training.settings import GenerationSettings
from vmenv.dispatch.formula.expression import written
from vmenv.dispatch.formula.parse import parse
from vmenv.episodes.saved import Arrays
from vmenv.episodes.seeds import FIRST_TRAINING_SEED, TRAINING_EPISODES
from vmenv.errors import SpecError
from vmenv.host.state import Floats

SURE = 1.0  # standard errors that a candidate is held back by
ADJUSTED = 3  # of the best, whose numbers are adjusted in turn
FIRST_PART, KEPT = 4, 3  # a quarter of the episodes, after which a third of the new rules play on


@dataclass(frozen=True, kw_only=True)
class EvolutionSettings(GenerationSettings):
    """How to search for a rule.

    Args:
        most_terms: Features and numbers that a rule may hold, both expressions together.
        price: What a term costs, in logarithms of the cost: 0.001 is a thousandth.
        elite: Rules that are kept from one generation to the next.
        adjust_every: Generations between two adjustments of numbers by CMA-ES, whose first candidates `sigma` is about, in their size.
        adjust_generations: Generations of CMA-ES in an adjustment.
        adjust_population: Candidates of each.
    """

    population: int = 72
    episodes: int = 16
    most_terms: int = 12
    price: float = 0.001
    elite: int = 16
    adjust_every: int = 6
    adjust_generations: int = 12
    adjust_population: int = 12

    def check_search(self) -> None:
        """See `GenerationSettings.check_search`."""
        super().check_search()
        self.check_counts("most_terms", "elite", "adjust_every", "adjust_generations", "adjust_population")
        if not self.price >= 0:
            raise SpecError(f"agent.price is {self.price}: give a number from 0")


class Evolution:
    """The search, a generation at a time; it offers what `agents.training.search.Search` offers.

    Args:
        trials: Plays the candidates.
        time_scale_us: Of the features.
        features: Of VMs.
        host_features: Of the host: "host.name".
        settings: How.
        validation: Seeds of the validation episodes.
        seed: Of all chance.

    Attributes:
        incumbent: The best rule so far, which begins as the first of the known ones.
        generation: Number of generations played.
    """

    def __init__(
        self,
        trials: SchedulerTrials,
        time_scale_us: int,
        features: Sequence[str],
        host_features: Sequence[str],
        settings: EvolutionSettings,
        validation: Sequence[int],
        seed: int,
    ) -> None:
        self._trials, self._tau, self._settings, self._seed = trials, time_scale_us, settings, seed
        self._rng = np.random.default_rng([seed, 0xF0])
        self._shapes = Shapes(features, host_features, settings.most_terms, self._rng)
        rules = [rule for rule in classics(features, host_features) if self._shapes.is_allowed(rule)]
        self.incumbent = Incumbent(trials, self.encode, rules[0], validation)
        self.generation = 0
        self._elite: list[Known] = []
        self._waiting = rules

    def encode(self, rules: Sequence[Rule]) -> Floats:
        """Returns (C, n) parameters of the scheduler."""
        return np.array([rule.policy(self._tau).params() for rule in rules])

    def step(self) -> None:
        """Plays one generation."""
        rules = [*self._waiting, *self._offspring(self._settings.population - len(self._waiting))]
        self._waiting = []
        known, costs = self._raced([*self._elite, *(Known(rule) for rule in rules)])
        felt = felt_costs(costs)
        judges = self._elite or known
        difficulty = (felt[: len(judges)] - np.array([[one.mean] for one in judges])).mean(axis=0)
        for one, values in zip(known, felt - difficulty, strict=True):
            one.take(values)
        self._elite = self._chosen(known, costs)
        self.generation += 1
        if self.generation % self._settings.adjust_every == 0:
            place = self.generation // self._settings.adjust_every % min(ADJUSTED, len(self._elite))
            self._waiting = self._adjusted(self._elite[place].rule)

    def _raced(self, known: list[Known]) -> tuple[list[Known], Floats]:
        """Plays a generation; returns those that came to the end, and their costs.

        Most new rules are bad, and that shows soon: after a quarter of the episodes two thirds of the new ones are left out.
        """
        seeds = self._episodes(self._settings.episodes)
        first = seeds[: -(-len(seeds) // FIRST_PART)]
        costs = self._trials.costs(self.encode([one.rule for one in known]), first)
        old, new = len(self._elite), len(known) - len(self._elite)
        if old and len(first) < len(seeds):
            felt = felt_costs(costs).mean(axis=1)
            stay = [*range(old), *(old + np.argsort(felt[old:], kind="stable")[: -(-new // KEPT)])]
            known, costs = [known[k] for k in stay], costs[stay]
        if len(first) < len(seeds):
            costs = np.concatenate([costs, self._trials.costs(self.encode([one.rule for one in known]), seeds[len(first) :])], axis=1)
        return known, costs

    def _episodes(self, number: int) -> list[int]:
        return [int(seed) for seed in FIRST_TRAINING_SEED + self._rng.choice(TRAINING_EPISODES, number, replace=False)]

    def _offspring(self, number: int) -> list[Rule]:
        """Returns changes of the best, the better ones oftener, none of which is known already."""
        parents = [one.rule for one in self._elite] or self._waiting
        seen, found = set(parents), []
        for _ in range(4 * number):
            place = int(len(parents) * self._rng.random() ** 2)
            rule = self._shapes.changed(parents[place], parents)
            if rule not in seen:
                seen.add(rule)
                found.append(rule)
            if len(found) >= number:
                break
        return found

    def _chosen(self, known: list[Known], costs: Floats) -> list[Known]:
        """Returns the best, best first. Of those that did the same on every episode, the shortest stays."""
        different: dict[bytes, Known] = {}
        for one, row in sorted(zip(known, costs, strict=True), key=lambda pair: (pair[0].rule.num_terms, -pair[0].episodes)):
            different.setdefault(row.tobytes(), one)
        return sorted(different.values(), key=self._price)[: self._settings.elite]

    def _price(self, one: Known) -> float:
        return one.mean + SURE * one.error + self._settings.price * one.rule.num_terms

    def _adjusted(self, rule: Rule) -> list[Rule]:
        """Returns the rule with the numbers that CMA-ES finds around its own."""
        of_score, of_wait = numbers_of(rule.score), numbers_of(rule.wait)
        begun = np.array([*of_score, *of_wait])
        if len(begun) == 0:
            return []

        def at(point: Floats) -> Rule:
            values = (begun + point * (np.abs(begun) + 0.1)).tolist()
            wait = with_numbers(rule.wait, values[len(of_score) :]) if rule.wait else None
            return Rule(with_numbers(rule.score, values[: len(of_score)]), wait)

        settings = self._settings
        # With one number a second one, which nothing depends on, spares a case: CMA-ES wants two.
        distribution = Distribution(np.zeros(max(2, len(begun))), settings.sigma, settings.adjust_population, [self._seed, self.generation])
        for _ in range(settings.adjust_generations):
            candidates, seeds = distribution.draw(settings.episodes)
            costs = self._trials.costs(self.encode([at(point[: len(begun)]) for point in candidates]), seeds)
            distribution.tell(candidates, felt_costs(costs).mean(axis=1))
        return [at(distribution.mean[: len(begun)])]

    @property
    def evaluation_is_due(self) -> bool:
        """Whether enough generations have passed."""
        return self.generation % self._settings.eval_every == 0

    def evaluate(self) -> tuple[float, bool]:
        """Lets the best by training challenge the incumbent; see `Incumbent.challenge`."""
        return self.incumbent.challenge(self._elite[0].rule)

    def state(self) -> tuple[Arrays, dict[str, Any]]:
        """Returns arrays and numbers from which `restore` goes on."""
        numbers = {
            "generation": self.generation,
            "best": texts(self.incumbent.point),
            "best_figure": self.incumbent.figure,
            "elite": [[*texts(one.rule), one.mean, one.squares, one.episodes] for one in self._elite],
            "finalists": [texts(rule) for rule in self.incumbent.finalists.points],
            "waiting": [texts(rule) for rule in self._waiting],
            "stream": self._rng.bit_generator.state,
        }
        return {}, numbers

    def restore(self, arrays: Arrays, numbers: dict[str, Any]) -> None:
        """Goes on from `state()` of an earlier search with the same settings: what follows is what would have followed there."""
        self.generation = numbers["generation"]
        self.incumbent.point, self.incumbent.figure = rule_of(*numbers["best"]), numbers["best_figure"]
        self._elite = [Known(rule_of(score, wait), *known) for score, wait, *known in numbers["elite"]]
        self._waiting = [rule_of(*pair) for pair in numbers["waiting"]]
        self.incumbent.finalists.points = [rule_of(*pair) for pair in numbers["finalists"]]
        self._rng.bit_generator.state = numbers["stream"]


def texts(rule: Rule) -> tuple[str, str | None]:
    """Returns both expressions as texts."""
    return written(rule.score), written(rule.wait) if rule.wait else None


def rule_of(score: str, wait: str | None) -> Rule:
    """Returns the rule of such texts."""
    return Rule(parse(score), parse(wait) if wait else None)
