"""A training that is stopped anywhere and goes on: every agent ends where it would have ended, and keeps nothing of work that was lost."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from tensorboard.backend.event_processing.event_file_loader import EventFileLoader
from tensorboard.util.tensor_util import make_ndarray

from agents.training.agent import AGENTS
from agents.training.checkpoint import LAST, load_checkpoint
from agents.training.curve import CURVE, Curve
from vmenv.episodes.saved import is_card, read_card
from vmenv.episodes.scenario import make_scenario
from vmenv.errors import SpecError

# SB3 adds plain Python numbers to tensors in ways that torch announces to change.
pytestmark = pytest.mark.filterwarnings("ignore::DeprecationWarning")
DISPATCH = make_scenario("thrash", num_vms=10, num_slots=6)
SHARE = make_scenario("share_spells", num_vms=6, num_samples=6)
NETWORK = {"eval_episodes": 2, "torch_threads": 1, "num_envs": 16, "width": 8}
SEARCH = {"eval_episodes": 4, "population": 6, "episodes": 2, "eval_every": 2, "patience": 1, "most_episodes": 2, "judged_episodes": 8}
EVOLUTION = {"eval_episodes": 4, "population": 12, "elite": 4, "episodes": 4, "eval_every": 2, "judged_episodes": 8}
EVOLUTION |= {"adjust_every": 2, "adjust_generations": 2, "adjust_population": 4}
# Small trainings with several evaluations. The searches stall, look closely and begin anew within them.
TRAININGS: dict[str, tuple[Any, dict[str, Any]]] = {
    "ppo": (DISPATCH, NETWORK | {"decisions": 8_192, "num_steps": 64, "batch_size": 1_024, "eval_every": 2_048}),
    "a2c": (DISPATCH, NETWORK | {"decisions": 2_000, "eval_every": 500}),
    "dqn": (DISPATCH, NETWORK | {"decisions": 2_000, "eval_every": 500, "warm_up": 200, "replay_decisions": 900, "batch_size": 32}),
    "index": (DISPATCH, SEARCH | {"decisions": 150_000, "hidden": 0}),
    "formula": (DISPATCH, EVOLUTION | {"decisions": 150_000}),
    "tuned": (DISPATCH, SEARCH | {"decisions": 20_000, "schedulers": ("mlfq", "eevdf"), "first_share": 0.3}),
    "share_ppo": (SHARE, NETWORK | {"decisions": 2_048, "num_steps": 8, "batch_size": 128, "eval_every": 512, "group": 8}),
    "sac": (SHARE, NETWORK | {"decisions": 400, "eval_every": 100, "replay": 128, "batch_size": 32}),
    "share_tuned": (SHARE, SEARCH | {"decisions": 1_000}),
    "share_index": (SHARE, SEARCH | {"decisions": 4_000, "hidden": 0}),
}


class Killed(BaseException):
    """Stands for a kill: nothing catches it."""


def train(name: str, folder: Path, *, resume: bool = False, seed: int = 3, **parameters: Any) -> None:
    scenario, usual = TRAININGS[name]
    AGENTS[name](**{**usual, **parameters}).train(scenario, seed=seed, minutes=None, folder=folder, resume=resume)


def train_until_killed(name: str, folder: Path, evaluation: int) -> None:
    """Trains, and dies when the curve has got its point number `evaluation`, before anything else is written."""
    add, count = Curve.add, iter(range(evaluation - 1, -1, -1))

    def dying(self: Curve, *arguments: Any) -> None:
        add(self, *arguments)
        if next(count, 0) == 0:
            raise Killed

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Curve, "add", dying)
        with pytest.raises(Killed):
            train(name, folder, resume=True)


def results(folder: Path) -> dict[str, str]:
    """Returns the digest of every array file, and of every curve without the seconds."""
    found = {}
    for card in sorted(folder.rglob("*.json")):
        told = read_card(card.with_suffix(""))
        found[str(card.relative_to(folder))] = (
            told["weights"]["sha256"] if "weights" in told else json.dumps(told.get("parameters", told.get("score")))
        )
    for curve in sorted(folder.rglob(CURVE)):
        points = [line.split(",") for line in curve.read_text().splitlines()]
        found[str(curve.relative_to(folder))] = "\n".join(f"{decisions} {figure}" for decisions, _, figure in points)
    return found


def test_every_agent_is_tried() -> None:
    assert set(TRAININGS) == {name for name in AGENTS.names() if AGENTS[name].__module__.startswith("agents.")}


@pytest.mark.parametrize("name", sorted(TRAININGS))
def test_a_killed_training_ends_where_it_would_have_ended(name: str, tmp_path: Path) -> None:
    """Killed at its first evaluation, and later at others: all files are the same in the end, bit by bit."""
    train(name, tmp_path / "whole")
    for evaluation in (1, 2, 3, 1):
        train_until_killed(name, tmp_path / "killed", evaluation)
    train(name, tmp_path / "killed", resume=True)
    assert results(tmp_path / "killed") == results(tmp_path / "whole")
    assert len(next(iter(tmp_path.rglob(CURVE))).read_text().splitlines()) > 4, "several evaluations"
    assert not list(tmp_path.rglob("*.part"))


@pytest.mark.parametrize("name", ["index", "ppo"])
def test_tensorboard_keeps_no_lost_points(name: str, tmp_path: Path) -> None:
    train_until_killed(name, tmp_path, 3)
    train(name, tmp_path, resume=True)
    files = (tmp_path / "tensorboard").glob("events*")
    events = [event for file in files for event in EventFileLoader(str(file)).Load()]
    values = [(event.step, value) for event in events for value in event.summary.value if value.tag == "eval/learned"]
    points = sorted((step, float(make_ndarray(value.tensor))) for step, value in values)
    curve = [line.split(",") for line in (tmp_path / CURVE).read_text().splitlines()[1:]]
    assert points == [(int(decisions), pytest.approx(float(figure), rel=1e-6)) for decisions, _, figure in curve]


def test_another_training_is_not_resumed(tmp_path: Path) -> None:
    train("index", tmp_path)
    before = {file: file.read_bytes() for file in tmp_path.glob("*.*")}
    for other, message in (
        ({"seed": 4}, "seed=3 there and 4 here"),
        ({"sigma": 0.5}, "agent.sigma=0.3 there and 0.5 here"),
        ({"features": ("age",)}, r"agent.features=\[\] there and \['age'\] here"),
    ):
        with pytest.raises(SpecError, match=f"holds another run, with {message}: give what it was begun with, or another folder"):
            train("index", tmp_path, resume=True, **other)
    with pytest.raises(SpecError, match="agent='index' there and 'tuned' here"):
        train("tuned", tmp_path, resume=True)
    assert {file: file.read_bytes() for file in tmp_path.glob("*.*")} == before


def test_a_run_may_get_more_decisions(tmp_path: Path) -> None:
    train("index", tmp_path)
    before = load_checkpoint(tmp_path / LAST)[1]
    train("index", tmp_path, resume=True, decisions=250_000)
    after = load_checkpoint(tmp_path / LAST)[1]
    assert before["decisions"] < 250_000 <= after["decisions"]
    assert after["seconds"] > before["seconds"], "all runs together"


@pytest.mark.parametrize("name", ["ppo", "dqn", "sac", "index"])
def test_there_is_a_checkpoint_before_anything_is_learned(name: str, tmp_path: Path) -> None:
    """And a policy, where what is learned starts as a heuristic."""
    starts_as_a_heuristic = name in ("sac", "index")
    train_until_killed(name, tmp_path, 2 if name == "sac" else 1)
    assert load_checkpoint(tmp_path / LAST)[1]["decisions"] < TRAININGS[name][1]["decisions"] / 10
    assert is_card(tmp_path / "policy") == starts_as_a_heuristic


def test_files_of_others_stay(tmp_path: Path) -> None:
    """A new run in a folder that holds TensorBoard files of another program."""
    theirs = tmp_path / "tensorboard/events.out.tfevents.1.theirs"
    theirs.parent.mkdir()
    theirs.write_bytes(b"not ours")
    train("index", tmp_path)
    assert theirs.read_bytes() == b"not ours"
