"""The two programs from the command line, in an empty folder: what they print, write and refuse."""

from __future__ import annotations

import csv
import re
from pathlib import Path

import pytest

import vmenv
from tests.experiments.programs import call

TINY = ["agent.decisions=4096", "agent.num_envs=32", "agent.batch_size=1024", "agent.eval_episodes=2", "scenario.num_vms=10"]


def test_train_then_compare(tmp_path: Path) -> None:
    trained = call("train", *TINY, "seed=0,1", "--multirun", folder=tmp_path)
    assert trained.returncode == 0, trained.stderr
    for seed in (0, 1):
        folder = tmp_path / f"runs/thrash-ppo-seed{seed}"
        for name in ("policy-*.safetensors", "policy.json", "config.yaml", "last-*.safetensors", "tensorboard"):
            assert len(list(folder.glob(name))) == 1, name
        assert f"seed: {seed}" in (folder / "config.yaml").read_text()
    told = [line for line in trained.stderr.splitlines() if ", best " in line]
    assert len(told) == 2, "one evaluation of each run, and no bar in a file"
    assert all(line.startswith("4.10k of 4.10k decisions in ") for line in told)

    compared = call("leaderboard", "scenario.num_vms=10", "resamples=200", folder=tmp_path)
    assert compared.returncode == 0, compared.stderr
    assert "thrash-ppo-seed1" in compared.stdout
    assert re.search(r"^playing 1 of (\d+): .*^playing \1 of \1: thrash-ppo-seed1$", compared.stderr, re.MULTILINE | re.DOTALL)
    assert "\r" not in trained.stderr + compared.stderr
    with (tmp_path / "runs/board/thrash.csv").open() as file:
        rows = list(csv.DictReader(file))
    names = {row["policy"] for row in rows}
    assert {"tsrr", "tsp", "rap", "rrp", "srpt", "thrash-ppo-seed0"} <= names
    assert len(rows) == 100 * len(names)
    assert "minus tsrr" in (tmp_path / "runs/board/thrash.md").read_text()
    assert (tmp_path / "runs/board/thrash.png").read_bytes().startswith(b"\x89PNG")


def test_runs_of_another_scenario_are_left_out(tmp_path: Path) -> None:
    small = ["agent=index", "agent.decisions=1", "agent.eval_episodes=2", "agent.hidden=0", "scenario.num_vms=10"]
    assert call("train", *small, folder=tmp_path).returncode == 0
    compared = call("leaderboard", "scenario.num_vms=12", "resamples=200", "only=[las]", folder=tmp_path)
    assert compared.returncode == 0, compared.stderr
    assert "trained with other parameters of the scenario: left out" in compared.stdout


def test_shares_train_by_the_same_command(tmp_path: Path) -> None:
    """SAC and the search on a scenario of shares, and a leaderboard of all that decide about shares."""
    scenario = ["scenario=share_spells", "scenario.num_samples=6", "scenario.num_vms=6"]
    small = [*scenario, "agent.eval_episodes=2"]
    for agent, *options in (["sac", "agent.decisions=64", "agent.num_envs=8"], ["share_index", "agent.decisions=500", "agent.episodes=2"]):
        trained = call("train", *small, f"agent={agent}", *options, folder=tmp_path)
        assert trained.returncode == 0, trained.stderr
        folder = tmp_path / f"runs/share_spells-{agent}-seed0"
        for name in ("policy-*.safetensors", "policy.json", "config.yaml", "last-*.safetensors", "curve.csv", "tensorboard"):
            assert len(list(folder.glob(name))) == 1, name
        assert "evaluation" in (folder / "policy.json").read_text()
    compared = call("leaderboard", *scenario, "resamples=200", folder=tmp_path)
    assert compared.returncode == 0, compared.stderr
    text = (tmp_path / "runs/board/share_spells.md").read_text()
    for name in ("equal", "drf", "rrp asc", "share_spells-sac-seed0", "share_spells-share_index-seed0", "minus equal", "Jain's index"):
        assert name in text, name


