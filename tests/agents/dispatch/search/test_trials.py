"""What searches play is what evaluation plays: on generated jobs and on those of a log, however picks are held."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from agents.dispatch.search.trials import SchedulerTrials
from tests.dispatch.scenarios.test_batch import write_log
from vmenv.dispatch.formula.policy import FormulaPolicy
from vmenv.dispatch.scenarios.batch import Batch
from vmenv.episodes.evaluation import evaluate

RULE = FormulaPolicy(score="0 - expected_left * cpu", time_scale_us=3_600_000_000)


@pytest.mark.parametrize("held", [{}, {"commit": True}, {"commit": True, "reservation": True}], ids=str)
def test_candidates_are_played_as_policies_are(held: dict[str, Any], tmp_path: Path) -> None:
    seeds = range(6)
    for own in ({"path": str(write_log(tmp_path))}, {"cpus": 16}):
        scenario = Batch(num_vms=7, num_slots=7, pace=20.0, **own, **held)
        costs = SchedulerTrials([scenario], RULE).costs(RULE.params()[None], seeds)
        assert costs[0] == pytest.approx([row[scenario.objective] for row in evaluate(RULE, scenario, seeds)], rel=1e-12)


def test_holding_picks_makes_a_difference(tmp_path: Path) -> None:
    """Without it the test above could not fail."""
    found = [
        SchedulerTrials([Batch(num_vms=20, num_slots=20, cpus=16, pace=20.0, **held)], RULE).costs(RULE.params()[None], range(20))
        for held in ({}, {"commit": True}, {"commit": True, "reservation": True})
    ]
    assert len({float(np.sum(costs)) for costs in found}) == len(found)
