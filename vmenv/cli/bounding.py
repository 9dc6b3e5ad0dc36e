"""The lower bounds that boards are measured by: read from a file, and what it lacks computed and added."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any


def bounds_of(rows: Sequence[dict[str, Any]], file: Path) -> dict[str, dict[int, float]]:
    """Returns the bounds of all episodes of rows, where the scenario's objective has one, and a heuristic was played to measure others by.

    Args:
        rows: Of `vmenv evaluate`.
        file: Where bounds are kept.

    Raises:
        SpecError: The file holds something else, or cannot be written.
    """
    from vmenv.bounds.relaxation import BOUNDED_OBJECTIVES, lower_bounds
    from vmenv.dispatch.scenario import DispatchScenario
    from vmenv.errors import SpecError
    from vmenv.leaderboard.ceilings import read_bounds, write_bounds
    from vmenv.leaderboard.contests import RIVALS, role_of, scenario_from
    from vmenv.leaderboard.suites import scenario_digest

    known, added = read_bounds(file), 0
    policies: dict[str, set[str]] = {}
    for row in rows:
        policies.setdefault(row["scenario_digest"], set()).add(row["policy"])
    scenarios = {row["scenario_digest"]: (row["scenario"], row["parameters"]) for row in rows}
    for digest, (name, parameters) in scenarios.items():
        scenario = scenario_from(name, parameters)
        if not isinstance(scenario, DispatchScenario) or scenario.objective not in BOUNDED_OBJECTIVES or scenario.horizon_us is not None:
            continue
        if scenario_digest(scenario) != digest:
            continue  # rows that nobody has verified: what is kept under this name is to be of the scenario that has it
        if not any(role_of(policy, scenario.kind) in RIVALS for policy in policies[digest]):
            continue  # there are no scores, with or without a bound
        own = known.setdefault(digest, {})
        missing = sorted({row["seed"] for row in rows if row["scenario_digest"] == digest} - own.keys())
        if missing:
            print(f"bounds of {len(missing)} episodes of {name}", file=sys.stderr, flush=True)
            try:
                own |= zip(missing, lower_bounds(scenario, missing).tolist(), strict=True)
            except SpecError as error:  # migrations, or tasks: the scenario stays without
                print(f"{name} has no bound: {error}", file=sys.stderr)
            added += len(missing)
    if added:
        try:
            write_bounds(file, {digest: own for digest, own in known.items() if own})
        except OSError as error:
            raise SpecError(f"--bounds {file} cannot be written ({error}): give another file") from error
    return known
