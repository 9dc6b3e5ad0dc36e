"""Every kind of decision x what a batch of it promises: the same interface, legal default actions, laws, rewards, and outcomes."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import vmenv
from vmenv.episodes.batch import Episodes
from vmenv.episodes.exchange import NOT_BEGUN
from vmenv.episodes.kinds import KINDS
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
        vmenv.Episodes(3, 1)  # type: ignore[arg-type]


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


def test_a_copied_info_stays_as_it_was(scenario: Any) -> None:
    batch = vmenv.Episodes(scenario, 1, interpreted=True)
    batch.restart([0], [1])
    before = batch.info()
    kept = {name: values.copy() for name, values in before.items()}
    for _ in range(3):
        batch.step(batch.some_actions())
    assert all((before[name] == kept[name]).all() for name in kept)


@pytest.mark.parametrize("name", PACKAGED)
def test_what_a_kind_names_is_there(name: str) -> None:
    kind = KINDS[name]
    for path in (kind.scenario_registry, kind.scheduler_registry, kind.metric_registry, kind.episodes_class, kind.player, kind.env):
        assert load(path) is not None
    assert load(kind.vector_env).kind_name == load(kind.env).kind_name == name
    assert kind.default_scenario in kind.scenarios
    assert {*kind.references, *kind.rivals} <= set(kind.schedulers.names())
    assert {column.metric for column in kind.columns} <= set(kind.metrics.names())
    assert all(callable(load(loader)) for loader in kind.loaders.values())
    for scheduler, parameters in kind.variants.values():
        kind.schedulers.make(scheduler, **parameters)
    assert sorted(kind.scenario_files()) == kind.scenarios.names()
