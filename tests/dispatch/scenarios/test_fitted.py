"""fitted, share_fitted, churn and edge: what they draw, compiled and not, and what they refuse."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

import vmenv
from tests.episodes.test_drawing import compiled, plain, same
from tests.workload.models import coming_and_going, known_workload, small_model, small_model_file, written
from vmenv.dispatch.scenarios.churn import LEAST, MOST, level_at, lifetime_s, mean_lifetime_s
from vmenv.errors import SpecError
from vmenv.workload import fit

SEEDS = [*range(20), 2**32 + 5]


@pytest.fixture(autouse=True)
def _compiled_from_the_first_episode_on(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("vmenv.episodes.drawing.PATIENCE_S", 0.0)


@pytest.mark.parametrize(
    ("name", "parameters"),
    [
        ("fitted", {"num_vms": 7}),
        ("fitted", {"num_vms": 1, "cpus": 1, "memory_mib": 200}),
        ("share_fitted", {"num_vms": 7, "window_s": 3_600}),
    ],
)
def test_compiled_as_plain_python(name: str, parameters: dict[str, Any]) -> None:
    scenario = vmenv.make_scenario(name, path=small_model_file(), **parameters)
    for seed, work in zip(SEEDS, compiled(scenario, SEEDS), strict=True):
        assert same(work, plain(scenario, seed)), seed


def test_compiled_as_plain_python_where_vms_come_and_go() -> None:
    scenario = vmenv.make_scenario("fitted", path=written(fit(coming_and_going())), num_vms=40)
    for seed, work in zip(SEEDS, compiled(scenario, SEEDS), strict=True):
        assert same(work, plain(scenario, seed)), seed
        assert np.ptp(work.arrival_us) > 0
        assert work.tenant.max() > 0


def test_episodes_are_windows_of_the_model(tmp_path: Path) -> None:
    small_model().save(tmp_path / "model.json")
    scenario = vmenv.make_scenario("fitted", path=str(tmp_path / "model.json"), num_vms=300, compression=300, window_s=1_500)
    work = scenario.episode(0)
    assert (work.num_phases == 5).all()
    assert (work.work_us == 1_000_000).all()
    assert set(work.weight) == {1, 2, 4}
    read = known_workload()
    assert work.cpu_millicores.mean() == pytest.approx(read.cpu_millicores.mean(), rel=0.2)  # a standard error of 5 %
    rows = vmenv.evaluate("fcfs", vmenv.make_scenario("fitted", path=str(tmp_path / "model.json"), cpus=1), seeds=range(2))
    assert all(row["mean_slowdown"] >= 1 for row in rows)


@pytest.mark.parametrize(
    ("name", "parameters", "message"),
    [
        ("fitted", {}, "fitted has no path"),
        ("share_fitted", {}, "share_fitted has no path"),
        ("fitted", {"path": "nowhere.json"}, "nowhere.json is no model of a workload"),
        ("fitted", {"path": small_model_file(), "faster": 0}, "faster is 0"),
        ("fitted", {"path": small_model_file(), "compression": 10**9}, "compression is 1000000000"),
        ("share_fitted", {"path": small_model_file(), "window_s": 10}, "window_s is 10"),
        ("churn", {"load": 0}, "load is 0"),
        ("churn", {"memory_mib": 4_096}, "memory_mib is 4096"),
        ("edge", {"load": -1}, "load is -1"),
        ("edge", {"keep_alive_us": 0}, "keep_alive_us is 0"),
    ],
)
def test_wrong_parameters(name: str, parameters: dict[str, Any], message: str) -> None:
    with pytest.raises(SpecError, match=message):
        vmenv.make_scenario(name, **parameters)


def test_lives_in_churn_have_the_mean_that_the_rate_is_computed_from() -> None:
    """Of 200,000 lives the mean has a standard error of about 1.2 %; five of these are allowed."""
    rng = np.random.default_rng(3)
    assert np.mean([lifetime_s(rng) for _ in range(200_000)]) == pytest.approx(mean_lifetime_s(), rel=0.06)


def test_the_day_in_churn() -> None:
    assert level_at(3.0) == pytest.approx(LEAST)
    assert level_at(14.0) == pytest.approx(MOST)
    assert level_at(2.999) == pytest.approx(LEAST, abs=1e-3)
    assert all(level_at(hour) < level_at(hour + 1) for hour in range(3, 14))
    assert np.mean([level_at(k / 60) for k in range(1_440)]) == pytest.approx(1.0, abs=0.05)


def test_churn_has_the_load() -> None:
    """Memory x lives / (what the host has x time), over 200 long episodes: in 60 such sets 0.485, standard deviation 0.005."""
    scenario = vmenv.make_scenario("churn", num_vms=2_000, load=0.5)
    wanted = had = 0.0
    for work in compiled(scenario, list(range(200))):
        wanted += float(work.memory_mib @ work.work_us)
        had += float(scenario.memory_mib * work.arrival_us.max())
    assert wanted / had == pytest.approx(0.5, rel=0.1)


def test_calls_at_the_edge_are_cold_after_a_pause() -> None:
    scenario = vmenv.make_scenario("edge", num_vms=500)
    work = scenario.episode(1)
    calls = work.tenant < 24
    for function in range(24):
        mine = np.flatnonzero(calls & (work.tenant == function))
        if len(mine):
            cold = work.num_phases[mine] == 2
            paused = np.diff(work.arrival_us[mine], prepend=-(10**9)) > scenario.keep_alive_us
            np.testing.assert_array_equal(cold, paused)
    assert (work.num_phases[~calls] == 2).all()
    assert 0 < (~calls).sum() < 40
