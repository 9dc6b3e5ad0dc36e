"""The search for index policies: it improves, repeats itself, goes on after a kill, and refuses what cannot work."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from agents.dispatch.index import Index
from agents.dispatch.search.mixture import variations
from agents.dispatch.search.probe import varying_features
from agents.dispatch.search.trials import SchedulerTrials
from agents.training.checkpoint import load_checkpoint
from agents.training.curve import mean_cost
from vmenv.dispatch.index.policy import untrained
from vmenv.episodes.evaluation import evaluate
from vmenv.episodes.saved import load_policy
from vmenv.episodes.scenario import make_scenario
from vmenv.episodes.seeds import VALIDATION_SEEDS
from vmenv.errors import SpecError

SCENARIO = make_scenario("thrash", num_vms=40)


def small(**parameters: Any) -> Index:
    return Index(**{"decisions": 400_000, "hidden": 4, "population": 8, "episodes": 4, "eval_episodes": 8, **parameters})


def test_it_learns_saves_and_repeats_itself(tmp_path: Path) -> None:
    policies = [small().train(SCENARIO, seed=1, minutes=None, folder=tmp_path / str(k), resume=False) for k in range(2)]
    assert policies[0] == policies[1]
    assert policies[0] == load_policy(tmp_path / "0")
    fcfs = mean_cost("fcfs", SCENARIO, range(20))
    assert mean_cost(policies[0], SCENARIO, range(20)) < 0.8 * fcfs
    card = json.loads((tmp_path / "0/policy.json").read_text())
    assert card["scenario"] == json.loads(json.dumps(SCENARIO.describe()))
    assert card["decisions"] <= load_checkpoint(tmp_path / "0/last")[1]["decisions"]
    curve = (tmp_path / "0/curve.csv").read_text().splitlines()
    assert curve[0] == "decisions,seconds,validation"
    assert card["validation"]["value"] in [float(line.split(",")[2]) for line in curve[1:]]  # which of the best, the judging says
    assert list((tmp_path / "0/tensorboard").iterdir())


def test_it_ends_where_it_started_when_nothing_is_better(tmp_path: Path) -> None:
    """Nobody can be better than first come, first served on M/M/1; on a few validation episodes some candidate is, by chance."""
    control = make_scenario("mm1", num_vms=60)
    policy = small().train(control, seed=0, minutes=None, folder=tmp_path, resume=False)
    assert policy == untrained(policy.features, policy.host_features, 4, control.time_scale_us)
    start = mean_cost(policy, control, VALIDATION_SEEDS[:8])
    assert start == mean_cost("fcfs", control, VALIDATION_SEEDS[:8])
    assert json.loads((tmp_path / "policy.json").read_text())["validation"]["value"] == pytest.approx(start, rel=1e-12)
    curve = (tmp_path / "curve.csv").read_text().splitlines()[1:]
    assert min(float(line.split(",")[2]) for line in curve) < start  # by chance


def test_it_goes_on_where_it_was(tmp_path: Path) -> None:
    small().train(SCENARIO, seed=1, minutes=None, folder=tmp_path, resume=False)
    _, before = load_checkpoint(tmp_path / "last")
    small(decisions=800_000).train(SCENARIO, seed=1, minutes=None, folder=tmp_path, resume=True)
    _, after = load_checkpoint(tmp_path / "last")
    assert after["decisions"] >= 800_000
    assert after["search"]["generation"] > before["search"]["generation"]
    assert after["search"]["best_figure"] <= before["search"]["best_figure"]
    decisions = [int(line.split(",")[0]) for line in (tmp_path / "curve.csv").read_text().splitlines()[1:]]
    assert decisions == sorted(decisions)


def test_trials_are_what_evaluate_says() -> None:
    policy = untrained(("cpu",), ("runnable",), 4, SCENARIO.time_scale_us)
    other = policy.with_weights(np.arange(len(policy.weights)) - 3.0)
    costs = SchedulerTrials([SCENARIO], policy).costs(np.array([policy.params(), other.params()]), [5, 6, 7])
    expected = [[row["mean_slowdown"] for row in evaluate(p, SCENARIO, [5, 6, 7])] for p in (policy, other)]
    np.testing.assert_allclose(costs, expected, rtol=1e-12)


def test_training_on_a_mixture_deals_episodes_to_all() -> None:
    mixture = variations(SCENARIO, {"load": [0.5, 0.9], "num_slots": [8, 24]})
    assert [(s.load, s.num_slots) for s in mixture] == [(0.5, 8), (0.5, 24), (0.9, 8), (0.9, 24)]
    policy = untrained(("cpu",), ("runnable",), 0, 1_000_000)
    costs = SchedulerTrials(mixture, policy).costs(policy.params()[None], range(5))
    expected = np.array([evaluate(policy, mixture[k % 4], [k])[0]["mean_slowdown"] for k in range(5)])
    usual = [expected[0], *expected[1:4], expected[0]]  # of two episodes the worse one is left out of what is usual
    if expected[4] < expected[0]:
        usual[0] = usual[4] = expected[4]
    np.testing.assert_allclose(costs[0], expected / usual, rtol=1e-12)


def test_one_set_of_weights_for_several_scenarios(tmp_path: Path) -> None:
    """Their costs have different units: of each scenario what counts is the cost over what is usual there."""
    agent = small(scenarios=("bursts",), decisions=100_000, eval_episodes=2, judged_episodes=0)
    policy = agent.train(SCENARIO, seed=0, minutes=None, folder=tmp_path, resume=False)
    assert {"disk", "same_tenant"} <= set(policy.features), "those of both"
    assert "loaded_since" in policy.host_features
    with pytest.raises(SpecError, match="which is about share"):
        small(scenarios=("share_spells",)).begin_search(SCENARIO, seed=0)


def test_features_that_never_vary_are_left_out() -> None:
    found, of_host = varying_features(make_scenario("thrash"))
    assert {"memory_free", "runnable", "free_disk"} <= set(of_host)
    assert not {"loaded_waiting", "loaded_since"} & set(of_host)
    assert {"cpu", "memory", "attained", "page_in"} <= set(found)
    assert not {"weight", "priority", "slack", "expected_left", "promise"} & set(found)
    assert "promise" in varying_features(make_scenario("mystery", num_vms=40))[0]
    assert "expected_left" in varying_features(make_scenario("mg1_known", num_vms=40))[0]
    assert "loaded_since_second" in varying_features(make_scenario("bursts", num_vms=40))[1]


@pytest.mark.parametrize(
    ("agent", "message"),
    [
        (lambda: Index(hidden=33), "agent.hidden is 33"),
        (lambda: Index(population=0), "agent.population is 0"),
        (lambda: Index(eval_episodes=201), "agent.eval_episodes is 201"),
        (lambda: Index(sigma=0.0), "agent.sigma is 0.0"),
    ],
)
def test_mistakes_are_refused(agent: Any, message: str) -> None:
    with pytest.raises(SpecError, match=message):
        agent()


def test_mistakes_found_in_training_are_refused(tmp_path: Path) -> None:
    for agent, message in (
        (small(vary={"laod": [1]}), "agent.vary names 'laod'"),
        (small(features=("cpus",)), "did you mean 'cpu'"),
    ):
        with pytest.raises(SpecError, match=message):
            agent.train(SCENARIO, seed=0, minutes=None, folder=tmp_path, resume=False)
