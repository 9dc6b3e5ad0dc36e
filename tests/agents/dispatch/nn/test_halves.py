"""An update in halves is that of MaskablePPO, whatever the number of cores: the same steps up to rounding."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import torch
from sb3_contrib import MaskablePPO
from stable_baselines3.common.logger import Logger

from agents.dispatch.nn.halves import HalvedPPO
from agents.dispatch.ppo import Ppo
from agents.training.budget import Budget
from vmenv.episodes.scenario import make_scenario

SCENARIO = make_scenario("thrash", num_vms=12, num_slots=6)


def collected(monkeypatch: pytest.MonkeyPatch, seed: int) -> Any:
    """A learner that has made its first decisions and has learned nothing yet."""
    agent = Ppo(num_envs=16, num_steps=64, batch_size=1024, epochs=1, eval_episodes=2, decisions=1024)
    budget = Budget(1024, None)
    budget.start()
    model = agent.build(agent.environment(SCENARIO, seed), budget, seed)
    model.set_logger(Logger(None, []))
    with monkeypatch.context() as patch:
        patch.setattr(HalvedPPO, "train", lambda _: None)
        model.learn(1024)
    return model


def step(model: Any, train: Any) -> tuple[list[torch.Tensor], dict[str, float]]:
    before = [parameter.detach().clone() for parameter in model.policy.parameters()]
    np.random.seed(1)
    train(model)
    logged = {name: float(value) for name, value in model.logger.name_to_value.items() if name.startswith("train/")}
    return [after.detach() - start for after, start in zip(model.policy.parameters(), before, strict=True)], logged


def test_the_same_step(monkeypatch: pytest.MonkeyPatch) -> None:
    whole, told = step(collected(monkeypatch, 5), MaskablePPO.train)
    halves, told_of_halves = step(collected(monkeypatch, 5), HalvedPPO.train)
    for one, other in zip(halves, whole, strict=True):
        assert one.abs().max() > 0
        torch.testing.assert_close(one, other, rtol=1e-3, atol=1e-6)
    assert told_of_halves == pytest.approx(told, rel=1e-3, abs=1e-5)


def test_the_same_weights_on_one_core_and_on_two(monkeypatch: pytest.MonkeyPatch) -> None:
    found = []
    for threads in (1, 2):
        model = collected(monkeypatch, 5)
        torch.set_num_threads(threads)
        found.append(step(model, HalvedPPO.train)[0])
    for one, other in zip(*found, strict=True):
        assert torch.equal(one, other)
