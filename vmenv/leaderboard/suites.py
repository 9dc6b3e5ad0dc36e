"""Suites: lists of scenarios, with parameters, that policies are compared on. A suite stays as it is; what changes gets another version."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from vmenv.episodes.scenario import Scenario, make_scenario
from vmenv.errors import SpecError, UnknownNameError

LATEST = "v1"


@dataclass(frozen=True)
class Suite:
    """Scenarios that are played together.

    Attributes:
        name: Of the suite.
        version: Of its scenarios.
        scenarios: Their names, with the parameters that differ from the defaults.
    """

    name: str
    version: str
    scenarios: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)

    def build(self) -> dict[str, Scenario]:
        """Returns the scenarios."""
        return {name: make_scenario(name, **parameters) for name, parameters in self.scenarios.items()}


_CORE = ("thrash", "mystery", "gang", "bursts", "neighbours", "tenants", "backup", "overcommit")
_CONTROL = ("mm1", "mg1_known", "mmc_known")
SUITES = {
    suite.name: suite
    for suite in (
        Suite("control", "v1", {name: {} for name in _CONTROL}),
        Suite("core", "v1", {name: {} for name in _CORE}),
        Suite("real", "v1", {"churn": {}, "edge": {}}),
        Suite("shares", "v1", {"share_spells": {}}),
    )
}


def suite_named(name: str) -> Suite:
    """Returns a suite, or a single scenario as one.

    Args:
        name: Of a suite or a scenario; several with commas between them are played as one.

    Raises:
        UnknownNameError: There is none of this name.
        SpecError: The scenario does not go without parameters.
    """
    if "," in name:
        parts = [suite_named(part.strip()) for part in name.split(",")]
        merged = {scenario: parameters for part in parts for scenario, parameters in part.scenarios.items()}
        return Suite(",".join(part.name for part in parts), ",".join(dict.fromkeys(part.version for part in parts)), merged)
    if name in SUITES:
        return SUITES[name]
    try:
        make_scenario(name)
    except UnknownNameError as error:
        raise UnknownNameError("suite or scenario", name, [*SUITES, *error.known]) from None
    return Suite(name, LATEST, {name: {}})


def scenario_digest(scenario: Scenario) -> str:
    """Returns a digest of a scenario's name and parameters; what it does with them, the code's digest says."""
    try:
        told = json.dumps(scenario.describe(), sort_keys=True)
    except TypeError as error:
        raise SpecError(
            f"{type(scenario).__name__} has parameters that cannot be written down ({error}): give one with numbers and names"
        ) from error
    return hashlib.sha256(told.encode()).hexdigest()[:16]
