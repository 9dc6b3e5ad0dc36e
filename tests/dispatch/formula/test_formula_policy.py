"""Formulas as policies: the known rules that they can say, both modes alike, saved and loaded as texts."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

import vmenv
from tests.dispatch.formula.test_expressions import drawn
from vmenv.dispatch.formula.expression import simplified
from vmenv.dispatch.formula.policy import FormulaPolicy
from vmenv.dispatch.saved import save_scheduler
from vmenv.episodes.saved import load_policy
from vmenv.episodes.scenario import make_scenario
from vmenv.errors import SpecError
from vmenv.testing import check_scheduler

SCENARIO = make_scenario("thrash", num_vms=40)


@pytest.mark.parametrize(
    ("score", "rule"), [("0.0", "fcfs"), ("0 - attained", "las"), ("-3 * log(plain(attained_short) + 0.1)", "las"), ("0 - slack", "edf")]
)
def test_known_rules_are_formulas(score: str, rule: str) -> None:
    """`slack` of those with a deadline is what EDF goes by, the time scale being the same for all."""
    scenario = make_scenario("tenants", num_vms=80) if rule == "edf" else SCENARIO
    host, work = scenario.build_host(), scenario.episode(0)
    formula = FormulaPolicy(score=score, time_scale_us=1_000_000)
    assert vmenv.simulate(host, work, formula, num_slots=24).digest() == vmenv.simulate(host, work, rule, num_slots=24).digest()


@pytest.mark.parametrize("seed", range(6))
@pytest.mark.parametrize("name", ["thrash", "bursts", "neighbours"])
def test_interpreted_equals_compiled(seed: int, name: str) -> None:
    """One compiled program plays them all."""
    scenario = make_scenario(name, num_vms=40)
    host, work = scenario.build_host(), scenario.episode(seed)
    policy = FormulaPolicy(score=simplified(drawn(seed)), wait="0.2 * host.running - 0.3 + host.loaded_lately", time_scale_us=1_000_000)
    compiled = vmenv.simulate(host, work, policy, num_slots=scenario.num_slots)
    assert compiled.completed.all()
    assert compiled.digest() == vmenv.simulate(host, work, policy, num_slots=scenario.num_slots, interpreted=True).digest()


def test_it_is_checked_like_any_scheduler() -> None:
    check_scheduler(FormulaPolicy(score="weight * promise - page_in", wait="host.running - 0.5"))


def test_it_waits_if_that_is_worth_more() -> None:
    """The second VM comes when the first is done: it waits for nobody, because nothing is left to wait for."""
    work = vmenv.Workload.from_arrays([0, 5], [10, 10])
    patient = FormulaPolicy(score="0.0", wait="1.0")
    assert vmenv.simulate(vmenv.Host(), work, patient).completion_us.tolist() == [15, 25]
    assert vmenv.simulate(vmenv.Host(), work, FormulaPolicy(score="0.0", wait="-1.0")).completion_us.tolist() == [10, 20]


def test_it_is_saved_as_text(tmp_path: Path) -> None:
    policy = FormulaPolicy(score="weight * promise - 0.1 * page_in", wait="0 - host.running", time_scale_us=200_000)
    save_scheduler(policy, tmp_path / "policy", {"scenario": SCENARIO.describe()})
    assert json.loads((tmp_path / "policy.json").read_text())["score"] == "weight * promise - 0.1 * page_in"
    assert load_policy(tmp_path) == policy
    assert not list(tmp_path.glob("*.safetensors"))


@pytest.mark.parametrize(
    "wrong",
    [
        {"score": "__import__('os')"},
        {"score": None},
        {"score": 3},
        {"wait": "attained"},
        {"time_scale_us": 0},
        {"time_scale_us": "1"},
        {"score": "1 + " * 5_000},
    ],
)
def test_a_card_of_a_stranger_is_checked(tmp_path: Path, wrong: dict[str, object]) -> None:
    save_scheduler(FormulaPolicy(score="weight"), tmp_path / "policy", {})
    card = json.loads((tmp_path / "policy.json").read_text())
    (tmp_path / "policy.json").write_text(json.dumps(card | wrong))
    with pytest.raises(SpecError, match="is not a policy of this version"):
        load_policy(tmp_path)


def test_it_says_what_it_does() -> None:
    policy = FormulaPolicy(score="weight * promise - 0.12345 * page_in", wait="0.5 - host.running")
    assert (
        str(policy)
        == "grants the VM with the largest weight * promise - 0.123 * page_in; waits if all are worth less than 0.5 - host.running"
    )
    assert policy.num_terms == 6
    assert policy.features() == {"weight", "promise", "page_in", "host.running"}
    assert vmenv.make_scheduler("fcfs") != policy
