"""Cloning: the network comes to decide as its teacher, the critic to know the cost, and training goes on from there."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from stable_baselines3.common.vec_env import VecNormalize

import vmenv
from agents.dispatch.nn.cloning import clone, teacher_of
from agents.dispatch.nn.policy import NetworkPolicy
from agents.dispatch.nn.vec_env import EpisodesVecEnv
from agents.dispatch.ppo import Ppo, scorer_of
from agents.training.budget import Budget
from agents.training.checkpoint import load_checkpoint
from vmenv.dispatch.formula.policy import FormulaPolicy
from vmenv.dispatch.saved import save_scheduler
from vmenv.dispatch.scheduler import SCHEDULERS
from vmenv.episodes.scenario import make_scenario
from vmenv.episodes.schedulers import make_scheduler
from vmenv.errors import SpecError, UnknownNameError

SCENARIO = make_scenario("thrash", num_vms=10, num_slots=6)
pytestmark = pytest.mark.filterwarnings("ignore::DeprecationWarning")


def small(**parameters: object) -> Ppo:
    common = {"num_envs": 64, "num_steps": 32, "batch_size": 1_024, "eval_every": 10_000, "eval_episodes": 2, "torch_threads": 1}
    return Ppo(**{**common, **parameters})


def agreement(policy: NetworkPolicy, teacher: str) -> float:
    """Returns the share of decisions with a choice, on the teacher's own path, that are the same."""
    vec = EpisodesVecEnv(SCENARIO, 16, seed=9)
    observation, same = vec.reset(), []
    for _ in range(100):
        wanted = vec.episodes.advise(teacher)
        choice = vec.action_masks().sum(axis=1) > 1
        same.append((policy.actions(observation) == wanted)[choice])
        observation = vec.step(wanted)[0]
    return float(np.mean(np.concatenate(same)))


def test_the_clone_decides_as_its_teacher() -> None:
    env = VecNormalize(EpisodesVecEnv(SCENARIO, 64), norm_obs=False)
    model = small().build(env, Budget(1, None), 0)
    policy = NetworkPolicy(scorer_of(model), clairvoyant=False)
    before = agreement(policy, "las")
    clone(model, env, make_scheduler("las"), 60_000)
    assert model.num_timesteps >= 60_000
    assert agreement(policy, "las") > max(0.9, before + 0.05)


def test_training_goes_on_from_the_clone(tmp_path: Path) -> None:
    """The decisions of the teacher count, and the clone is evaluated before it learns anything else. Credit has a memory."""
    agent = small(decisions=8_192, clone="credit", clone_decisions=4_096)
    agent.train(SCENARIO, seed=0, minutes=None, folder=tmp_path, resume=False)
    rows = (tmp_path / "curve.csv").read_text().splitlines()[1:]
    assert [int(row.split(",")[0]) for row in rows] == [4_096, 8_192]
    assert load_checkpoint(tmp_path / "last")[1]["decisions"] == 8_192


def test_teachers(tmp_path: Path) -> None:
    """A heuristic, a policy that comes with vmenv, one in a folder; not a network, which does not play in the loop."""
    assert SCHEDULERS.name_of(teacher_of("tsrr")) == "tsrr"
    assert teacher_of("gang-index") == vmenv.load_policy("gang-index")
    save_scheduler(FormulaPolicy(score="0 - attained"), tmp_path / "policy", {})
    assert teacher_of(str(tmp_path)) == FormulaPolicy(score="0 - attained")
    small(decisions=2_048).train(SCENARIO, seed=0, minutes=None, folder=tmp_path / "network", resume=False)
    with pytest.raises(SpecError, match="is a NetworkPolicy: give a scheduler"):
        small(clone=str(tmp_path / "network"))


def test_wrong_parameters() -> None:
    with pytest.raises(UnknownNameError, match="did you mean 'mlfq'"):
        small(clone="mlfqq")
    with pytest.raises(SpecError, match=r"agent\.clone_decisions"):
        small(clone="mlfq", clone_decisions=10**12)
