"""Rows as if somebody had played them, with the costs that a test wants."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

import vmenv
from vmenv.leaderboard.suites import scenario_digest

Rows = list[dict[str, Any]]


def rows_of(policy: str, costs: Sequence[float], scenario: str = "thrash", information: str = "attained", first: int = 0) -> Rows:
    """Returns a row for each cost."""
    made = vmenv.make_scenario(scenario)
    told = made.describe()
    told.pop("kind")
    about = {
        "scenario": scenario,
        "policy": policy,
        "information": information,
        "parameters": json.dumps(told, sort_keys=True),
        "scenario_digest": scenario_digest(made),
        "policy_digest": f"digest of {policy}",
        **dict.fromkeys(("code", "versions", "machine", "commit"), "x"),
    }
    return [
        about | {"seed": first + k, made.objective: float(cost), "num_decisions": 100, "digest": f"{k}", "unit_s": 0.5}
        for k, cost in enumerate(costs)
    ]
