"""The page of learned policies: verdicts say what the numbers say, and the questions to a policy are answered as its weights have it."""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest
from matplotlib.figure import Figure

from experiments.learned import command, elsewhere, matrix, results, rivals
from experiments.learned.command import chosen, main
from experiments.learned.curves import LEAST_GAP, Panel, begun_at, draw_panel, read_curve, spread
from experiments.learned.dots import MOST_ROWS, draw_dots, row_of
from experiments.learned.files import ship
from experiments.learned.plan import ELSEWHERE, PLANS, TRAINING_SEEDS, WIDE, Claim, Plan
from experiments.learned.playing import Player
from experiments.learned.results import Results
from experiments.learned.rivals import Rival, find_rival, tuned_name, untuned
from experiments.learned.rules import nearness, quoted, rules
from experiments.learned.runs import FORMULA, INDEX, finalists, is_tuned, missing, tuned_picks
from experiments.learned.sections import heuristics
from experiments.learned.shape import SERVICES_US, ask, by_service, draw_shapes, rule
from experiments.learned.training import common
from experiments.learned.verdicts import shown, table, verdict
from experiments.learned.words import in_words, limit_lines
from experiments.learned.yardsticks import LOWER_BOUND, SEARCHED, bounds, fair_schedulers, has_bound, searched, yardstick
from vmenv.dispatch.formula.policy import FormulaPolicy
from vmenv.dispatch.index.policy import IndexPolicy, untrained
from vmenv.dispatch.saved import save_scheduler
from vmenv.dispatch.scheduler import Scheduler
from vmenv.dispatch.simulation import simulate
from vmenv.episodes.evaluation import evaluate
from vmenv.episodes.saved import load_policy, note_in_card
from vmenv.episodes.scenario import list_scenarios, make_scenario
from vmenv.episodes.schedulers import make_scheduler
from vmenv.errors import SpecError
from vmenv.leaderboard.score import Interval

REFERENCE = np.random.default_rng(0).exponential(100.0, 50)
FORMULA_POLICY = FormulaPolicy(score="weight * promise - page_in", wait="host.running - 2.0")


def some(*claimed: Claim, learned: Sequence[float] = (0.79, 0.81), optimum: str = "", **heuristic: float) -> Results:
    """Results in which everybody costs a multiple of the same."""
    rival = untuned(optimum or "fcfs")
    return Results(
        plan=Plan("thrash", claimed, 1_000, optimum=optimum),
        scenario=make_scenario("thrash"),
        seeds=range(REFERENCE.size),
        rival=rival if optimum else Rival("tuned mlfq", (make_scheduler("mlfq"),) * 2, make_scheduler("mlfq", threshold_us=1e5)),
        formula=FORMULA_POLICY,
        costs={
            "rival": np.array([[1.0], [1.0]]) * REFERENCE,
            INDEX: np.array(learned)[:, None] * REFERENCE,
            FORMULA: np.array([0.83, 0.85])[:, None] * REFERENCE,
        },
        heuristics={name: factor * REFERENCE for name, factor in heuristic.items()},
        tuned={},
        limits={"srpt": 0.5 * REFERENCE, LOWER_BOUND: 0.2 * REFERENCE, SEARCHED: 0.4 * REFERENCE[:10]},
    )


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


