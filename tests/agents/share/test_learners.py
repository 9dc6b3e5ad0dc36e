"""Learners of shares, end to end on a small scenario: they learn, save, load, resume, and refuse what is not theirs."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from agents.share.index import ShareIndex
from agents.share.nn.networks import ShareNetworkPolicy, weigher_for
from agents.share.nn.vec_env import ShareVecEnv
from agents.share.ppo import SharePpo, beyond_the_others
from agents.share.sac import Sac
from agents.training.budget import Budget
from vmenv.episodes.batch import Episodes
from vmenv.episodes.evaluation import evaluate
from vmenv.episodes.saved import load_policy
from vmenv.episodes.scenario import make_scenario
from vmenv.episodes.schedulers import make_scheduler
from vmenv.episodes.seeds import FIRST_TRAINING_SEED, VALIDATION_SEEDS
from vmenv.errors import SpecError

SCENARIO = make_scenario("share_spells", num_vms=5, num_slots=6, cpus=4, num_samples=12)
# SB3 adds plain Python numbers to tensors in ways that torch announces to change.
pytestmark = pytest.mark.filterwarnings("ignore::DeprecationWarning")


def index(**parameters: Any) -> ShareIndex:
    return ShareIndex(**{"decisions": 3_000, "eval_episodes": 4, "population": 6, "episodes": 4, "hidden": 2, **parameters})


def sac(**parameters: Any) -> Sac:
    common = {"decisions": 320, "num_envs": 8, "eval_every": 160, "eval_episodes": 2, "batch_size": 16, "replay": 256, "width": 8}
    return Sac(**{**common, **parameters})


def ppo(**parameters: Any) -> SharePpo:
    common = {"decisions": 1_024, "num_envs": 32, "eval_every": 512, "eval_episodes": 2, "batch_size": 128, "num_steps": 8, "width": 8}
    return SharePpo(**{**common, **parameters})


def test_the_search_trains_saves_repeats_and_is_no_worse_than_its_start(tmp_path: Path) -> None:
    policies = [index().train(SCENARIO, seed=0, minutes=None, folder=tmp_path / str(k), resume=False) for k in range(2)]
    assert policies[0] == policies[1], "the same seed gives the same policy"
    assert load_policy(tmp_path / "0") == policies[0]
    seeds = VALIDATION_SEEDS[:4]
    start = evaluate(make_scheduler("demand", kind="share", headroom=0.0), SCENARIO, seeds)
    found = evaluate(policies[0], SCENARIO, seeds)
    assert np.mean([row["steal_us"] for row in found]) <= np.mean([row["steal_us"] for row in start]) * (1 + 1e-3)
    card = json.loads((tmp_path / "0/policy.json").read_text())
    assert card["scenario"] == json.loads(json.dumps(SCENARIO.describe()))
    index(decisions=5_000).train(SCENARIO, seed=0, minutes=None, folder=tmp_path / "0", resume=True)
    assert json.loads((tmp_path / "0/last.json").read_text())["decisions"] >= 5_000


def test_sac_trains_saves_and_resumes(tmp_path: Path) -> None:
    policy = sac().train(SCENARIO, seed=0, minutes=None, folder=tmp_path, resume=False)
    rows = evaluate(policy, SCENARIO, range(3))
    assert evaluate(load_policy(tmp_path), SCENARIO, range(3)) == rows
    sac(decisions=480).train(SCENARIO, seed=0, minutes=None, folder=tmp_path, resume=True)
    assert json.loads((tmp_path / "last.json").read_text())["decisions"] == 480
    assert len((tmp_path / "curve.csv").read_text().splitlines()) >= 4


def test_ppo_trains_saves_resumes_and_repeats(tmp_path: Path) -> None:
    policies = [ppo().train(SCENARIO, seed=0, minutes=None, folder=tmp_path / str(k), resume=False) for k in range(2)]
    rows = [evaluate(policy, SCENARIO, range(3)) for policy in policies]
    assert rows[0] == rows[1], "the same seed gives the same policy"
    assert evaluate(load_policy(tmp_path / "0"), SCENARIO, range(3)) == rows[0]
    ppo(decisions=1_280).train(SCENARIO, seed=0, minutes=None, folder=tmp_path / "0", resume=True)
    assert json.loads((tmp_path / "0/last.json").read_text())["decisions"] == 1_280
    with pytest.raises(SpecError, match="holds another run, with agent='share_ppo' there and 'sac' here"):
        sac().train(SCENARIO, seed=0, minutes=None, folder=tmp_path / "0", resume=True)


def test_ppo_gets_better_than_it_starts(tmp_path: Path) -> None:
    """On the validation episodes. The gain was 1.1 % with this seed: little, as the host is small and the training short."""
    scenario = make_scenario("share_spells", num_vms=6, num_slots=6, cpus=4, num_samples=24)
    shape = {"num_envs": 64, "num_steps": 16, "batch_size": 512, "noise": 0.1, "learning_rate": 1e-2}
    learner = ppo(decisions=49_152, eval_every=8_192, eval_episodes=8, **shape)
    learner.train(scenario, seed=0, minutes=None, folder=tmp_path, resume=False)
    curve = [float(line.split(",")[2]) for line in (tmp_path / "curve.csv").read_text().splitlines()[1:]]
    assert min(curve) < 0.995 * curve[0]


def test_the_others_of_the_group_are_the_baseline() -> None:
    returns = np.array([[1.0, 2.0, 6.0, 10.0, 10.0, 10.0]])
    np.testing.assert_allclose(beyond_the_others(returns, 3), [[1 - 4, 2 - 3.5, 6 - 1.5, 0, 0, 0]])


def test_a_group_meets_the_same_demand() -> None:
    vec = ShareVecEnv(SCENARIO, 6, seed=0, group=3)
    vec.reset()
    for _ in range(15):  # past the end of the first episodes
        seeds = vec.episodes.seeds
        assert len(set(seeds[:3])) == len(set(seeds[3:])) == 1
        assert seeds[0] != seeds[3]
        vec.step(np.full((6, 6), 0.5, np.float32))
    assert ShareVecEnv(SCENARIO, 6, seed=1).reset().keys() == {"vms", "host"}


def test_sac_learns_whom_to_serve(tmp_path: Path) -> None:
    """Its networks move away from the heuristic that they start as."""
    policy = sac(decisions=640, learning_rate=3e-3, eval_every=640).train(SCENARIO, seed=0, minutes=None, folder=tmp_path, resume=False)
    assert all(np.isfinite(array).all() for array in policy.weights.values())
    vec = ShareVecEnv(SCENARIO, 4, seed=0)
    model = sac().build(vec, Budget(256, None), 0)
    before = model.actor.weigher.head.weight.clone()
    model.learn(256)
    assert (model.actor.weigher.head.weight != before).any()


def test_an_untrained_network_is_the_heuristic_demand_and_minds_no_order() -> None:
    torch.manual_seed(0)
    weigher = weigher_for(Episodes(SCENARIO, 1).observation_space, 8)
    policy = ShareNetworkPolicy(weigher)
    larger = make_scenario("share_spells", num_vms=5, num_slots=6, cpus=8, num_samples=12)  # nobody can ask for more than all
    by_demand = evaluate(make_scheduler("demand", kind="share", headroom=0.0), larger, range(3))
    for one, other in zip(evaluate(policy, larger, range(3)), by_demand, strict=True):
        assert one["steal_us"] == pytest.approx(other["steal_us"], rel=0.1)  # demands below a ten-thousandth count as that
    torch.nn.init.normal_(weigher.head.weight)
    vec = ShareVecEnv(SCENARIO, 4, seed=0)
    vec.reset()
    observation, *_ = vec.step(np.ones((4, 6), np.float32))
    order = [3, 1, 5, 0, 2, 4]
    turned = {"vms": observation["vms"][:, order], "host": observation["host"]}
    np.testing.assert_allclose(policy.actions(turned), policy.actions(observation)[:, order], rtol=1e-4)


def test_training_episodes_are_not_evaluation_episodes() -> None:
    vec = ShareVecEnv(SCENARIO, 4, seed=0, reward_scale=10.0)
    vec.reset()
    assert vec.episodes.seeds.min() >= FIRST_TRAINING_SEED
    _, rewards, _, _ = vec.step(np.full((4, 6), 0.5, np.float32))
    np.testing.assert_allclose(rewards, 10 * vec.episodes.rewards, rtol=1e-6)
    assert (vec.episodes.runs.weights == 1 + round(0.25 * 9_999)).all(), "an action is the root of a weight"


def test_a_run_is_not_resumed_by_another_learner(tmp_path: Path) -> None:
    index().train(SCENARIO, seed=0, minutes=None, folder=tmp_path, resume=False)
    with pytest.raises(SpecError, match="holds another run, with agent='share_index' there and 'sac' here"):
        sac().train(SCENARIO, seed=0, minutes=None, folder=tmp_path, resume=True)
    with pytest.raises(SpecError, match="there is no policy"):
        load_policy(tmp_path / "nothing")


@pytest.mark.parametrize(
    ("make", "parameters", "message"),
    [
        (index, {"hidden": -1}, "agent.hidden is -1"),
        (index, {"sigma": 0.0}, "agent.sigma is 0.0"),
        (sac, {"gamma": 2.0}, "agent.gamma is 2.0"),
        (sac, {"entropy": -1.0}, "agent.entropy is -1.0"),
        (sac, {"reward_scale": 0.0}, "agent.reward_scale is 0.0"),
        (sac, {"replay": 0}, "agent.replay is 0"),
        (ppo, {"group": 3}, "agent.group is 3: give a divisor of num_envs = 32"),
        (ppo, {"batch_size": 100}, "agent.batch_size is 100: give a divisor"),
        (ppo, {"noise": 0.0}, "agent.noise is 0.0"),
        (ppo, {"entropy": -1.0}, "agent.entropy is -1.0"),
    ],
)
def test_wrong_parameters(make: Any, parameters: dict[str, Any], message: str) -> None:
    with pytest.raises(SpecError, match=message):
        make(**parameters)
