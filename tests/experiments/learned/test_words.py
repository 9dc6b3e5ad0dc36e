"""The page of learned policies says what the numbers say: verdicts, tables, rules in words, limits."""

from __future__ import annotations

import numpy as np
import pytest

from experiments.learned import elsewhere
from experiments.learned.plan import ELSEWHERE, PLANS, Claim
from experiments.learned.rules import nearness, quoted, rules
from experiments.learned.sections import heuristics
from experiments.learned.verdicts import shown, table, verdict
from experiments.learned.words import in_words, limit_lines
from experiments.learned.yardsticks import bounds, fair_schedulers, has_bound, searched, yardstick
from tests.experiments.learned.made_up import FORMULA_POLICY, REFERENCE, some
from vmenv.dispatch.simulation import simulate
from vmenv.episodes.scenario import list_scenarios, make_scenario
from vmenv.episodes.schedulers import make_scheduler
from vmenv.leaderboard.score import Interval


@pytest.mark.parametrize(
    ("claim", "learned", "ratio", "text", "words"),
    [
        (Claim(0.82), (0.79, 0.81), 0.8, "holds", "Every claim holds"),
        (
            Claim(0.805),
            (0.79, 0.81),
            0.8,
            "holds in the estimate, not the whole interval",
            "learning costs 20.0 % [19.0, 21.0] less than the best",
        ),
        (Claim(0.7, statistic="median"), (0.79, 0.81), 0.8, "does not hold", "in the median, learning costs 20.0 %"),
        (Claim(0.9), (1.1, 1.3), 1.2, "does not hold", "learning loses: it costs 20.0 % [10.0, 30.0] more than the best rival, tuned mlfq"),
        (Claim(0.9), (0.9, 1.1), 1.0, "does not hold", "cannot be told apart: +0.0 % [-10.0, +10.0]"),
        (Claim(1.7, "srpt"), (0.79, 0.81), 1.6, "holds", "Every claim holds"),
        (Claim(1.5, "srpt"), (0.79, 0.81), 1.6, "does not hold", "learning costs 60.0 % [58.0, 62.0] more than the optimum, srpt"),
        (Claim(1.0, is_optimal=True), (0.79, 0.81), 0.8, "better than the optimum: a mistake", "which cannot be"),
        (Claim(1.0, is_optimal=True), (1.0, 1.0), 1.0, "holds", "Every claim holds"),
    ],
)
def test_verdicts(claim: Claim, learned: tuple[float, float], ratio: float, text: str, words: str) -> None:
    found = verdict(some(claim, learned=learned), claim)
    assert found.text == text
    assert found.ratio.mean == pytest.approx(ratio)
    row = table([found])[1]
    assert row[0] == ("thrash, median" if claim.statistic == "median" else "thrash")
    assert row[-1] == text
    assert words in in_words([found])


def test_the_table_shows_costs_by_the_claims_statistic() -> None:
    row = table([verdict(some(Claim(0.9)), Claim(0.9)), verdict(some(), Claim(0.9, statistic="median"))])
    assert row[1][1:6] == [
        "tuned mlfq",
        f"{REFERENCE.mean():.3f}",
        f"{0.8 * REFERENCE.mean():.3f}",
        f"{0.84 * REFERENCE.mean():.3f}",
        "\N{EN DASH}",
    ]
    assert f"at least {0.2 * REFERENCE.mean():.3f}" in row[1][7]
    assert row[2][2] == f"{np.median(REFERENCE):.3f}"


def test_ratios_that_are_none_are_not_shown() -> None:
    assert shown(Interval(0.8, 0.75, 0.85)) == "0.800 [0.750, 0.850]"
    assert shown(Interval(float("inf"), float("nan"), float("nan"))) == "\N{EN DASH}"


def test_the_plan_names_what_there_is() -> None:
    for plan in PLANS:
        assert plan.scenario in list_scenarios()
        assert plan.optimum == "" or make_scheduler(plan.optimum)
        for name in plan.yardsticks:
            assert yardstick(name).describe()
        assert {claim.against for claim in plan.claims} <= {"best rival", *plan.yardsticks}
        for setting in ELSEWHERE.get(plan.scenario, ()):
            assert (
                make_scenario(plan.scenario, **elsewhere.typed(plan.scenario, setting)).describe()
                != make_scenario(plan.scenario).describe()
            )


def test_rules_are_told_in_words() -> None:
    text = rules([some()])
    assert "`mlfq` with threshold_us=1e+05" in text
    assert "Multilevel feedback queue." in text
    assert f"| {FORMULA_POLICY.num_terms} | 1.05" in text
    assert quoted(str(FORMULA_POLICY)) in text
    assert quoted("grants the VM with the largest a; waits if all are worth less than b") == (
        "grants the VM with the largest `a`; waits if all are worth less than `b`"
    )
    ratios = (Interval(1.01, 0.99, 1.02), Interval(1.01, 0.99, 1.05), Interval(1.05, 1.0, 1.1))
    assert [nearness(ratio) for ratio in ratios] == ["yes", "in the mean, not the whole interval", "no"]


def test_equals_are_one_row_and_those_far_behind_are_named() -> None:
    rows, far, _ = heuristics(some(fcfs=1.0, tsrr=1.2, drf=1.2, srpt=0.3, random=2.9, las=3.1))
    assert [row[0] for row in rows[1:]] == ["srpt", "fcfs", "tsrr = drf", "random"]
    assert rows[3][1] == "blind / demands"
    assert far == ["las"]  # more than three times the best that does not see sizes


def test_heuristics_that_lack_their_input_are_named(monkeypatch: pytest.MonkeyPatch) -> None:
    from vmenv.dispatch import scheduler

    monkeypatch.setattr(scheduler, "inputs_missing", lambda one, workload: ("weight",) * (type(one).__name__ == "Edf"), raising=False)
    assert heuristics(some(fcfs=1.0, edf=1.0))[2] == ["edf"]


def test_limits_enclose_the_clairvoyant_optimum() -> None:
    scenario = make_scenario("thrash", num_vms=40)
    bound, found = bounds(scenario, range(1, 3)), searched(scenario, range(1, 3))
    assert (bound <= found).all()
    run = simulate(scenario.build_host(), scenario.episode(1), "srpt", num_slots=scenario.num_slots, objective=scenario.objective)
    assert found[0] <= run.cost / 40
    text = limit_lines(some())
    assert f"cost {0.8 / 0.2:.3g} times" in text
    assert f"{0.4 * REFERENCE[:10].mean():.3f} on the first 10 episodes, 0.5 times" in text
    assert not has_bound(make_scenario("tenants", num_vms=10))


def test_yardsticks_have_names() -> None:
    assert yardstick("srpt").describe() == make_scheduler("srpt").describe()
    assert yardstick("gang_optimal").describe() != yardstick("srpt").describe()
    assert "srpt" not in fair_schedulers()
    assert "fcfs" in fair_schedulers()
