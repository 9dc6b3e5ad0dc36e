"""The tuning of heuristics: it finds better parameters, drops what is far behind, reaches every range, and refuses what cannot work."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from agents.dispatch.tuned import Coordinates, Tuned, tunable_schedulers
from agents.training.curve import mean_cost
from vmenv.episodes.ranges import Range
from vmenv.episodes.saved import load_policy
from vmenv.episodes.scenario import make_scenario
from vmenv.episodes.schedulers import make_scheduler
from vmenv.errors import SpecError

SCENARIO = make_scenario("thrash", num_vms=40)


def test_tuning_finds_better_parameters(tmp_path: Path) -> None:
    agent = Tuned(decisions=300_000, episodes=4, eval_episodes=8, schedulers=("mlfq", "eevdf"))
    best = agent.train(SCENARIO, seed=0, minutes=None, folder=tmp_path, resume=False)
    assert best == load_policy(tmp_path / "mlfq")
    for name in ("mlfq", "eevdf"):
        tuned, plain = load_policy(tmp_path / name), make_scheduler(name)
        assert type(tuned) is type(plain)
        assert mean_cost(tuned, SCENARIO, range(1000, 1008)) <= mean_cost(plain, SCENARIO, range(1000, 1008))
    assert agent.train(SCENARIO, seed=0, minutes=None, folder=tmp_path, resume=True) == best


def test_what_is_far_behind_is_dropped(tmp_path: Path) -> None:
    agent = Tuned(decisions=600_000, episodes=4, eval_episodes=8, schedulers=("mlfq", "eevdf"), first_share=0.3, drop_beyond=1.2)
    agent.train(SCENARIO, seed=0, minutes=None, folder=tmp_path, resume=False)
    decisions = {name: json.loads((tmp_path / f"{name}.json").read_text())["decisions"] for name in ("mlfq", "eevdf")}
    assert decisions["mlfq"] >= 600_000
    assert 180_000 <= decisions["eevdf"] < 600_000


def test_what_makes_no_difference_is_dropped(tmp_path: Path) -> None:
    """Without pre-emption a grant runs to its end, however short the slice of EEVDF is; when `drain` lets the host run empty matters."""
    agent = Tuned(decisions=200_000, episodes=4, eval_episodes=8, schedulers=("eevdf", "drain"), first_share=0.3)
    agent.train(make_scenario("gang", num_vms=40), seed=0, minutes=None, folder=tmp_path, resume=False)
    decisions = {name: json.loads((tmp_path / f"{name}.json").read_text())["decisions"] for name in ("eevdf", "drain")}
    assert decisions["drain"] >= 200_000
    assert 60_000 <= decisions["eevdf"] < 200_000


def test_only_the_best_few_go_on(tmp_path: Path) -> None:
    """MLFQ is best after the first share and goes on alone; with 0 all go on. A run that is begun again keeps to what it had found."""
    names = ("mlfq", "eevdf", "cfs")

    def decisions(most_kept: int, resume: bool = False) -> dict[str, int]:
        agent = Tuned(
            decisions=200_000, episodes=4, eval_episodes=8, schedulers=names, first_share=0.3, drop_beyond=100, most_kept=most_kept
        )
        agent.train(SCENARIO, seed=0, minutes=None, folder=tmp_path / str(most_kept), resume=resume)
        return {name: json.loads((tmp_path / str(most_kept) / f"{name}.json").read_text())["decisions"] for name in names}

    one, everyone = decisions(1), decisions(0)
    assert [name for name in names if one[name] >= 200_000] == ["mlfq"]
    assert all(number >= 60_000 for number in one.values())
    assert all(number >= 200_000 for number in everyone.values())
    for name in ("mlfq", "cfs"):  # as if stopped before these were done
        (tmp_path / f"1/{name}.json").unlink()
    assert decisions(1, resume=True) == one


def test_what_goes_on_is_decided_by_cost() -> None:
    first = {"a": (12.0, True), "b": (10.0, True), "c": (11.0, True), "d": (16.0, True), "e": (9.9, False)}
    assert Tuned(most_kept=2, drop_beyond=1.5).kept(first) == ["b", "c"]
    assert Tuned(most_kept=0, drop_beyond=1.5).kept(first) == ["b", "c", "a"]
    assert Tuned(drop_beyond=1.5).kept({"d": (16.0, True), "e": (9.9, False)}) == []
    with pytest.raises(SpecError, match="most_kept"):
        Tuned(most_kept=-1)


@pytest.mark.parametrize("name", tunable_schedulers())
def test_coordinates_reach_the_whole_range(name: str) -> None:
    scheduler = make_scheduler(name)
    coordinates = Coordinates(scheduler)
    for corner, end in ((0.0, "low"), (1.0, "high"), (2.0, "low"), (-1.0, "high")):
        there = coordinates.scheduler_at(np.full(len(scheduler.tunable), corner))
        for parameter, allowed in scheduler.tunable.items():
            assert getattr(there, parameter) == pytest.approx(getattr(allowed, end))
            assert type(getattr(there, parameter)) is type(getattr(scheduler, parameter))


def test_ranges() -> None:
    for allowed in (Range(2.0, 8.0), Range(2.0, 8.0, logarithmic=True)):
        assert allowed.at(0.0) == 2.0
        assert allowed.at(1.0) == 8.0
        assert allowed.at(allowed.place(5.0)) == pytest.approx(5.0)
        assert allowed.place(1.0) == 0.0
    assert Range(2.0, 8.0, logarithmic=True).at(0.5) == pytest.approx(4.0)
    assert Range(0.0, 1.0, whole=True).at(0.4) == 0.0


def test_names_that_are_none_are_refused(tmp_path: Path) -> None:
    with pytest.raises(SpecError, match="did you mean 'mlfq'"):
        Tuned(schedulers=("mlqf",)).train(SCENARIO, seed=0, minutes=None, folder=tmp_path, resume=False)


def test_a_default_outside_of_the_range_counts(tmp_path: Path) -> None:
    """TSP without aging is far better here than with the least that tuning tries: it stays as it is."""
    agent = Tuned(decisions=100_000, episodes=4, eval_episodes=8, schedulers=("tsp",))
    best = agent.train(SCENARIO, seed=0, minutes=None, folder=tmp_path, resume=False)
    assert best == load_policy(tmp_path / "tsp") == make_scheduler("tsp")
    card = json.loads((tmp_path / "tsp.json").read_text())
    assert card["validation"]["value"] == pytest.approx(mean_cost(make_scheduler("tsp"), SCENARIO, range(1000, 1008)))
