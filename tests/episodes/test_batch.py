"""Every kind of decision x what a batch of it promises: the same interface, legal default actions, laws, rewards, and outcomes."""

from __future__ import annotations

import dataclasses
from typing import Any

import numpy as np
import pytest

import vmenv
from vmenv import testing
from vmenv.episodes.batch import Episodes
from vmenv.episodes.exchange import GOING, NOT_BEGUN
from vmenv.episodes.kinds import KINDS, Column
from vmenv.errors import ActionError, SpecError
from vmenv.registry import load

SMALL: dict[str, dict[str, Any]] = {
    "dispatch": {"num_vms": 8, "num_slots": 4},
    "share": {"num_vms": 4, "num_slots": 5, "cpus": 3, "num_samples": 8},
}
PACKAGED = ("dispatch", "share")


@pytest.fixture(params=PACKAGED)
def scenario(request: pytest.FixtureRequest) -> Any:
    return vmenv.make_scenario(KINDS[request.param].default_scenario, **SMALL[request.param])


def test_a_batch_is_made_of_a_scenario_or_its_name(scenario: Any) -> None:
    batch = vmenv.Episodes(scenario, 3, interpreted=True)
    assert type(batch) is scenario.kind.episodes
    assert isinstance(batch, Episodes)
    assert type(vmenv.Episodes(scenario.kind.default_scenario, 1, interpreted=True)) is type(batch)
    with pytest.raises(SpecError, match="scenario is 3: give a name"):
        vmenv.Episodes(3, 1)


def test_a_step_before_anything_has_begun_says_what_to_call(scenario: Any) -> None:
    batch: Any = vmenv.Episodes(scenario, 3, interpreted=True)
    for nobody in ({}, {"begin": np.array([], np.int64)}):
        with pytest.raises(ActionError, match=r"no episode has begun: call restart\(runs, seeds\) first"):
            batch.step(batch.some_actions(), **nobody)
    batch.step(batch.some_actions(), begin=np.array([1]), seeds=[0])
    assert batch.phase.tolist() == [NOT_BEGUN, GOING, NOT_BEGUN]
    batch.step(batch.some_actions())  # those that have not begun stand still


def test_it_goes_from_the_beginning_to_an_outcome(scenario: Any) -> None:
    batch = vmenv.Episodes(scenario, 2, interpreted=True)
    assert (batch.phase == NOT_BEGUN).all()
    with pytest.raises(ActionError, match="call reset"):
        batch.check_begun()
    batch.restart([0, 1], [5, 5])
    total = np.zeros(2)
    while not (batch.terminated | batch.truncated).all():
        for name, buffer in batch.observations._asdict().items():
            assert batch.observation_space[name].contains(buffer[0]), name
        assert batch.broken_laws(0) == []
        batch.step(batch.some_actions())
        total += batch.rewards
        assert set(batch.info()) >= {"clock_us"}
    assert total[0] == total[1] < 0
    assert batch.run(0).digest() == batch.run(1).digest()
    assert set(batch.run(0).metrics()) == set(scenario.kind.metrics.names())
    assert scenario.objective in batch.run(0).metrics()


def test_a_run_that_is_cut_is_truncated_and_not_terminated(scenario: Any) -> None:
    batch = vmenv.Episodes(dataclasses.replace(scenario, horizon_us=1), 2, interpreted=True)
    batch.restart([0], [3])
    while not (batch.terminated | batch.truncated)[0]:
        batch.step(batch.some_actions())
    assert batch.truncated.tolist() == [True, False]
    assert batch.terminated.tolist() == [False, False], "nor is one that has not begun"


def test_a_way_back_leads_to_the_same_episodes(scenario: Any) -> None:
    batch = vmenv.Episodes(scenario, 2, interpreted=True)
    batch.restart([0, 1], [3, 4])
    before, outcomes = batch.snapshot(), [batch.run(r).digest() for r in range(2)]
    batch.restart([0, 1], [5, 6])
    batch.restore(before)
    assert batch.seeds.tolist() == [3, 4]
    assert [batch.run(r).digest() for r in range(2)] == outcomes


def test_a_copied_info_stays_as_it_was(scenario: Any) -> None:
    batch = vmenv.Episodes(scenario, 1, interpreted=True)
    batch.restart([0], [1])
    before = batch.info()
    kept = {name: values.copy() for name, values in before.items()}
    for _ in range(3):
        batch.step(batch.some_actions())
    assert all((before[name] == kept[name]).all() for name in kept)


@pytest.mark.parametrize("name", PACKAGED)
def test_kinds_keep_the_contract(name: str) -> None:
    testing.check_kind(name)
    assert load(KINDS[name].vector_env).kind_name == load(KINDS[name].env).kind_name == name
    assert sorted(KINDS[name].scenario_files()) == KINDS[name].scenarios.names()


def test_a_kind_that_names_what_is_not_there_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    for change, message in (
        ({"default_scenario": "thresh"}, "default_scenario is 'thresh', which is none of its scenarios"),
        ({"rivals": ("tsr",)}, "names 'tsr', which is none of its heuristics"),
        ({"columns": (Column("x", "slowdwn"),)}, "shows 'slowdwn' on leaderboards"),
    ):
        monkeypatch.setitem(KINDS._entries, "wrong", dataclasses.replace(KINDS["dispatch"], **change))
        with pytest.raises(testing.ContractError, match=message):
            testing.check_kind("wrong")
