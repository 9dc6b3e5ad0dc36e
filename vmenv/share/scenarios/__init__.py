"""Scenarios of shares, one a file: host, workload, interval, objective."""

from vmenv.share.scenarios.base import SHARE_SCENARIOS, ShareScenario, list_share_scenarios, make_share_scenario

__all__ = ["SHARE_SCENARIOS", "ShareScenario", "list_share_scenarios", "make_share_scenario"]
