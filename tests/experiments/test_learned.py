"""The page of learned policies: verdicts say what the numbers say, and the questions to a policy are answered as its weights have it."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from experiments.learned import matrix
from experiments.learned.curves import draw_curves, read_curve
from experiments.learned.page import claims, limit_lines
from experiments.learned.plan import PLANS, Claim, Plan
from experiments.learned.results import Results
from experiments.learned.shape import SERVICES_US, ask, by_service, draw_shapes, rule
from experiments.learned.yardsticks import LOWER_BOUND, SEARCHED, limits, rivals, yardstick
from vmenv.dispatch.index.policy import IndexPolicy, untrained
from vmenv.dispatch.saved import save_scheduler
from vmenv.dispatch.simulation import simulate
from vmenv.episodes.scenario import list_scenarios, make_scenario
from vmenv.episodes.schedulers import make_scheduler

REFERENCE = np.random.default_rng(0).exponential(100.0, 50)


def results(*claimed: Claim) -> Results:
    return Results(
        plan=Plan("thrash", claimed),
        scenario=make_scenario("thrash"),
        seeds=range(REFERENCE.size),
        learned=np.array([0.79, 0.81])[:, None] * REFERENCE,
        heuristics={"fcfs": REFERENCE, "las": 0.9 * REFERENCE, "srpt": 0.5 * REFERENCE},
        tuned={"mlfq": 0.85 * REFERENCE, "eevdf": 0.7 * REFERENCE},
        limits={LOWER_BOUND: 0.2 * REFERENCE, SEARCHED: 0.4 * REFERENCE},
    )


@pytest.mark.parametrize(
    ("claim", "rival", "ratio", "text"),
    [
        (Claim("best tuned", 0.96), "tuned mlfq", 0.8 / 0.85, "holds"),  # the first, as the validation episodes had it
        (Claim("tuned eevdf", 1.0), "tuned eevdf", 0.8 / 0.7, "does not hold"),
        (Claim("best untuned", 0.89), "las", 0.8 / 0.9, "holds in the mean, not the whole interval"),  # srpt sees sizes
        (Claim("srpt", 1.7), "srpt", 1.6, "holds"),
        (Claim("fcfs", 1.01, is_optimal=True), "fcfs", 0.8, "better than the optimum: a mistake"),
    ],
)
def test_verdicts(claim: Claim, rival: str, ratio: float, text: str) -> None:
    verdict = results(claim).verdict(claim)
    assert (verdict.rival, verdict.text) == (rival, text)
    assert verdict.ratio.mean == pytest.approx(ratio)
    row = claims([results(claim)])[1]
    assert row[0] == "thrash"
    assert row[-1] == text


def test_the_plan_names_what_there_is() -> None:
    for plan in PLANS:
        assert plan.scenario in list_scenarios()
        for claim in plan.claims:
            assert claim.rival in ("best tuned", "best untuned") or claim.rival.removeprefix("tuned ") in rivals(plan.scenario)


def test_questions_are_answered_by_the_weights(tmp_path: Path) -> None:
    """A linear score of -1 x squash(service) + 2 x memory to be paged in moves by just that."""
    scenario = make_scenario("thrash", num_vms=20)
    untaught = untrained(("page_in", "attained"), (), 0, scenario.time_scale_us)
    policy = untaught.with_weights(np.array([2.0, -1.0, -9.0]))
    scores = ask(policy, scenario, by_service).reshape(-1, 2, len(SERVICES_US))
    assert len(scores) > 0
    squashed = np.floor(SERVICES_US) / (np.floor(SERVICES_US) + scenario.time_scale_us)
    np.testing.assert_allclose(scores[:, 0], np.broadcast_to(-squashed, scores[:, 0].shape), rtol=1e-12)
    memory = scores[:, 1] - scores[:, 0]
    assert (memory > 0).all()
    np.testing.assert_allclose(memory, np.broadcast_to(memory[:, :1], memory.shape))
    assert isinstance(policy, IndexPolicy)
    draw_shapes(policy, make_scheduler("mlfq"), tmp_path / "shape.png")
    assert (tmp_path / "shape.png").stat().st_size > 10_000


def test_rules_of_people() -> None:
    gittins, level = rule(make_scheduler("gittins"), True), rule(make_scheduler("mlfq", threshold_us=1e5, ratio=10.0), True)
    assert gittins[0] > 2 * gittins[-1]
    assert level[0] == 0
    assert level[-1] == -3  # 20 s lie behind the thresholds 0.1, 1 and 10 s


def test_curves_are_read_and_drawn(tmp_path: Path) -> None:
    (tmp_path / "curve.csv").write_text("decisions,seconds,validation\n10,0.1,3.5\n20,0.2,3.0\n")
    decisions, costs = read_curve(tmp_path)
    assert decisions.tolist() == [10, 20]
    assert costs.tolist() == [3.5, 3.0]
    draw_curves([("thrash", "slowdown", [(decisions, costs)], {"best tuned": (3.8, "#3b6ea5")})], tmp_path / "curves.png")
    assert (tmp_path / "curves.png").stat().st_size > 5_000


def test_limits_enclose_the_clairvoyant_optimum() -> None:
    scenario = make_scenario("thrash", num_vms=40)
    found = limits(scenario, [1, 2])
    assert (found[LOWER_BOUND] <= found[SEARCHED]).all()
    run = simulate(scenario.build_host(), scenario.episode(1), "srpt", num_slots=scenario.num_slots, objective=scenario.objective)
    assert found[SEARCHED][0] <= run.cost / 40
    mean = 0.8 * REFERENCE.mean()
    text = limit_lines(results())
    assert f"cost {0.8 / 0.2:.3g} times" in text
    assert f"{0.4 * REFERENCE.mean():.3f}, {0.4 * REFERENCE.mean() / mean:.3g} times" in text
    assert LOWER_BOUND not in limits(make_scenario("tenants", num_vms=10), [1])


def test_yardsticks_have_names() -> None:
    assert yardstick("srpt").describe() == make_scheduler("srpt").describe()
    assert "gang_optimal" in rivals("gang")
    assert "gang_optimal" not in rivals("thrash")


def test_the_matrix_sets_equals_at_one(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What was never trained plays as first come, first served does: beside that, as the tuned heuristic, it costs 1.00."""
    monkeypatch.setattr(matrix, "LOADS", (0.5, 0.6))
    monkeypatch.setattr(matrix, "SLOTS", (16,))
    save_scheduler(untrained(("cpu",), ("runnable",), 4, make_scenario("thrash").time_scale_us), tmp_path / matrix.WIDE / "policy", {})
    text = matrix.matrix(tmp_path, make_scheduler("fcfs"))
    rows = [line.split("|")[1:3] for line in text.splitlines() if line.startswith(("| 0.5", "| 0.6"))]
    assert [(load.strip(), cell.strip()) for load, cell in rows[2:]] == [("0.5", "1.00*"), ("0.6", "1.00")]
    for _, cell in rows[:2]:
        assert float(cell.split()[0].rstrip("*")) > 1.0  # clairvoyant SRPT is better
