"""Scenarios, one a file: host, generator, objective, horizon, slots."""

from vmenv.scenarios.base import SCENARIOS, Scenario, list_scenarios, make_scenario

__all__ = ["SCENARIOS", "Scenario", "list_scenarios", "make_scenario"]
