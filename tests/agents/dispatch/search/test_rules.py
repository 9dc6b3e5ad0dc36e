"""Heuristics in the words of formulas decide as the heuristics themselves."""

from __future__ import annotations

import pytest

from agents.dispatch.search.rules import IN_WORDS, as_formula
from vmenv.dispatch.scheduler import Scheduler
from vmenv.dispatch.schedulers.drain import Drain
from vmenv.dispatch.schedulers.fading import Fading
from vmenv.dispatch.schedulers.mlfq import Mlfq
from vmenv.dispatch.simulation import simulate
from vmenv.episodes.scenario import make_scenario
from vmenv.errors import SpecError

FADING = Fading(young_us=600.0, fade=0.7, demand_power=1.8, task_level=-12.0, task_slope=10.7, compress_level=-1.7, compress_slope=31.7)
PAIRS = [
    ("overcommit", FADING),
    ("overcommit", Fading(young_us=16_000.0, fade=-0.5, demand_power=3.0, task_level=-9.6, task_slope=4.5)),
    ("gang", Drain(running=1, waiting=7, most_small=17)),
    ("gang", Drain(running=2, waiting=3, most_small=4)),
    ("gang", Drain(running=0, waiting=0, most_small=0)),
]


@pytest.mark.parametrize(("name", "rule"), PAIRS, ids=str)
def test_same_completions(name: str, rule: Scheduler) -> None:
    scenario = make_scenario(name)
    formula = as_formula(rule, scenario.time_scale_us)
    for seed in range(3):
        work = scenario.episode(seed)
        done = [
            simulate(scenario.build_host(), work, policy, num_slots=scenario.num_slots, horizon_us=scenario.horizon_us).completion_us
            for policy in (rule, formula)
        ]
        assert (done[0] == done[1]).all()


def test_all_are_tried() -> None:
    assert {type(rule) for _, rule in PAIRS} == set(IN_WORDS)


def test_others_are_refused_by_name() -> None:
    with pytest.raises(SpecError, match="a Mlfq, which has no formula: give a formula, or one of Drain, Fading"):
        as_formula(Mlfq(), 1_000_000)
