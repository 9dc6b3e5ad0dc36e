"""The evolution of formulas: it improves, repeats itself, keeps rules short, and ends where it started when nothing is better."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from agents.dispatch.formula import Formula
from agents.dispatch.index import Index
from agents.dispatch.search.classics import FIRST_COME, classics
from agents.dispatch.search.evolution import rule_of, texts
from agents.dispatch.search.known import Known
from agents.dispatch.search.probe import varying_features
from agents.dispatch.search.shapes import Rule, Shapes, numbers_of, replaced, simplest, with_numbers
from agents.training.curve import mean_cost
from vmenv.dispatch.formula.expression import number
from vmenv.dispatch.formula.parse import parse
from vmenv.dispatch.formula.policy import FormulaPolicy
from vmenv.dispatch.index.policy import IndexPolicy
from vmenv.dispatch.saved import save_scheduler
from vmenv.episodes.saved import load_policy
from vmenv.episodes.scenario import list_scenarios, make_scenario
from vmenv.errors import SpecError

SCENARIO = make_scenario("thrash", num_vms=40)


def small(**parameters: Any) -> Formula:
    usual = {"decisions": 600_000, "population": 24, "elite": 6, "episodes": 4, "eval_episodes": 8, "judged_episodes": 20}
    return Formula(**usual | {"adjust_generations": 4, "adjust_population": 6} | parameters)


def untaught_by(agent: Index) -> IndexPolicy:
    search, policy_at = agent.begin_search(SCENARIO, seed=0)
    return policy_at(search.incumbent.point)


def test_it_learns_saves_and_repeats_itself(tmp_path: Path) -> None:
    policies = [small().train(SCENARIO, seed=1, minutes=None, folder=tmp_path / str(k), resume=False) for k in range(2)]
    assert policies[0] == policies[1] == load_policy(tmp_path / "0")
    assert policies[0].num_terms <= 12
    assert mean_cost(policies[0], SCENARIO, range(20)) < 0.8 * mean_cost("fcfs", SCENARIO, range(20))
    card = json.loads((tmp_path / "0/policy.json").read_text())
    assert parse(card["score"]) == policies[0].score


def test_it_ends_where_it_started_when_nothing_is_better(tmp_path: Path) -> None:
    """Nobody can be better than first come, first served on M/M/1."""
    control = make_scenario("mm1", num_vms=60)
    policy = small().train(control, seed=0, minutes=None, folder=tmp_path, resume=False)
    assert (policy.score, policy.wait) == FIRST_COME


def test_a_network_builds_on_a_formula(tmp_path: Path) -> None:
    """Before it has learned anything it decides as the formula does."""
    small().train(SCENARIO, seed=1, minutes=None, folder=tmp_path / "formula", resume=False)
    formula = load_policy(tmp_path / "formula")
    agent = Index(base=str(tmp_path / "formula"), decisions=100_000, hidden=4, population=8, episodes=4, eval_episodes=8, judged_episodes=0)
    untaught = untaught_by(agent)
    assert mean_cost(untaught, SCENARIO, range(20)) == mean_cost(formula, SCENARIO, range(20))
    learned = agent.train(SCENARIO, seed=0, minutes=None, folder=tmp_path / "index", resume=False)
    assert learned == load_policy(tmp_path / "index")
    assert learned.base == untaught.base
    (tmp_path / "mlfq").mkdir()
    for wrong, message in (("thrash-tuned", "give a formula"), ("thrash-indx", "there is no policy")):
        with pytest.raises(SpecError, match=message):
            Index(base=wrong).begin_search(SCENARIO, seed=0)
    with pytest.raises(SpecError, match="time scale"):
        Index(base=str(tmp_path / "formula")).begin_search(make_scenario("mystery", num_vms=20), seed=0)


def test_a_base_that_never_waits_never_does(tmp_path: Path) -> None:
    """Some VMs are worth hundreds of spreads less than most: they are granted when nobody else fits, as by the formula."""
    formula = FormulaPolicy(score="attained - where(attained - 0.88, 1000.0 * attained, 0)", time_scale_us=SCENARIO.time_scale_us)
    save_scheduler(formula, tmp_path / "policy", {})
    untaught = untaught_by(Index(base=str(tmp_path), hidden=4))
    assert mean_cost(untaught, SCENARIO, range(10)) == mean_cost(formula, SCENARIO, range(10))


@pytest.mark.parametrize("name", list_scenarios("dispatch"))
def test_classics_are_those_that_a_scenario_has_features_for(name: str, scenario_of: Any) -> None:
    features, of_host = varying_features(scenario_of(name))
    rules = classics(features, [f"host.{name}" for name in of_host])
    assert rules[0] == FIRST_COME
    assert len(set(rules)) == len(rules)
    used = set().union(*(rule.policy(1).features() for rule in rules))
    assert used <= {*features, *(f"host.{name}" for name in of_host)}


@pytest.mark.parametrize("seed", range(20))
def test_changes_are_short_known_and_new(seed: int) -> None:
    shapes = Shapes(("cpu", "attained"), ("host.running",), 6, np.random.default_rng(seed))
    rule, others = Rule(parse("0.5 * cpu")), [Rule(parse("0 - attained"), parse("host.running - 0.5"))]
    for _ in range(40):
        changed = shapes.changed(rule, [rule, *others])
        assert changed.num_terms <= 6
        assert changed.policy(1_000).features() <= {"cpu", "attained", "host.running"}
        assert rule_of(*texts(changed)) == changed
        rule = changed


def test_parts_are_counted_as_they_are_written() -> None:
    expression = parse("cpu * 2 - log(attained)")
    written = [str(replaced(expression, place, number(7.0))) for place in range(6)]
    assert written == ["7.0 * 2.0 - log(attained)", "cpu * 7.0 - log(attained)", "7.0 - log(attained)"] + [
        "cpu * 2.0 - log(7.0)",
        "cpu * 2.0 - 7.0",
        "7.0",
    ]
    assert numbers_of(expression) == [2.0]
    assert str(with_numbers(expression, [3.0])) == "cpu * 3.0 - log(attained)"


def test_what_makes_no_difference_is_left_out() -> None:
    assert simplest(Rule(parse("(cpu + 1) + 2"))) == Rule(parse("cpu"))
    assert simplest(Rule(parse("(cpu + 1) + 2"), parse("0 + host.running"))) == Rule(parse("cpu + 3"), parse("host.running"))


def test_what_is_known_of_a_rule_is_the_mean_of_all() -> None:
    values = np.random.default_rng(0).normal(3.0, 2.0, 60)
    known = Known(FIRST_COME)
    for part in np.split(values, [5, 6, 30]):
        known.take(part)
    assert known.episodes == 60
    assert known.mean == pytest.approx(values.mean())
    assert known.error == pytest.approx(values.std(ddof=1) / np.sqrt(60))


@pytest.mark.parametrize(
    ("parameters", "message"),
    [
        ({"price": -1.0}, "agent.price"),
        ({"sigma": 0.0}, "agent.sigma"),
        ({"elite": 0}, "agent.elite"),
        ({"judged_episodes": 10_000}, "judged"),
    ],
)
def test_wrong_settings_are_refused(parameters: dict[str, Any], message: str) -> None:
    with pytest.raises(SpecError, match=message):
        Formula(**parameters)
