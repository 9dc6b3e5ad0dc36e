"""PPO end to end on a small scenario: it learns, saves, loads, resumes, and refuses what cannot work."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
import torch

from agents.dispatch.ppo import Ppo
from agents.training.checkpoint import load_checkpoint
from vmenv.episodes.evaluation import evaluate
from vmenv.episodes.saved import load_policy
from vmenv.episodes.scenario import make_scenario
from vmenv.errors import SpecError

SCENARIO = make_scenario("thrash", num_vms=10, num_slots=6)
# SB3 adds plain Python numbers to tensors in ways that torch announces to change.
pytestmark = pytest.mark.filterwarnings("ignore::DeprecationWarning")


def small(**parameters: int) -> Ppo:
    return Ppo(
        **{
            "decisions": 4_096,
            "num_envs": 32,
            "num_steps": 64,
            "batch_size": 1_024,
            "eval_every": 2_048,
            "eval_episodes": 2,
            "torch_threads": 1,
            **parameters,
        }
    )


def test_trains_saves_and_resumes(tmp_path: Path) -> None:
    policy = small().train(SCENARIO, seed=0, minutes=None, folder=tmp_path, resume=False)
    rows = evaluate(policy, SCENARIO, range(3))
    assert evaluate(load_policy(tmp_path), SCENARIO, range(3)) == rows
    _, card = load_checkpoint(tmp_path / "last")
    assert card["decisions"] == 4_096
    assert card["seed"] == 0
    assert card["scenario"] == json.loads(json.dumps(SCENARIO.describe()))
    assert card["versions"]["torch"] == torch.__version__
    assert list((tmp_path / "tensorboard").iterdir())

    small(decisions=6_144).train(SCENARIO, seed=0, minutes=None, folder=tmp_path, resume=True)
    assert load_checkpoint(tmp_path / "last")[1]["decisions"] == 6_144


def test_same_seed_same_policy(tmp_path: Path) -> None:
    policies = [small().train(SCENARIO, seed=3, minutes=None, folder=tmp_path / str(k), resume=False) for k in range(2)]
    for one, other in zip(policies[0].scorer.parameters(), policies[1].scorer.parameters(), strict=True):
        torch.testing.assert_close(one, other, rtol=0, atol=0)


def test_tensorboard_has_the_curves(tmp_path: Path) -> None:
    from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

    small().train(SCENARIO, seed=0, minutes=None, folder=tmp_path, resume=False)
    events = EventAccumulator(str(tmp_path / "tensorboard"))
    events.Reload()
    tags = set(events.Tags()["scalars"])
    assert {"rollout/ep_rew_mean", "train/loss", "eval/learned", "eval/tsrr", "eval/srpt"} <= tags
    expected = np.mean([row["mean_slowdown"] for row in evaluate("tsrr", SCENARIO, range(1000, 1002))])
    assert events.Scalars("eval/tsrr")[0].value == pytest.approx(expected, rel=1e-5)


def test_minutes_limit_the_training(tmp_path: Path) -> None:
    small(decisions=10**9).train(SCENARIO, seed=0, minutes=0.01, folder=tmp_path, resume=False)
    assert load_checkpoint(tmp_path / "last")[1]["decisions"] < 10**6


@pytest.mark.parametrize(
    ("parameters", "message"),
    [
        ({"batch_size": 512}, "at least 1024"),
        ({"batch_size": 1_500}, "give a divisor of num_envs x num_steps"),
        ({"entropy": -1.0}, "agent.entropy is -1.0: give a number from 0"),
        ({"num_envs": 0}, "agent.num_envs is 0"),
    ],
)
def test_wrong_parameters(parameters: dict[str, int], message: str) -> None:
    with pytest.raises(SpecError, match=message):
        small(**parameters)


def test_missing_and_foreign_checkpoints(tmp_path: Path) -> None:
    with pytest.raises(SpecError, match="there is no policy"):
        load_policy(tmp_path)
    (tmp_path / "policy.json").write_text("{")
    with pytest.raises(SpecError, match="is not the card of a policy"):
        load_policy(tmp_path)
