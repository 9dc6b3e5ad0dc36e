"""What the command line takes and what it refuses, without a program behind it."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from experiments.hydra_app import make_folder, store_groups
from experiments.overrides import find_mistake
from experiments.train import check
from vmenv.errors import SpecError


@pytest.fixture(scope="module", autouse=True)
def groups() -> None:
    store_groups()


@pytest.mark.parametrize(
    "overrides",
    [
        ["scenario=thrash", "agent=index", "agent.vary={load: [0.5, 0.9], num_slots: [16]}"],
        ["agent=index", "agent.features=[cpu,memory]", "minutes=1"],
        ["agent=tuned", "agent.schedulers=[mlfq]"],
        ["scenario=share_spells", "agent=sac", "scenario.bursty=0.3", "agent.gamma=0.9"],
        ["scenario=share_replay", "scenario.path=folder", "agent=share_index"],
        ["seed=0,1", "scenario=gang,thrash"],
        ["seed=range(0,3)", "agent=index", "+agent.vary.load=[0.5]"],
        ["++seed=3", "folder=runs/${scenario.num_vms}", "agent.gamma=${scenario.load}"],
    ],
)
def test_what_is_right_passes(overrides: list[str]) -> None:
    assert find_mistake("train", overrides, sweeps=True) is None


@pytest.mark.parametrize(
    ("overrides", "message"),
    [
        (["agent=index", "agent.vari={load: [0.5]}"], "unknown key 'agent.vari': did you mean 'agent.vary'?"),
        (["scenario=thrash,gong"], "unknown scenario 'gong': did you mean 'gang'?"),
        (["~scenario"], "~scenario takes away what the program needs: give scenario=... with another value"),
        (["~agent.gamma"], "~agent.gamma takes away what the program needs"),
        (["agent.gamma=${nope}"], "Interpolation key 'nope' not found"),
        (["seed=${nope}"], "Interpolation key 'nope' not found"),
        (["agent.gamma=???"], "agent.gamma is ???, which stands for a value that must be given: give one"),
        (["seed=???"], "seed is ???, which stands for a value"),
        (["+foo=3"], "unknown key 'foo': there are: agent"),
        (["++foo=3"], "unknown key 'foo': there are: agent"),
        (["+agent.gama=3"], "unknown key 'agent.gama': did you mean 'agent.gamma'?"),
        (["agent.gamma=0.9,1.5"], "agent.gamma is 1.5: give a number above 0, at most 1"),
        (["agent.gamma=0.9,high"], "Value 'high' of type 'str' could not be converted to Float"),
        (["seed=0,1,x"], "seed is 'x': give a whole number"),
        (["agent=ppo,sac"], "this agent decides about share, the scenario is about dispatch"),
        (["seed=0,["], "seed=0,[ cannot be read (mismatched input"),
    ],
)
def test_what_is_wrong_is_named(overrides: list[str], message: str) -> None:
    """Each value of a sweep is looked at before the first run."""
    found = find_mistake("train", overrides, sweeps=True, check=check)
    assert found is not None
    assert message in found
    assert "\n" not in found


@pytest.mark.parametrize("override", ["seed=0,1", "seed=range(0,2)", "scenario=gang,thrash"])
def test_several_values_need_multirun(override: str) -> None:
    found = find_mistake("train", [override])
    assert found is not None
    assert f"{override} is several values of {override.partition('=')[0]}: add --multirun for a run with each, or give one" in found


def test_a_folder_that_cannot_be_written_to_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert make_folder("results", tmp_path / "new").is_dir()
    (tmp_path / "file").write_text("")
    with pytest.raises(SpecError, match="File exists: give a folder"):
        make_folder("results", tmp_path / "file")
    monkeypatch.setattr(os, "access", lambda path, mode: False)  # the superuser may write everywhere
    with pytest.raises(SpecError, match="Permission denied: give a folder"):
        make_folder("results", tmp_path / "new")
