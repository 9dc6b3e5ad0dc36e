"""The index policy: the same interpreted and compiled, indifferent to order and number of slots, legal, saved and loaded unchanged."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path

import numpy as np
import pytest

import vmenv
from vmenv.dispatch.index.features import HOST_FEATURES, VM_FEATURES
from vmenv.dispatch.index.policy import IndexPolicy, untrained
from vmenv.dispatch.index.scoring import num_weights
from vmenv.dispatch.saved import save_scheduler
from vmenv.episodes.saved import card_of, list_policies, load_policy, stem_of
from vmenv.episodes.scenario import make_scenario
from vmenv.errors import SpecError, UnknownNameError
from vmenv.testing import check_scheduler

SCENARIO = make_scenario("thrash", num_vms=40)
ALL = tuple(VM_FEATURES)
ALL_OF_HOST = tuple(HOST_FEATURES)


def drawn(seed: int, features: tuple[str, ...] = ALL, hidden: int = 8) -> IndexPolicy:
    policy = untrained(features, ALL_OF_HOST, hidden, 1_000_000)
    return policy.with_weights(np.random.default_rng(seed).normal(size=len(policy.weights)))


@pytest.mark.parametrize("seed", range(4))
@pytest.mark.parametrize("name", ["thrash", "mm1", "bursts"])
def test_interpreted_equals_compiled(seed: int, name: str) -> None:
    scenario = make_scenario(name, num_vms=40)
    host, work, policy = scenario.build_host(), scenario.episode(seed), drawn(seed)
    compiled = vmenv.simulate(host, work, policy, num_slots=scenario.num_slots)
    interpreted = vmenv.simulate(host, work, policy, num_slots=scenario.num_slots, interpreted=True)
    assert compiled.completed.all()
    assert compiled.digest() == interpreted.digest()


def test_it_is_checked_like_any_scheduler() -> None:
    check_scheduler(drawn(1, hidden=4))


def test_a_policy_without_weights_is_fcfs_among_those_that_fit() -> None:
    host, work = SCENARIO.build_host(), SCENARIO.episode(0)
    untaught = untrained(ALL, ALL_OF_HOST, 4, SCENARIO.time_scale_us)
    assert vmenv.simulate(host, work, untaught, num_slots=24).digest() == vmenv.simulate(host, work, "fcfs", num_slots=24).digest()


def test_a_linear_score_of_minus_the_service_is_las() -> None:
    """Squashing keeps the order, so that the least attained service goes first; ties by arrival, as in LAS."""
    policy = untrained(("attained",), ALL_OF_HOST, 0, SCENARIO.time_scale_us)
    weights = np.array(policy.weights)
    weights[0], weights[-1] = -1.0, -2.0
    host, work = SCENARIO.build_host(), SCENARIO.episode(0)
    learned = vmenv.simulate(host, work, policy.with_weights(weights), num_slots=24)
    assert learned.digest() == vmenv.simulate(host, work, "las", num_slots=24).digest()


def test_more_slots_than_vms_change_nothing() -> None:
    host, work, policy = SCENARIO.build_host(), SCENARIO.episode(0), drawn(7)
    digests = {vmenv.simulate(host, work, policy, num_slots=slots).digest() for slots in (40, 64, 200)}
    assert len(digests) == 1


def test_one_that_always_wants_to_wait_comes_to_an_end() -> None:
    policy = untrained(("cpu",), ALL_OF_HOST, 0, 1)
    weights = np.array(policy.weights)
    weights[-1] = 1.0
    run = vmenv.simulate(vmenv.Host(), vmenv.Workload.from_arrays([0, 5], [10, 10]), policy.with_weights(weights))
    assert run.completion_us.tolist() == [15, 25]  # nothing is left to wait for when the last VM has come


def test_saved_and_loaded_it_decides_the_same(tmp_path: Path) -> None:
    policy = drawn(3, ("attained", "cpu"), 4)
    save_scheduler(policy, tmp_path / "policy", {"scenario": SCENARIO.describe()})
    for name in (tmp_path, tmp_path / "policy", tmp_path / "policy.json"):
        assert load_policy(name) == policy
    save_scheduler(vmenv.make_scheduler("mlfq", ratio=3.0), tmp_path / "mlfq", {})
    assert load_policy(tmp_path / "mlfq") == vmenv.make_scheduler("mlfq", ratio=3.0)


def test_what_is_not_a_policy_is_refused(tmp_path: Path) -> None:
    with pytest.raises(SpecError, match="there is no policy 'thrash-indx'"):
        load_policy("thrash-indx")
    (tmp_path / "policy.json").write_text("[1")
    with pytest.raises(SpecError, match="is not the card of a policy"):
        load_policy(tmp_path)
    save_scheduler(drawn(3, ("attained",), 4), tmp_path / "policy", {})
    card = json.loads((tmp_path / "policy.json").read_text())
    for wrong in ({"hidden": 8}, {"features": ["attaned"]}, {"host_features": ["cpu"]}, {"hidden": None}, {"kind": "tuned"}):
        (tmp_path / "policy.json").write_text(json.dumps(card | wrong))
        with pytest.raises(SpecError, match="is not a policy of this version"):
            load_policy(tmp_path)
    (tmp_path / "policy.json").write_text(json.dumps(card | {"kind": "ppoo"}))
    with pytest.raises(SpecError, match="is of kind 'ppoo', which may need more than vmenv"):
        load_policy(tmp_path)
    weights = {"file": "policy.safetensors", "sha256": hashlib.sha256(b"not tensors").hexdigest()}
    (tmp_path / "policy.json").write_text(json.dumps(card | {"weights": weights}))
    (tmp_path / "policy.safetensors").write_bytes(b"not tensors")
    with pytest.raises(SpecError, match="does not hold the weights of a policy"):
        load_policy(tmp_path)
    with pytest.raises(UnknownNameError, match="did you mean 'thrash-index'"):
        vmenv.evaluate("thrash-indx", "thrash", range(1))


def test_parameters_are_checked() -> None:
    right = {"time_scale_us": 1, "hidden": 4, "features": ("cpu",), "host_features": (), "weights": (0.0,) * num_weights(1, 0, 4)}
    IndexPolicy(**right)
    for wrong, message in (
        ({"features": ("cpus",)}, "did you mean 'cpu'"),
        ({"weights": (0.0,)}, "IndexPolicy.weights holds 1 numbers"),
        ({"weights": (np.nan,) * num_weights(1, 0, 4)}, "not finite"),
        ({"hidden": 99}, "IndexPolicy.hidden is 99"),
        ({"hidden": 6}, "IndexPolicy.hidden is 6: give a multiple of 4"),
    ):
        with pytest.raises(SpecError, match=message):
            IndexPolicy(**(right | wrong))


@pytest.mark.parametrize("name", list_policies())
def test_shipped_policies_do_as_their_cards_say(name: str) -> None:
    card = json.loads(card_of(stem_of(name)).read_text())
    parameters = dict(card["scenario"])
    scenario = make_scenario(parameters.pop("kind"), **parameters)
    rows = vmenv.evaluate(name, scenario, range(100))
    rel = 1e-12 if scenario.kind_name == "dispatch" else 1e-6  # matrix products of numpy round as the processor has it
    assert np.mean([row[scenario.objective] for row in rows]) == pytest.approx(card["evaluation"]["value"], rel=rel)
    assert set(card) >= {"seed", "command", "versions", "decisions", "evaluation"}
