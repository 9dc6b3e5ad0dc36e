"""What a search plays beside its scenario: variations of it and others, so that one policy is for all of them."""

from __future__ import annotations

import dataclasses
import itertools
from dataclasses import dataclass, field
from typing import Any

from agents.dispatch.search.probe import varying_in_any
from vmenv.dispatch.kind import KIND
from vmenv.dispatch.scenario import DispatchScenario
from vmenv.episodes.scenario import make_scenario
from vmenv.errors import SpecError


@dataclass(frozen=True, kw_only=True)
class Mixture:
    """Settings of a search for a policy of dispatch.

    Args:
        scenarios: Names of further scenarios that training mixes in, so that one policy is for all of them.
        vary: Parameters of the scenario with the values that training mixes, such as {load: [0.5, 0.9], num_slots: [12, 48]}.
        backfill: Whether a VM may overtake one that is worth more and does not fit. False: the first in the order blocks until it fits.
    """

    scenarios: tuple[str, ...] = ()
    vary: dict[str, list[Any]] = field(default_factory=dict)
    backfill: bool = True

    def mixed(self, scenario: DispatchScenario) -> list[DispatchScenario]:
        """Returns all that training plays.

        Raises:
            SpecError: A scenario is about something else, or has no such parameter.
        """
        return [*variations(scenario, self.vary), *(dispatch_scenario(name) for name in self.scenarios)]


@dataclass(frozen=True, kw_only=True)
class Sight(Mixture):
    """Settings of a search for a policy that looks at features.

    Args:
        features: Features of the VMs that it looks at; empty: all that vary in the scenario.
        host_features: The same of the host.
    """

    features: tuple[str, ...] = ()
    host_features: tuple[str, ...] = ()

    def looked_at(self, scenario: DispatchScenario) -> tuple[tuple[str, ...], tuple[str, ...]]:
        """Returns the names of the features of VMs and of the host."""
        vary, vary_of_host = varying_in_any([scenario, *(dispatch_scenario(name) for name in self.scenarios)])
        return tuple(self.features) or vary, tuple(self.host_features) or vary_of_host


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