def test_costs_are_kept(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    scenario = make_scenario("thrash", num_vms=10)
    plain = Player().costs("fcfs", scenario, range(3))
    assert plain.tolist() == [row["mean_slowdown"] for row in evaluate("fcfs", scenario, range(3))]
    first = Player(tmp_path).costs("fcfs", scenario, range(3))
    monkeypatch.setattr("experiments.learned.playing.evaluate", None)  # nothing is played again
    assert Player(tmp_path).costs(make_scheduler("fcfs"), scenario, range(3)).tolist() == first.tolist() == plain.tolist()
    for policy, other, seeds in (
        ("las", scenario, range(3)),
        ("fcfs", make_scenario("thrash", num_vms=11), range(3)),
        ("fcfs", scenario, range(2)),
    ):
        with pytest.raises(TypeError):
            Player(tmp_path).costs(policy, other, seeds)


def save(policy: Scheduler, folder: Path, stem: str, validation: float, decisions: int = 1000) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    about = {
        "validation": {"value": validation, "episodes": 4},
        "evaluation": {"value": 1.0},
        "agent": {"decisions": decisions},
        "decisions": 9,
    }
    save_scheduler(policy, folder / stem, about)
    (folder / "curve.csv").write_text("decisions,seconds,validation\n10,0.1,3.5\n20,0.2,3.0\n")


def save_runs(runs: Path, scenario: str = "thrash") -> None:
    """Runs of all training seeds: formulas, networks that build on them, and two tuned heuristics, the second best with seed 2."""
    tau = make_scenario(scenario).time_scale_us
    for seed in TRAINING_SEEDS:
        formula = FormulaPolicy(score=f"-attained - {seed}.0 * page_in", time_scale_us=tau)
        save(formula, runs / f"{scenario}-formula-seed{seed}", "policy", 3.0 - (seed == 1))
        save(untrained(("cpu",), (), 4, tau, formula), runs / f"{scenario}-index-seed{seed}", "policy", 3.0 - (seed == 1))
        save(make_scheduler("mlfq", threshold_us=1e5 + seed), runs / f"{scenario}-tuned-seed{seed}", "mlfq", 4.0 + 0.1 * seed)
        save(make_scheduler("credit", slice_us=1e5 + seed), runs / f"{scenario}-tuned-seed{seed}", "credit", 5.0 - 2 * (seed == 2))


@pytest.fixture
def few(monkeypatch: pytest.MonkeyPatch) -> None:
    """Few heuristics, so that little is compiled."""
    monkeypatch.setattr(results, "list_schedulers", lambda: ["fcfs", "mlfq", "credit"])
    monkeypatch.setattr(rivals, "fair_schedulers", lambda: ["credit"])
    monkeypatch.setattr("experiments.learned.runs.tunable_schedulers", lambda: ("mlfq", "credit"))
    monkeypatch.setattr(elsewhere, "ELSEWHERE", {"thrash": ({"load": 0.5},)})


SMALL = Plan("thrash", (Claim(0.85), Claim(0.9, "srpt")), 1_000, yardsticks=("srpt",), validation=2, episodes=3, searches=True)


@pytest.mark.usefixtures("few")
def test_runs_make_a_page(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    runs = tmp_path / "runs"
    assert len(missing(SMALL, runs)) == 9
    save_runs(runs)
    assert missing(SMALL, runs) == []
    save(make_scheduler("mlfq", threshold_us=3e5), elsewhere.folder_of("thrash", {"load": 0.5}, "mlfq", runs), "mlfq", 3.0)
    monkeypatch.setattr(command, "PLANS", (SMALL,))
    note_in_card(runs / "thrash-index-seed0/policy", {"agent": {"decisions": 2e6, "hidden": 4, "features": ["cpu"], "host_features": []}})
    main(["--runs", str(runs), "--results", str(tmp_path / "page"), "--no-train", "--only", "thrash"])
    text = (tmp_path / "page/learned.md").read_text()
    assert text.index("does not") < text.index("## Rules in words")
    assert quoted(str(load_policy(runs / "thrash-formula-seed1"))) in text
    assert str(load_policy(runs / "thrash-formula-seed2")) not in text
    assert "| thrash | load=0.5 |" in text
    assert "| 0 | " in text.split("## thrash")[1]
    assert "`agent=index` (`agent.hidden=4 agent.features=[cpu]`)" in text
    assert "| 0.001 + 2 M |" in text
    rows = (tmp_path / "page/learned.csv").read_text().splitlines()
    costs = Player().costs(load_policy(runs / "thrash-index-seed2"), make_scenario("thrash"), range(3))
    assert [row for row in rows if row.startswith("thrash,index seed 2,")] == ["thrash,index seed 2," + ",".join(f"{c:.6g}" for c in costs)]
    assert (tmp_path / "page/learned.png").stat().st_size > 5000
    assert (tmp_path / "page/learned_curves.png").stat().st_size > 5000


@pytest.mark.usefixtures("few")
def test_other_agents_have_columns_where_they_have_runs(tmp_path: Path) -> None:
    save_runs(tmp_path)
    plan = dataclasses.replace(SMALL, searches=False)
    formula = FormulaPolicy(score="-attained", time_scale_us=1_000_000)
    assert row_of(results.collect(plan, tmp_path, Player())).ratios.keys() == {"index", "formula"}
    save(untrained(("cpu",), (), 4, 1_000_000, formula), tmp_path / "generalist-index-seed0", "policy", 3.0)
    found = results.collect(plan, tmp_path, Player())
    assert found.costs["generalist"].shape == (1, 3)
    cells = dict(zip(*table([verdict(found, Claim(0.9))]), strict=True))
    assert cells["generalist"] == f"{found.costs['generalist'].mean():.3f}"
    assert cells["PPO"] == "\N{EN DASH}"


@pytest.mark.usefixtures("few")
def test_the_rival_is_chosen_by_validation(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The other seeds tune what was best with the first; of each the best counts; a default takes their place only if it is better."""
    save_runs(tmp_path)
    assert finalists("thrash", tmp_path) == ("mlfq",)
    assert [stem.name for stem in tuned_picks("thrash", tmp_path)] == ["mlfq", "mlfq", "credit"]
    rival = find_rival(SMALL, tmp_path, Player())
    assert rival.name == "tuned mlfq (2 of 3), credit (1 of 3)"
    assert [policy.describe()["kind"] for policy in rival.policies] == ["mlfq", "mlfq", "credit"]
    assert rival.best == load_policy(tmp_path / "thrash-tuned-seed2/credit")
    monkeypatch.setattr(rivals, "fair_schedulers", lambda: ["credit", "srpt"])  # as if it knew no more than others
    assert find_rival(SMALL, tmp_path, Player()).name == "srpt"
    assert find_rival(dataclasses.replace(SMALL, optimum="srpt"), tmp_path, Player()).name == "srpt"
    assert tuned_name(["a", "a"]) == "tuned a"
    (tmp_path / "thrash-tuned-seed1/credit.json").unlink()
    assert not is_tuned(tmp_path / "thrash-tuned-seed1")
    assert missing(SMALL, tmp_path) == ["thrash-tuned-seed1"]


@pytest.mark.usefixtures("few")
def test_the_best_are_shipped_by_validation(tmp_path: Path) -> None:
    save_runs(tmp_path / "runs")
    note_in_card(tmp_path / "runs/thrash-index-seed1/policy", {"command": f"train agent.base={tmp_path}/runs/thrash-formula-seed1"})
    ship([SMALL, dataclasses.replace(SMALL, optimum="srpt")], tmp_path / "runs", tmp_path / "shipped")
    assert sorted(file.stem for file in (tmp_path / "shipped").glob("*.json")) == ["thrash-formula", "thrash-index", "thrash-tuned"]
    assert json.loads((tmp_path / "shipped/thrash-index.json").read_text())["command"] == "train agent.base=runs/thrash-formula-seed1"
    assert load_policy(tmp_path / "shipped/thrash-formula") == load_policy(tmp_path / "runs/thrash-formula-seed1")
    assert load_policy(tmp_path / "shipped/thrash-index") == load_policy(tmp_path / "runs/thrash-index-seed1")
    assert load_policy(tmp_path / "shipped/thrash-tuned") == load_policy(tmp_path / "runs/thrash-tuned-seed2/credit")


def test_the_command_line_refuses_what_cannot_be(tmp_path: Path) -> None:
    with pytest.raises(SpecError, match="did you mean 'thrash'"):
        chosen("thrsh")
    assert [plan.scenario for plan in chosen("gang,thrash")] == ["thrash", "gang"]
    with pytest.raises(SystemExit, match="leave --no-train away"):
        main(["--runs", str(tmp_path), "--results", str(tmp_path), "--no-train"])
    with pytest.raises(SystemExit, match="did you mean 'gang'"):
        main(["--only", "gnag"])
    assert not (tmp_path / "learned.md").exists()


def test_runs_that_were_stopped_go_on(tmp_path: Path) -> None:
    assert "resume=true" not in common(SMALL, 0, tmp_path)
    (tmp_path / "config.yaml").touch()
    assert common(SMALL, 0, tmp_path)[-1] == "resume=true"


def test_curves_are_read(tmp_path: Path) -> None:
    (tmp_path / "curve.csv").write_text("decisions,seconds,validation\n10,0.1,3.5\n20,0.2,3.0\n")
    decisions, costs = read_curve(tmp_path, after=100.0, scale=2.0)
    assert decisions.tolist() == [110, 120]
    assert costs.tolist() == [7.0, 6.0]
    assert [row.tolist() for row in begun_at((100.0, 8.0), (decisions, costs))] == [[100, 110, 120], [8.0, 7.0, 6.0]]


def test_rounding_does_not_look_like_learning() -> None:
    axes = Figure().add_subplot()
    curve = np.array([1e6, 2e6]), np.array([0.2374, 0.2374 - 1e-11])
    draw_panel(axes, Panel("mm1", "mean response, s", [curve], [curve], {"fcfs": (0.2374, "#3b6ea5")}))
    low, high = axes.get_ylim()
    assert low < 0.2374 < high
    assert high - low > 0.001


def test_labels_do_not_overlap() -> None:
    heights = spread([0.5, 0.1, 0.52, 0.51], LEAST_GAP)
    assert np.diff(sorted(heights)).min() >= LEAST_GAP - 1e-12
    assert np.argsort(heights).tolist() == [1, 0, 3, 2]
    assert spread([0.1, 0.9], LEAST_GAP) == [0.1, 0.9]


def test_a_picture_has_few_rows(tmp_path: Path) -> None:
    row = row_of(some(learned=(4.0, 6.0)))
    assert row.limit == pytest.approx(0.2)
    draw_dots([row] * MOST_ROWS, tmp_path / "dots.png")
    assert (tmp_path / "dots.png").stat().st_size > 5_000
    with pytest.raises(ValueError, match="at most 20"):
        draw_dots([row] * (MOST_ROWS + 1), tmp_path / "dots.png")


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


def test_the_matrix_sets_equals_at_one(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What was never trained plays as first come, first served does: beside that, as the tuned heuristic, it costs 1.00."""
    monkeypatch.setattr(matrix, "LOADS", (0.5, 0.6))
    monkeypatch.setattr(matrix, "SLOTS", (16,))
    save_scheduler(untrained(("cpu",), ("runnable",), 4, make_scenario("thrash").time_scale_us), tmp_path / WIDE / "policy", {})
    text = matrix.matrix(tmp_path, make_scheduler("fcfs"), Player())
    rows = [line.split("|")[1:3] for line in text.splitlines() if line.startswith(("| 0.5", "| 0.6"))]
    assert [(load.strip(), cell.strip()) for load, cell in rows[2:]] == [("0.5", "1.00*"), ("0.6", "1.00")]
    for _, cell in rows[:2]:
        assert float(cell.split()[0].rstrip("*")) > 1.0  # clairvoyant SRPT is better
