"""A kind of decision that is made up here takes part everywhere, without a change under vmenv, agents or experiments."""

from __future__ import annotations

import csv
import os
import subprocess
import sys
import warnings
from pathlib import Path

import gymnasium
import numpy as np
import pytest
from gymnasium.utils.env_checker import check_env

import vmenv
from tests.episodes import suspending
from vmenv import testing
from vmenv.errors import SpecError

ROOT = Path(__file__).parents[2]


def run_program(*arguments: str) -> subprocess.CompletedProcess[str]:
    environment = os.environ | {"VMENV_PLUGINS": "tests.episodes.suspending"}
    return subprocess.run([sys.executable, "-m", *arguments], cwd=ROOT, env=environment, capture_output=True, text=True, check=False)


def test_it_is_played_by_gymnasium() -> None:
    env = gymnasium.make("vmenv/Suspend-Waves-v0", num_slots=4)
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", message=".*render", category=UserWarning)  # it draws nothing
        check_env(env.unwrapped)
    _, info = env.reset(seed=3)
    assert info["seed"] == 3
    total, over = 0.0, False
    while not over:
        _, reward, terminated, truncated, info = env.step(4)
        total, over = total + float(reward), terminated or truncated
    run = env.unwrapped.run()
    assert -total * 1e6 == pytest.approx(run.metrics()["mean_response_us"]), "rewards add up to minus the objective"


def test_it_is_played_in_batches() -> None:
    envs = gymnasium.make_vec("vmenv/Suspend-Waves-v0", num_envs=3)
    observation, _ = envs.reset(seed=[1, 2, 3])
    assert observation["vms"].shape == (3, 6, 3)
    for _ in range(200):  # past the end of the first episodes
        observation, *_ = envs.step(envs.action_space.sample())
    assert (envs.unwrapped.episodes.seeds >= 2**32).all()
    assert isinstance(vmenv.Episodes("suspend_waves", 2), suspending.SuspendEpisodes)


def test_it_is_evaluated_and_listed_like_the_others() -> None:
    assert vmenv.list_scenarios("suspend") == ["suspend_waves"]
    assert "suspend_waves" in vmenv.list_scenarios()
    assert vmenv.list_schedulers("suspend") == ["largest", "nobody"]
    assert vmenv.list_policies("suspend") == []
    nobody, largest, own = (
        [row["mean_response_us"] for row in vmenv.evaluate(name, "suspend_waves", range(20))]
        for name in ("nobody", "largest", "tests.episodes.suspending:Largest")
    )
    assert np.mean(largest) < np.mean(nobody), "whoever runs alone does not thrash"
    assert own == largest
    testing.check_kind("suspend")
    testing.check_scenario("suspend_waves")
    testing.check_metric("longest_us", kind="suspend")
    with pytest.raises(SpecError, match=r"give a name of vmenv.list_schedulers\(\"suspend\"\)"):
        vmenv.evaluate(3, "suspend_waves", range(1))
    with pytest.raises(SpecError, match="is about suspend, this environment about dispatch"):
        gymnasium.make("vmenv/Thrash-v0", scenario="suspend_waves")


def test_it_is_trained_and_put_on_a_leaderboard(tmp_path: Path) -> None:
    folder = tmp_path / "runs/suspend_waves-suspend_search-seed0"
    options = ["scenario=suspend_waves", "agent=suspend_search", "agent.decisions=20000", f"folder={folder}"]
    trained = run_program("experiments.train", *options)
    assert trained.returncode == 0, trained.stderr
    refused = run_program("experiments.train", "scenario=thrash", "agent=suspend_search", f"folder={tmp_path / 'none'}")
    assert "this agent decides about suspend, the scenario is about dispatch: give agent=" in refused.stderr
    compared = run_program(
        "experiments.leaderboard", "scenario=suspend_waves", f"runs={tmp_path / 'runs'}", f"results={tmp_path}", "resamples=100"
    )
    assert compared.returncode == 0, compared.stderr
    with (tmp_path / "suspend_waves.csv").open() as file:
        rows = list(csv.DictReader(file))
    costs: dict[str, list[float]] = {}
    for row in rows:
        costs.setdefault(row["policy"], []).append(float(row["mean_response_us"]))
    assert set(costs) == {"nobody", "largest", folder.name}
    assert np.mean(costs[folder.name]) < np.mean(costs["nobody"])
    assert "longest response, s" in (tmp_path / "suspend_waves.md").read_text()
