"""Tuning heuristics of shares: it improves on the defaults, repeats itself, and is saved as what it is."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from agents.share.search.trials import HeuristicTrials
from agents.share.tuned import ShareTuned
from vmenv.episodes.saved import load_policy
from vmenv.episodes.scenario import make_scenario
from vmenv.episodes.seeds import VALIDATION_SEEDS
from vmenv.errors import SpecError
from vmenv.share.schedulers.linear import Linear

SEEDS = VALIDATION_SEEDS[:8]
SCENARIO = make_scenario("share_spells", num_vms=6, num_samples=24)


def test_it_tunes_saves_and_repeats_itself(tmp_path: Path) -> None:
    agent = ShareTuned(decisions=6_000, eval_episodes=8, population=6, episodes=4, eval_every=2)
    rules = [agent.train(SCENARIO, seed=1, minutes=None, folder=tmp_path / str(k), resume=False) for k in range(2)]
    assert rules[0] == rules[1] == load_policy(tmp_path / "0")
    assert isinstance(rules[0], Linear)
    begun, tuned = (HeuristicTrials(SCENARIO, lambda _, rule=rule: rule).figure(np.zeros(1), SEEDS) for rule in (Linear(), rules[0]))
    assert tuned < begun
    card = json.loads((tmp_path / "0/policy.json").read_text())
    assert card["kind"] == "share_tuned"
    (tmp_path / "0/policy.json").write_text(json.dumps(card | {"scheduler": "os:system"}))
    with pytest.raises(SpecError, match="is not a policy of this version"):
        load_policy(tmp_path / "0")


def test_what_has_no_parameters_is_refused() -> None:
    with pytest.raises(SpecError, match=r"agent.scheduler is 'equal'"):
        ShareTuned(scheduler="equal")