OWN = """
from dataclasses import dataclass
import numpy as np
import vmenv

@dataclass(frozen=True, kw_only=True)
class MyScenario(vmenv.DispatchScenario):
    summary = "a test"
    num_vms: int = 10

    def build_host(self):
        return vmenv.Host()

    def draw_workload(self, rng, seed):
        return vmenv.Workload.from_arrays(np.zeros(self.num_vms, int), rng.integers(1, 10**5, self.num_vms))

@dataclass(frozen=True, kw_only=True)
class MyScheduler(vmenv.Scheduler):
    information = "blind"
    source = "a test"

    @staticmethod
    def key(vm, host, params):
        return -float(vm.arrival_us), 0.0
"""


def test_schedulers_of_ones_own_take_part(tmp_path: Path) -> None:
    """Classes in a module on the path: a scheduler on the leaderboard, a scenario to compare on, and what PPO clones."""
    (tmp_path / "my_module.py").write_text(OWN)
    entries = ["scenario.num_vms=10", "resamples=200", "policies=false", "entries=[my_module:MyScheduler]"]
    own_scenario = ["scenario=my_module:MyScenario", "scenario.num_vms=5", "resamples=200", "only=[las]"]
    compared = call("leaderboard", *own_scenario, folder=tmp_path)
    assert compared.returncode == 0, compared.stderr
    assert "num_vms=5" in (tmp_path / "runs/board/my_module:MyScenario.md").read_text()
    compared = call("leaderboard", *entries, "only=[MyScheduler,las]", folder=tmp_path)
    assert compared.returncode == 0, compared.stderr
    assert "| MyScheduler | blind |" in (tmp_path / "runs/board/thrash.md").read_text()
    with (tmp_path / "runs/board/thrash.csv").open() as file:
        assert {row["policy"] for row in csv.DictReader(file)} == {"MyScheduler", "las", *vmenv.make_scenario("thrash").kind.rivals}
    for only, message in (
        ("lass", "unknown policy on this board 'lass': did you mean 'las'?"),
        ("3", "only is 3: give names, as in only=[first"),
    ):
        refused = call("leaderboard", *entries, f"only={only}", folder=tmp_path)
        assert refused.returncode == 1
        assert message in refused.stderr
    trained = call("train", *TINY, "agent.clone=my_module:MyScheduler", "agent.clone_decisions=2048", folder=tmp_path)
    assert trained.returncode == 0, trained.stderr
    refused = call("leaderboard", "entries=[my_module:Yours]", folder=tmp_path)
    assert refused.returncode == 1
    assert "error: policy 'my_module:Yours': my_module has no 'Yours'" in refused.stderr


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["scenario=trash"], "unknown scenario 'trash': did you mean 'thrash'?"),
        (["agent=poo"], "unknown agent 'poo': did you mean 'ppo'?"),
        (["agent.learning_rat=0.1"], "unknown key 'agent.learning_rat': did you mean 'agent.learning_rate'?"),
        (["sead=1"], "unknown key 'sead': did you mean 'seed'?"),
        (["agent.decisions=many"], "'many'"),
        (["agent.batch_size=64"], "agent.batch_size is 64: give at least 1024"),
        (["scenario.load=-1"], "load is -1.0: give a number above 0"),
        (["scenario=replay"], "replay has no path"),
        (["resume=true"], "holds no run to go on with"),
        (["resume=maybe"], "resume is 'maybe': give true or false"),
        (["folder=/dev/null/runs"], "folder is '/dev/null/runs', Not a directory: give a folder that can be written to"),
        (["seed=first"], "seed is 'first': give a whole number from 0"),
        (["minutes=-1"], "minutes is -1: give a number above 0, or null for no limit"),
        (["scenario=share_spells"], "this agent decides about dispatch, the scenario is about share: give agent=sac or share_index"),
        (["scenario=thrash", "agent=sac"], "this agent decides about share, the scenario is about dispatch: give agent=a2c or dqn or"),
        (["scenario=share_spels"], "unknown scenario 'share_spels': did you mean 'share_spells'?"),
    ],
)
def test_mistakes_get_one_line(arguments: list[str], message: str, tmp_path: Path) -> None:
    refused = call("train", *arguments, folder=tmp_path)
    assert refused.returncode == 1
    complaint = [line for line in refused.stderr.splitlines() if line.startswith("error: ")]
    assert len(complaint) == 1, refused.stderr
    assert message in complaint[0]
    assert "Traceback" not in refused.stderr
