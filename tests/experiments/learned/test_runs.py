"""From training runs to the page of learned policies: rivals, costs, what is shipped, and the command line."""

from __future__ import annotations

import dataclasses
import json
from pathlib import Path

import pytest

from experiments.learned import command, elsewhere, matrix, results, rivals
from experiments.learned.command import chosen, main
from experiments.learned.dots import row_of
from experiments.learned.files import ship
from experiments.learned.plan import TRAINING_SEEDS, WIDE, Claim, Plan
from experiments.learned.playing import Player
from experiments.learned.rivals import find_rival, tuned_name
from experiments.learned.rules import quoted
from experiments.learned.runs import finalists, is_tuned, missing, tuned_picks
from experiments.learned.training import common
from experiments.learned.verdicts import table, verdict
from tests.experiments.learned.made_up import save, save_runs
from vmenv.dispatch.formula.policy import FormulaPolicy
from vmenv.dispatch.index.policy import untrained
from vmenv.dispatch.saved import save_scheduler
from vmenv.episodes.evaluation import evaluate
from vmenv.episodes.saved import load_policy, note_in_card
from vmenv.episodes.scenario import make_scenario
from vmenv.episodes.schedulers import make_scheduler
from vmenv.errors import SpecError


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
    assert len(missing(SMALL, runs)) == 3 * len(TRAINING_SEEDS)
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
    assert "`agent=index` (`agent.features=[cpu] agent.hidden=4`)" in text
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
    assert [stem.name for stem in tuned_picks("thrash", tmp_path)] == ["mlfq", "mlfq", "credit", "mlfq", "mlfq"]
    rival = find_rival(SMALL, tmp_path, Player())
    assert rival.name == "tuned mlfq (4 of 5), credit (1 of 5)"
    assert [policy.describe()["kind"] for policy in rival.policies] == ["mlfq", "mlfq", "credit", "mlfq", "mlfq"]
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
