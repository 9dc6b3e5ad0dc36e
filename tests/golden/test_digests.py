"""Golden digests: what these runs did, to the last event, in this version.

A change here means that published numbers change. It needs a line in CHANGELOG.md under "Numbers changed".
"""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from vmenv.dispatch.simulation import simulate
from vmenv.episodes.scenario import make_scenario
from vmenv.episodes.schedulers import list_schedulers, make_scheduler

GOLDEN = Path(__file__).parent / "digests.json"


def digests(name: str) -> dict[str, str]:
    """Returns the digest of seed 0 of the scenarios that need nothing from outside."""
    found = {}
    for scenario_name in ("mm1", "thrash", "bursts", "neighbours", "backup"):
        scenario = make_scenario(scenario_name)
        run = simulate(
            scenario.build_host(), scenario.episode(0), make_scheduler(name), num_slots=scenario.num_slots, objective=scenario.objective
        )
        found[scenario_name] = run.digest()
    return found


@pytest.mark.parametrize("name", list_schedulers())
def test_digests_are_what_they_were(name: str) -> None:
    assert digests(name) == json.loads(GOLDEN.read_text())[name]


if __name__ == "__main__":
    GOLDEN.write_text(json.dumps({name: digests(name) for name in list_schedulers()}, indent=2) + "\n")
