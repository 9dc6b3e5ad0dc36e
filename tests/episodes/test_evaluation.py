"""Evaluation: the same rows for the same policy, whatever way it is played."""

from __future__ import annotations

import dataclasses
from typing import Any

import numpy as np
import pytest

import vmenv
from vmenv.dispatch.observation import vm_features
from vmenv.episodes.kinds import KINDS
from vmenv.episodes.seeds import EVALUATION_SEEDS, FIRST_TRAINING_SEED, VALIDATION_SEEDS
from vmenv.errors import SpecError, UnknownNameError

SMALL: dict[str, Any] = {"num_vms": 20}


class FirstFit:
    """Grants the lowest slot that fits."""

    clairvoyant = False

    def actions(self, observation: dict[str, Any]) -> Any:
        return observation["action_mask"].argmax(axis=1)


def test_rows_do_not_depend_on_the_batch() -> None:
    together = vmenv.evaluate(FirstFit(), "thrash", range(5), **SMALL)
    assert [vmenv.evaluate(FirstFit(), "thrash", [seed], **SMALL)[0] for seed in range(5)] == together
    assert len({row["digest"] for row in together}) == 5


def test_seeds_are_played_batch_after_batch(monkeypatch: pytest.MonkeyPatch) -> None:
    """Five episodes in batches of two."""
    alone = [vmenv.evaluate("las", "thrash", [seed], **SMALL)[0] for seed in (7, 1, 4, 0, 9)]
    monkeypatch.setitem(KINDS._entries, "dispatch", dataclasses.replace(KINDS["dispatch"], play_batch=2))
    assert vmenv.evaluate("las", "thrash", [7, 1, 4, 0, 9], **SMALL) == alone


def test_scheduler_rows() -> None:
    by_name = vmenv.evaluate("las", "thrash", [3, 4], **SMALL)
    assert vmenv.evaluate(vmenv.make_scheduler("las"), "thrash", [3, 4], **SMALL) == by_name
    assert [row["seed"] for row in by_name] == [3, 4]
    scenario = vmenv.make_scenario("thrash", **SMALL)
    run = vmenv.simulate(
        scenario.build_host(), scenario.episode(3), "las", seed=3, num_slots=scenario.num_slots, objective=scenario.objective
    )
    assert by_name[0]["digest"] == run.digest()
    assert by_name[0]["mean_slowdown"] == run.metrics()["mean_slowdown"]


@pytest.mark.parametrize("name", ["lottery", "las"])
def test_each_row_is_the_episode_of_its_seed_until_its_horizon(name: str) -> None:
    """Also of a scheduler that draws lots, and where a run ends before all VMs are done."""
    scenario = vmenv.make_scenario("thrash", horizon_us=3_000_000)
    seeds = [5, 0, 17]
    for row, seed in zip(vmenv.evaluate(name, scenario, seeds), seeds, strict=True):
        run = vmenv.simulate(
            scenario.build_host(),
            scenario.episode(seed),
            name,
            seed=seed,
            num_slots=scenario.num_slots,
            objective=scenario.objective,
            horizon_us=3_000_000,
        )
        assert row == {"seed": seed, **run.metrics(), "num_decisions": run.num_decisions, "digest": run.digest()}
        assert run.metrics()["num_unfinished"] > 0


@pytest.mark.parametrize("told", [{}, {"clairvoyant": True}, {"history": True}], ids=str)
def test_a_policy_observes_what_it_asks_for(told: dict[str, bool]) -> None:
    seen = set()

    class Asks(FirstFit):
        def actions(self, observation: dict[str, Any]) -> Any:
            seen.add(observation["vms"].shape[-1])
            return super().actions(observation)

    policy = Asks()
    for name, value in told.items():
        setattr(policy, name, value)
    vmenv.evaluate(policy, "thrash", [0], **SMALL)
    assert seen == {len(vm_features(**told))}


def test_seeds_of_training_and_evaluation_are_disjoint() -> None:
    assert max(EVALUATION_SEEDS) < min(VALIDATION_SEEDS)
    assert max(VALIDATION_SEEDS) < FIRST_TRAINING_SEED


def test_episodes_differ_by_seed_only() -> None:
    scenario = vmenv.make_scenario("thrash")
    assert (scenario.episode(1).work_us == scenario.episode(1).work_us).all()
    assert not np.array_equal(scenario.episode(1).work_us, scenario.episode(2).work_us)


def test_wrong_policies() -> None:
    with pytest.raises(UnknownNameError, match="did you mean 'tsrr'"):
        vmenv.evaluate("tsr")
    with pytest.raises(SpecError, match=r"give a name of vmenv\.list_schedulers"):
        vmenv.evaluate(3)
    with pytest.raises(SpecError, match="seed is -1"):
        vmenv.evaluate("tsrr", "thrash", [-1])
