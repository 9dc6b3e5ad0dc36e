"""Every registered agent: what it says of itself, and that a configuration makes it."""

from __future__ import annotations

import dataclasses

import pytest

from agents.training.agent import AGENTS, Agent
from vmenv.episodes.kinds import KINDS


@pytest.mark.parametrize("name", AGENTS.names())
def test_agents_keep_the_contract(name: str) -> None:
    kind = AGENTS[name]
    assert issubclass(kind, Agent)
    assert kind.summary
    assert kind.kind_name == "" or kind.kind_name in KINDS
    agent = kind()
    assert kind(**dataclasses.asdict(agent)) == agent, "its hyperparameters are plain values"
    assert 0 < agent.eval_episodes <= 200
    assert AGENTS.name_of(agent) == name
