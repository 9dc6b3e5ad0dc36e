"""The plain learners beside PPO, end to end on a small scenario: they learn among legal actions, save, load, resume, and repeat."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
import torch
from gymnasium import spaces

from agents.dispatch.a2c import A2c
from agents.dispatch.dqn import Dqn
from agents.dispatch.nn.learner import DispatchLearner
from agents.dispatch.nn.policy import NetworkPolicy
from agents.dispatch.nn.q_learning import MaskedQNetwork
from agents.dispatch.nn.vec_env import EpisodesVecEnv
from agents.training.checkpoint import load_checkpoint
from agents.training.networks import PassThrough
from vmenv.episodes.evaluation import evaluate
from vmenv.episodes.policy import information_of
from vmenv.episodes.saved import load_policy
from vmenv.episodes.scenario import make_scenario
from vmenv.errors import SpecError

SCENARIO = make_scenario("thrash", num_vms=10, num_slots=6)
COMMON = {"decisions": 4_096, "num_envs": 32, "eval_every": 2_048, "eval_episodes": 2, "torch_threads": 1}
# SB3 adds plain Python numbers to tensors in ways that torch announces to change.
pytestmark = pytest.mark.filterwarnings("ignore::DeprecationWarning")


def a2c(**parameters: Any) -> A2c:
    return A2c(**{**COMMON, "num_steps": 16, **parameters})


def dqn(**parameters: Any) -> Dqn:
    return Dqn(**{**COMMON, "batch_size": 64, "warm_up": 512, "target_every": 256, "replay_decisions": 2_048, **parameters})


@pytest.mark.parametrize("make", [a2c, dqn])
def test_trains_saves_and_resumes(make: Any, tmp_path: Path) -> None:
    agent: DispatchLearner = make()
    policy = agent.train(SCENARIO, seed=0, minutes=None, folder=tmp_path, resume=False)
    rows = evaluate(policy, SCENARIO, range(3))
    loaded = load_policy(tmp_path)
    assert evaluate(loaded, SCENARIO, range(3)) == rows
    assert information_of(loaded) == "demands"
    _, card = load_checkpoint(tmp_path / "last")
    assert (card["agent"]["kind"], card["decisions"], card["agent"]["num_envs"]) == (agent.kind, 4_096, 32)
    assert card["scenario"] == json.loads(json.dumps(SCENARIO.describe()))

    make(decisions=6_144).train(SCENARIO, seed=0, minutes=None, folder=tmp_path, resume=True)
    assert load_checkpoint(tmp_path / "last")[1]["decisions"] == 6_144


@pytest.mark.parametrize("make", [a2c, dqn])
def test_same_seed_same_policy(make: Any, tmp_path: Path) -> None:
    policies = [make().train(SCENARIO, seed=3, minutes=None, folder=tmp_path / str(k), resume=False) for k in range(2)]
    for one, other in zip(policies[0].scorer.parameters(), policies[1].scorer.parameters(), strict=True):
        torch.testing.assert_close(one, other, rtol=0, atol=0)


def test_a_run_is_not_resumed_by_another_learner(tmp_path: Path) -> None:
    a2c(decisions=512).train(SCENARIO, seed=0, minutes=None, folder=tmp_path, resume=False)
    with pytest.raises(SpecError, match="holds another run, with agent='a2c' there and 'dqn' here"):
        dqn().train(SCENARIO, seed=0, minutes=None, folder=tmp_path, resume=True)


def test_q_values_of_masked_actions_are_never_the_largest() -> None:
    vec = EpisodesVecEnv(SCENARIO, 8)
    observation = {name: torch.as_tensor(rows).float() for name, rows in vec.reset().items()}
    space: Any = vec.observation_space
    torch.manual_seed(0)
    network = MaskedQNetwork(space, spaces.Discrete(7), PassThrough(space), 8, features_dim=1)
    values = network(observation)
    legal = observation["action_mask"] != 0
    assert torch.isfinite(values[legal]).all()
    assert (values[~legal] == -torch.inf).all()
    # The legal actions' mean is the value of the state, and the order is that of the scores.
    mean = torch.where(legal, values, 0.0).sum(dim=1) / legal.sum(dim=1)
    torch.testing.assert_close(mean, network.q_net.forward_critic(observation).squeeze(1))
    best = NetworkPolicy(network.q_net, clairvoyant=False).actions({name: rows.numpy() for name, rows in observation.items()})
    assert (values.argmax(dim=1).numpy() == best).all()

    ended = observation | {"action_mask": torch.zeros_like(observation["action_mask"])}
    assert torch.isfinite(network(ended)).all()


def test_the_replay_takes_no_more_memory_than_allowed() -> None:
    from stable_baselines3.common.vec_env import VecNormalize

    from agents.training.budget import Budget

    env = VecNormalize(EpisodesVecEnv(SCENARIO, 32), norm_obs=False)
    model: Any = dqn(replay_decisions=10**8, replay_mib=4).build(env, Budget(1, None), 0)
    buffer = model.replay_buffer
    held = sum(rows.nbytes for table in (buffer.observations, buffer.next_observations) for rows in table.values())
    assert 0.9 * 4 * 2**20 < held <= 4 * 2**20


@pytest.mark.parametrize(
    ("make", "parameters", "message"),
    [
        (a2c, {"entropy": -1.0}, "agent.entropy is -1.0"),
        (a2c, {"num_steps": 0}, "agent.num_steps is 0"),
        (dqn, {"explore_at_last": 2.0}, "agent.explore_at_last is 2.0"),
        (dqn, {"gamma": 0.0}, "agent.gamma is 0.0"),
        (dqn, {"replay_mib": 0}, "agent.replay_mib is 0"),
    ],
)
def test_wrong_parameters(make: Any, parameters: dict[str, Any], message: str) -> None:
    with pytest.raises(SpecError, match=message):
        make(**parameters)
