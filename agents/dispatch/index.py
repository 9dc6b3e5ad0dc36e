"""index: a compiled index policy, searched with CMA-ES. It runs inside the simulator's loop, in training and in use."""

from __future__ import annotations

import dataclasses
import itertools
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from agents.dispatch.search.base import standardised
from agents.dispatch.search.probe import varying_in_any
from agents.dispatch.search.trials import SchedulerTrials
from agents.training.agent import AGENTS
from agents.training.search import Search, SearchSettings
from agents.training.search_agent import SearchAgent
from vmenv.dispatch.index.places import MAX_HIDDEN
from vmenv.dispatch.index.policy import IndexPolicy, untrained
from vmenv.dispatch.kind import KIND
from vmenv.dispatch.saved import save_scheduler
from vmenv.dispatch.scenario import DispatchScenario
from vmenv.episodes.saved import Card
from vmenv.episodes.scenario import make_scenario
from vmenv.errors import SpecError
from vmenv.host.state import Floats
from vmenv.jit.simd import FOUR
from vmenv.jit.threads import num_threads


@AGENTS.register("index")
@dataclass(frozen=True, kw_only=True)
class Index(SearchSettings, SearchAgent):
    """A scoring network of some hundred weights, searched with CMA-ES.

    The search starts from first come, first served without waiting, or from the `base`. That is also what training ends with where nothing
    that is found is clearly better (`agents.training.incumbent.Incumbent.beats_start`): on the controls, where first come, first served is
    the optimum, "learned" then means just that.

    Args:
        hidden: Units of the network, a multiple of 4; 0: a linear score.
        features: Features of the VMs that it looks at; empty: all that vary in the scenario.
        host_features: The same of the host.
        scenarios: Names of further scenarios that training mixes in, so that one set of weights is for all of them.
        base: A saved formula (see `agent=formula`), or a tuned heuristic that can be written as one (`agents.dispatch.search.rules`), on
            which the network builds: it starts as good as that, and learns where to differ.
        base_sigma: Standard deviation of the first candidates where there is a base, which larger changes would only spoil.
        vary: Parameters of the scenario with the values that training mixes, such as {load: [0.5, 0.9], num_slots: [12, 48]}.
    """

    summary = "compiled index policy, searched with CMA-ES"
    kind_name = KIND.name

    decisions: int = 200_000_000
    hidden: int = 12
    features: tuple[str, ...] = ()
    host_features: tuple[str, ...] = ()
    scenarios: tuple[str, ...] = ()
    base: str = ""
    base_sigma: float = 0.05
    vary: dict[str, list[Any]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        super().__post_init__()
        if not self.base_sigma > 0:
            raise SpecError(f"agent.base_sigma is {self.base_sigma}: give a number above 0")
        if not 0 <= self.hidden <= MAX_HIDDEN or self.hidden % FOUR:
            raise SpecError(f"agent.hidden is {self.hidden}: give a multiple of {FOUR} from 0 to {MAX_HIDDEN}")

    def begin_search(self, scenario: DispatchScenario, seed: int) -> tuple[Search, Callable[[Floats], IndexPolicy]]:
        """See `SearchAgent.begin_search`; its points are the network's weights."""
        mixed = [*variations(scenario, self.vary), *(dispatch_scenario(name) for name in self.scenarios)]
        vary, vary_of_host = varying_in_any([scenario, *mixed[len(mixed) - len(self.scenarios) :]])
        features, host_features = tuple(self.features) or vary, tuple(self.host_features) or vary_of_host
        base = standardised(self.base, scenario) if self.base else None
        policy = untrained(features, host_features, self.hidden, scenario.time_scale_us, base)
        params, first = policy.params(), policy.num_params_before
        head, tail = params[:first], params[first + len(policy.weights) :]

        def encode(points: Floats) -> Floats:
            around = [np.repeat(part[None], len(points), axis=0) for part in (head, tail)]
            return np.concatenate([around[0], points, around[1]], axis=1)

        settings = dataclasses.replace(self, sigma=self.base_sigma) if self.base else self
        trials = SchedulerTrials(mixed, policy)
        return Search(trials, encode, np.array(policy.weights), settings, self.validation_seeds, seed), policy.with_weights

    def save(self, policy: IndexPolicy, stem: Path, card: Card) -> None:
        """See `SearchAgent.save`."""
        save_scheduler(policy, stem, card | {"threads": num_threads()})


def dispatch_scenario(name: str) -> DispatchScenario:
    """Returns a scenario of dispatch by name.

    Raises:
        SpecError: It is about something else.
    """
    scenario = make_scenario(name)
    if not isinstance(scenario, DispatchScenario):
        raise SpecError(f"agent.scenarios names {name!r}, which is about {scenario.kind_name}: give scenarios of {KIND.name}")
    return scenario


def variations(scenario: DispatchScenario, vary: dict[str, list[Any]]) -> list[DispatchScenario]:
    """Returns the scenario with every combination of the given values of its parameters.

    Raises:
        SpecError: The scenario has no such parameter.
    """
    known = {f.name for f in dataclasses.fields(scenario)}
    for name in vary:
        if name not in known:
            raise SpecError(f"agent.vary names {name!r}: the scenario's parameters are {', '.join(sorted(known))}")
    return [dataclasses.replace(scenario, **dict(zip(vary, values, strict=True))) for values in itertools.product(*vary.values())]
